"""The class kit: all that `./lab up` would fetch or build, in one file, for machines without a network."""

from labhelpers.kit.images import bring_images
from labhelpers.kit.loading import load
from labhelpers.kit.saving import save

__all__ = ["bring_images", "load", "save"]
