"""Measuring: the same image as a container and as a virtual machine, side by side."""

from labhelpers.measure.compare import compare
from labhelpers.measure.density import Density, density
from labhelpers.measure.results import Comparison, Run, Spread

__all__ = ["Comparison", "Density", "Run", "Spread", "compare", "density"]
