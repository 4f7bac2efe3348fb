"""The workshop's own images: one base, ordinary Dockerfiles on top of it, held by the class registry."""

from labhelpers.stock.build import ensure_stock
from labhelpers.stock.recipes import RECIPES, REGISTRY_IMAGE, VM_IMAGE, Recipe

__all__ = ["RECIPES", "REGISTRY_IMAGE", "VM_IMAGE", "Recipe", "ensure_stock"]
