"""Sizes of some paths and of the folders above them, and what listings of such paths have in common."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from labhelpers.view import words


class Tally:
    """Folders made of a list of paths, with what is below each added up when first asked for."""

    def __init__(
        self, sizes: Mapping[str, int], folders: Iterable[str], *, not_stored: Iterable[str] = ()
    ) -> None:
        self.files = sizes
        self._not_stored = frozenset(not_stored)
        self.folders: dict[str, list[str]] = {"": []}
        for path in sorted(folders):  # what stands above comes first
            if path and path not in self.folders:
                self._add(path)
                self.folders[path] = []
        for path in sizes:
            if path not in self.folders:
                self._add(path)
        self._totals: dict[str, int] | None = None

    def _add(self, path: str) -> None:
        """Put a path into its folder, and folders that are only implied into theirs."""
        while path:
            above = path.rpartition("/")[0]
            inside = self.folders.get(above)
            if inside is not None:
                inside.append(path)
                return
            self.folders[above] = [path]
            path = above

    def total(self, folder: str) -> int:
        """Content bytes below a folder."""
        if self._totals is None:
            totals = dict.fromkeys(self.folders, 0)
            for path, size in self.files.items():
                totals[path.rpartition("/")[0]] += 0 if path in self._not_stored else size
            for path in sorted(self.folders, key=lambda name: name.count("/"), reverse=True):
                if path:
                    totals[path.rpartition("/")[0]] += totals[path]
            self._totals = totals
        return self._totals[folder]


class Tallied:
    """What listings of only some paths have in common: those in `known`, and the folders above them.

    `tally`: their sizes in bytes. A subclass says what happened to a path, and draws its row.
    """

    def __init__(self, known: Container[str], tally: Tally) -> None:
        self._known = known
        self._tally = tally
        self._counts: dict[str, int] | None = None

    def children(self, folder: str) -> Iterable[str]:
        """The paths in a folder."""
        return self._tally.folders.get(folder, ())

    def is_folder(self, path: str) -> bool:
        """Whether it can be opened."""
        return path in self._tally.folders

    def has(self, path: str) -> bool:
        """Whether it is one of the paths, or a folder above one."""
        return path in self._tally.folders or path in self._known

    def size(self, path: str) -> int:
        """Bytes of a path, or of all below a folder."""
        return self._tally.total(path) if path in self._tally.folders else self._tally.files[path]

    def kind_of_change(self, path: str) -> str:
        """What happened to a path."""
        raise NotImplementedError

    def is_hidden(self, path: str) -> bool:
        """Whether a later layer hides it."""
        raise NotImplementedError

    def row(self, path: str) -> dict[str, Any]:
        """One path, as it is drawn."""
        raise NotImplementedError

    def paths(self) -> Iterable[str]:
        """All that is no folder."""
        return self._tally.files

    def counts(self) -> Mapping[str, int]:
        """By kind of change; what later layers hide is counted beside."""
        if self._counts is None:
            found = dict.fromkeys(words.SIGNS, 0)
            for path in self.paths():
                if kind := self.kind_of_change(path):
                    found[kind] += 1
                if self.is_hidden(path):
                    found["hidden"] += 1
            self._counts = found
        return self._counts
