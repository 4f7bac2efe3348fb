"""The filesystem after some layers, folder by folder: what a view opens lazily. Sizes are bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from labhelpers.analysis.replay import Applied, Replay
from labhelpers.filetree.index import FOLDER, Entry
from labhelpers.filetree.limits import DEFAULT_LIMITS, Limits
from labhelpers.image import Image


class Row(NamedTuple):
    """One name in a folder. `layer`: the layer whose entry this is, None for a folder that is only implied.

    `entry`: None for such a folder. `change`: "added", "modified", "removed" or "" by the tree's last layer.
    """

    path: str
    kind: str
    layer: int | None
    entry: Entry | None
    change: str


class Tree:
    """The filesystem that the first `upto` + 1 layers of an image make; -1 for none, None for all.

    Made in time linear in their entries; `children` then costs what the folder holds. `ImageError` and
    `FormatError` as `analyse`.
    """

    def __init__(self, image: Image, *, upto: int | None = None, limits: Limits = DEFAULT_LIMITS) -> None:
        self.image = image
        self.upto = len(image.layers) - 1 if upto is None else upto
        self._replay = Replay([layer.index for layer in image.layers[: self.upto + 1]], limits=limits)
        self._last = Applied()
        for _ in range(self.upto + 1):
            self._last = self._replay.apply()
        self._removed: dict[str, list[str]] | None = None
        self._totals: dict[str, tuple[int, int]] | None = None

    def __len__(self) -> int:
        return len(self._replay.files)

    def __contains__(self, path: str) -> bool:
        return path in self._replay.files or path in self._replay.folders

    @property
    def replay(self) -> Replay:
        """The state itself, for the other modules of the analysis."""
        return self._replay

    @property
    def last(self) -> Applied:
        """What the last layer did."""
        return self._last

    def row(self, path: str) -> Row | None:
        """The row of one path; None if nothing is there and the last layer removed nothing there."""
        replay = self._replay
        if path in replay.folders:
            number: int | None = replay.folder_entries.get(path)
        else:
            number = replay.files.get(path)
            if number is None:
                return self._gone(path)
        if number is None:
            return Row(path, FOLDER, None, None, "")
        entry = replay.entry(number)
        return Row(
            path, self._kind(number, entry), replay.layer_of(number), entry, self._change(path, number)
        )

    def children(self, path: str = "", *, removed: bool = False) -> list[Row]:
        """The rows of a folder in order of name; with `removed`, what the last layer took away as well."""
        names = set(self._replay.folders.get(path, ()))
        if removed:
            names.update(self._removed_in().get(path, ()))
        rows = (self.row(name) for name in sorted(names))
        return [row for row in rows if row is not None]

    def files(self) -> Iterator[str]:
        """The paths of all that is no folder, in no order."""
        return iter(self._replay.files)

    def folders(self) -> Iterator[str]:
        """The paths of all folders, in no order; "" is the root."""
        return iter(self._replay.folders)

    def total(self, path: str = "") -> tuple[int, int]:
        """(files, content bytes) below a folder; content with several names counts under each.

        The first call adds up the whole tree, in linear time.
        """
        if self._totals is None:
            self._totals = self._add_up()
        return self._totals.get(path, (0, 0))

    def _add_up(self) -> dict[str, tuple[int, int]]:
        replay = self._replay
        totals = {folder: [0, 0] for folder in replay.folders}
        for path, number in replay.files.items():
            total = totals[path.rpartition("/")[0]]
            total[0] += 1
            total[1] += replay.sizes[replay.stored(number)]
        for folder in sorted(replay.folders, key=lambda name: name.count("/"), reverse=True):
            if folder:
                above, own = totals[folder.rpartition("/")[0]], totals[folder]
                above[0] += own[0]
                above[1] += own[1]
        return {folder: (files, size) for folder, (files, size) in totals.items()}

    def _kind(self, number: int, entry: Entry) -> str:
        stored = self._replay.stored(number)
        return self._replay.kinds[stored] if stored != number else entry.kind

    def _change(self, path: str, number: int) -> str:
        if self.upto < 0 or self._replay.layer_of(number) != self.upto:
            return ""
        before = self._last.displaced, self._last.folders_restated, self._last.folders_removed
        return "modified" if any(path in paths for paths in before) else "added"

    def _gone(self, path: str) -> Row | None:
        number = self._last.displaced.get(path, self._last.folders_removed.get(path))
        if number is None:
            return None
        if number < 0:
            return Row(path, FOLDER, None, None, "removed")
        entry = self._replay.entry(number)
        return Row(path, self._kind(number, entry), self._replay.layer_of(number), entry, "removed")

    def _removed_in(self) -> dict[str, list[str]]:
        if self._removed is None:
            self._removed = {}
            for path in (*self._last.displaced, *self._last.folders_removed):
                if path not in self:
                    self._removed.setdefault(path.rpartition("/")[0], []).append(path)
        return self._removed
