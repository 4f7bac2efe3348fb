"""What differs between two images, as the file view lists it."""

from __future__ import annotations

from typing import Any

from labhelpers.analysis.difference import Difference
from labhelpers.filetree.index import FOLDER
from labhelpers.units import human
from labhelpers.view.listing import entry_row
from labhelpers.view.tally import Tallied, Tally


class Differences(Tallied):
    """The paths that differ between two images; a path's size is by how many bytes, whichever is larger."""

    def __init__(self, found: Difference) -> None:
        self._found = {item.path: item for item in found.files}
        super().__init__(self._found, Tally({item.path: abs(item.size) for item in found.files}, ()))

    def kind_of_change(self, path: str) -> str:
        """From the first image to the second."""
        item = self._found.get(path)
        if item is None:
            return ""
        return "metadata" if item.kind == "modified" and not item.content else item.kind

    def is_hidden(self, path: str) -> bool:
        """Never."""
        return False

    def row(self, path: str) -> dict[str, Any]:
        """One path; its size is the difference, with its sign."""
        item = self._found.get(path)
        if item is None or path in self._tally.folders:
            row = entry_row(path, FOLDER, None, self.size(path))
            row["change"] = ""
            row["size_text"] = f"± {row['size_text']}"
            return row
        entry = item.after or item.before
        assert entry is not None
        row = entry_row(path, entry.kind, entry, None)
        row["size_text"] = signed(item.size)
        row["change"] = self.kind_of_change(path)
        return row


def signed(size: int) -> str:
    """A difference in bytes with its sign in words' place: "+1.2 kB", "−3 bytes", "same size"."""
    if not size:
        return "same size"
    return f"+{human(size)}" if size > 0 else f"−{human(-size)}"
