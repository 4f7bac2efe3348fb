"""Layers as file trees: the tar reader, the index of a layer, and the index as bytes.

No I/O but what it is handed.
"""

from labhelpers.errors import FormatError
from labhelpers.filetree.cursor import FileCursor, Reader, StreamCursor, StreamReader
from labhelpers.filetree.index import Entry, LayerIndex
from labhelpers.filetree.limits import DEFAULT_LIMITS, Limits
from labhelpers.filetree.names import OPAQUE, WHITEOUT, normalise, printable
from labhelpers.filetree.scan import scan

__all__ = [
    "DEFAULT_LIMITS",
    "OPAQUE",
    "WHITEOUT",
    "Entry",
    "FileCursor",
    "FormatError",
    "LayerIndex",
    "Limits",
    "Reader",
    "StreamCursor",
    "StreamReader",
    "normalise",
    "printable",
    "scan",
]
