"""What an image's layers do to each other: what is reachable, what is hidden and why, what changed. Pure."""

from labhelpers.analysis.changes import Change, Version, changes, versions
from labhelpers.analysis.difference import Difference, FileDifference, difference
from labhelpers.analysis.replay import Reason
from labhelpers.analysis.tree import Row, Tree
from labhelpers.analysis.waste import Analysis, LayerReport, Reclaimable, Unsafe, analyse

__all__ = [
    "Analysis",
    "Change",
    "Difference",
    "FileDifference",
    "LayerReport",
    "Reason",
    "Reclaimable",
    "Row",
    "Tree",
    "Unsafe",
    "Version",
    "analyse",
    "changes",
    "difference",
    "versions",
]
