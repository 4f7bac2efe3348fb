"""What the file view can list: one layer alone, or the filesystem up to it (`differing`: two images).

Each listing answers the same few questions about paths (without a leading slash; "" is the root); `rows`
makes windows of them. Nothing is drawn for a path before it is on the screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from labhelpers.analysis.changes import Change
from labhelpers.analysis.tree import Tree
from labhelpers.filetree import printable
from labhelpers.filetree.index import FOLDER, HARDLINK, KINDS, Entry
from labhelpers.units import human
from labhelpers.view import words
from labhelpers.view.tally import Tallied, Tally


class Listing(Protocol):
    """Paths in folders, with sizes in bytes. The first answer prepares the others."""

    def children(self, folder: str) -> Iterable[str]:
        """The paths in a folder, in no order."""

    def is_folder(self, path: str) -> bool:
        """Whether it can be opened."""

    def has(self, path: str) -> bool:
        """Whether it is listed."""

    def size(self, path: str) -> int:
        """Content bytes of a file, or of all below a folder."""

    def kind_of_change(self, path: str) -> str:
        """A key of `words.SIGNS`, or ""; "hidden" is not among them."""

    def is_hidden(self, path: str) -> bool:
        """Whether a later layer hides what this layer stores there."""

    def paths(self) -> Iterable[str]:
        """Every path that is no folder, in no order."""

    def counts(self) -> Mapping[str, int]:
        """How many of `paths` there are of each kind of change."""

    def row(self, path: str) -> dict[str, Any]:
        """What to draw, without what depends on the place in the list."""


def change_word(change: Change) -> str:
    """A change as a key of `words.SIGNS`, or "" for a folder that only stands there for what is in it."""
    if change.kind != "modified":
        return change.kind
    if change.content is not False:
        return "modified"
    if change.metadata:
        return "metadata"
    return "" if change.folder else "again"


def entry_row(path: str, kind: str, entry: Entry | None, size: int | None) -> dict[str, Any]:
    """What a path's entry says: name, kind, size, mode, owner, where a link leads."""
    name = path.rpartition("/")[2] or "/"
    row: dict[str, Any] = {
        "id": words.slashed(path),
        "name": words.shorten_path(printable(name), 300),
        "kind": KINDS[kind],
        "folder": kind == FOLDER,
        "size_text": "" if size is None else human(size),
    }
    if entry is not None:
        row["mode"] = words.mode_text(kind, entry.mode)
        row["owner"] = f"{entry.uid}:{entry.gid}"
        if entry.link:
            arrow = "hard link to /" if entry.kind == HARDLINK else "→ "
            row["link"] = arrow + words.shorten_path(printable(entry.link))
    return row


class LayerAlone(Tallied):
    """What one layer holds and removes, and nothing else. `final`: the filesystem of the whole image."""

    def __init__(
        self, changes: Sequence[Change], layer: int, final: Tree, hidden_in: Mapping[str, int]
    ) -> None:
        # Where a folder became a file, both stand under one path: the file is what is there now.
        self._changes = {change.path: change for change in sorted(changes, key=_files_last)}
        self._layer = layer
        self._final = final
        self._hidden_in = hidden_in
        tally = Tally(
            {c.path: _size_of(c) for c in changes if not c.folder},
            [c.path for c in changes if c.folder],
            not_stored=[c.path for c in changes if c.kind == "removed"],
        )
        super().__init__(self._changes, tally)

    def kind_of_change(self, path: str) -> str:
        """What the layer did there."""
        change = self._changes.get(path)
        return "" if change is None else change_word(change)

    def is_hidden(self, path: str) -> bool:
        """Whether a later layer hides it: it is there, and the image shows another or none."""
        if self._layer == self._final.upto:
            return False
        change = self._changes.get(path)
        if change is None or change.folder or change.kind == "removed":
            return False
        replay = self._final.replay
        shown = replay.files.get(path)
        return shown is None or replay.layer_of(shown) != self._layer

    def row(self, path: str) -> dict[str, Any]:
        """One path."""
        change = self._changes.get(path)
        entry = None if change is None else change.after or change.before
        row = entry_row(path, FOLDER if entry is None else entry.kind, entry, self.size(path))
        row["folder"] = path in self._tally.folders
        row["change"] = self.kind_of_change(path)
        row["layer"] = self._layer
        if self.is_hidden(path):
            by = self._hidden_in.get(path)
            row["hidden"] = "hidden by a later layer" if by is None else f"hidden by layer {by}"
        return row


def _files_last(change: Change) -> bool:
    return not change.folder


def _size_of(change: Change) -> int:
    entry = change.after or change.before
    return entry.logical_size if entry is not None else 0


class Filesystem:
    """The filesystem up to a layer, with what that layer did marked, and what it took away still there."""

    def __init__(self, tree: Tree, changes: Sequence[Change]) -> None:
        self._tree = tree
        self._changes = {change.path: change for change in sorted(changes, key=_files_last)}
        self._gone: dict[str, list[str]] = {}
        for change in changes:
            if change.kind == "removed":
                self._gone.setdefault(change.path.rpartition("/")[0], []).append(change.path)
        self._removed_folders = {c.path for c in changes if c.kind == "removed" and c.folder}
        self._removed_files = [c.path for c in changes if c.kind == "removed" and not c.folder]
        self._counts: dict[str, int] | None = None

    def children(self, folder: str) -> Iterable[str]:
        """The paths in a folder, and those that the layer removed from it."""
        there = self._tree.replay.folders.get(folder, ())
        gone = self._gone.get(folder)
        return [*there, *(path for path in gone if path not in there)] if gone else there

    def is_folder(self, path: str) -> bool:
        """Whether it can be opened; what the layer removed can, too, even where a file took its place."""
        return path in self._tree.replay.folders or path in self._removed_folders

    def has(self, path: str) -> bool:
        """Whether it is there, or was removed by the layer."""
        change = self._changes.get(path)
        return path in self._tree or (change is not None and change.kind == "removed")

    def size(self, path: str) -> int:
        """Content bytes; of a hard link, what it leads to."""
        replay = self._tree.replay
        number = replay.files.get(path)
        if number is not None:
            return replay.entry(replay.stored(number)).logical_size
        if path in replay.folders:
            return self._tree.total(path)[1]
        change = self._changes.get(path)
        return 0 if change is None or change.folder else _size_of(change)

    def kind_of_change(self, path: str) -> str:
        """What the layer did there."""
        change = self._changes.get(path)
        return "" if change is None else change_word(change)

    def is_hidden(self, path: str) -> bool:
        """Never: what is hidden is not in a filesystem."""
        return False

    def paths(self) -> Iterable[str]:
        """All that is no folder."""
        replay = self._tree.replay
        return [*replay.files, *(path for path in self._removed_files if path not in replay.files)]

    def counts(self) -> Mapping[str, int]:
        """By kind of change."""
        if self._counts is None:
            found = dict.fromkeys(words.SIGNS, 0)
            for change in self._changes.values():
                kind = change_word(change)
                if kind and not change.folder:
                    found[kind] += 1
            self._counts = found
        return self._counts

    def row(self, path: str) -> dict[str, Any]:
        """One path."""
        found = self._tree.row(path)
        if found is None:
            row = entry_row(path, FOLDER, None, None)
            row["change"] = self.kind_of_change(path)
            return row
        row = entry_row(path, found.kind, found.entry, self.size(path))
        row["folder"] = self.is_folder(path)
        row["change"] = self.kind_of_change(path)
        if found.layer is not None:
            row["layer"] = found.layer
        return row
