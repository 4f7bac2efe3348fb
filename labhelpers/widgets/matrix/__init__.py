"""The matrix from hell as a picture to work with: see `labhelpers.widgets.matrix.widget`."""

from labhelpers.widgets.matrix.widget import Matrix, matrix

__all__ = ["Matrix", "matrix"]
