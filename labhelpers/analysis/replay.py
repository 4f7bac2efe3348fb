"""Putting layers on top of each other, as the OCI image specification says, and noting what each one hides.

Time is linear in the number of entries: an entry is added once and hidden at most once, and a folder that is
removed costs what it holds. Entries of all layers share one numbering, base layer first, so that the state is
two dictionaries of numbers rather than a tree of objects.
"""

from __future__ import annotations

import enum
from array import array
from bisect import bisect_right
from collections.abc import Sequence

from labhelpers.errors import FormatError
from labhelpers.filetree.index import FILE, FOLDER, HARDLINK, SYMLINK, Entry, LayerIndex
from labhelpers.filetree.limits import DEFAULT_LIMITS, Limits
from labhelpers.filetree.names import OPAQUE, WHITEOUT


class Reason(enum.StrEnum):
    """Why stored bytes cannot be reached."""

    REMOVED = "removed"
    OPAQUE = "opaque"
    REPLACED = "replaced"
    METADATA = "metadata"
    SHADOWED = "shadowed"
    DUPLICATE = "duplicate"


class Applied:
    """What putting on one layer did. `displaced`: paths of lower layers' files that it touched -> their
    entry.

    `replaced`: (content that lost its last name to another entry, that name). `unsafe`: names that pass
    through a symbolic link; `ignored`: the entries behind them. Counts are of paths that are not folders.
    `folders_removed`, `folders_restated` -> the lower entry (-1: implied).
    """

    __slots__ = (
        "added",
        "displaced",
        "folders_removed",
        "folders_restated",
        "ignored",
        "modified",
        "removed",
        "replaced",
        "unsafe",
    )

    def __init__(self) -> None:
        self.displaced: dict[str, int] = {}
        self.folders_removed: dict[str, int] = {}
        self.folders_restated: dict[str, int] = {}
        self.replaced: list[tuple[int, str]] = []
        self.unsafe: list[str] = []
        self.ignored: list[int] = []
        self.added = self.modified = self.removed = 0


class Replay:
    """The filesystem while layers are put on, one `apply` each.

    `files`: path -> entry for all that is no folder; `folders`: path -> the paths in it; `folder_entries`:
    path -> the entry with its metadata (none for a folder that is only implied). `hidden`: entry whose
    content nothing reaches any more -> (layer, reason); never for content of no bytes.
    """

    def __init__(self, indexes: Sequence[LayerIndex], *, limits: Limits = DEFAULT_LIMITS) -> None:
        self.indexes = indexes
        self.bases: list[int] = []
        self.sizes: array[int] = array("q")
        self.kinds = "".join(index.kinds for index in indexes)
        for index in indexes:
            self.bases.append(len(self.sizes))
            self.sizes.extend(index.sizes)
        if len(self.sizes) > limits.entries:
            raise FormatError(f"it holds more than {limits.entries:,} entries")
        self.files: dict[str, int] = {}
        self.folders: dict[str, set[str]] = {"": set()}
        self.folder_entries: dict[str, int] = {}
        self.hidden: dict[int, tuple[int, Reason]] = {}
        # Hard links: entry -> the entry that stores its content, and how many names such content has.
        self.linked: dict[int, int] = {}
        self._names: dict[int, int] = {}
        self._first_name_gone: dict[int, tuple[int, Reason, str]] = {}
        self._limits = limits
        self._implied = 0
        self._layer = -1
        self._base = 0
        self._now = Applied()

    def layer_of(self, entry: int) -> int:
        """The layer that an entry stands in."""
        return bisect_right(self.bases, entry) - 1

    def entry(self, entry: int) -> Entry:
        """The entry itself."""
        layer = self.layer_of(entry)
        return self.indexes[layer].entry(entry - self.bases[layer])

    def stored(self, entry: int) -> int:
        """The entry that stores this one's content: itself, or what a hard link leads to."""
        return self.linked.get(entry, entry)

    def apply(self) -> Applied:
        """Put the next layer on."""
        self._layer += 1
        index = self.indexes[self._layer]
        self._base = self.bases[self._layer]
        self._now = now = Applied()
        before = len(self.files)
        doubtful = self._apply_whiteouts(index)
        self._apply_entries(index)
        # A whiteout under a name that is a link, in what comes out, passes through that link.
        now.unsafe += [path for path in doubtful if self._behind_link(path)]
        now.removed = sum(path not in self.files for path in now.displaced)
        now.modified = len(now.displaced) - now.removed
        now.added = len(self.files) - before + now.removed
        return now

    def _apply_whiteouts(self, index: LayerIndex) -> list[str]:
        doubtful = []
        files, folders = self.files, self.folders
        for path in index.whiteouts:
            if path in files:
                self._drop(path, Reason.REMOVED)
            elif path in folders:
                self._clear(path, Reason.REMOVED)
                self._forget(path)
            else:
                parent, _, name = path.rpartition("/")
                if parent not in folders:
                    doubtful.append(f"{parent}/{WHITEOUT}{name}")
                continue
            folders[path.rpartition("/")[0]].discard(path)
        for path in index.opaques:
            if path in folders:
                self._clear(path, Reason.OPAQUE)
            else:
                doubtful.append(f"{path}/{OPAQUE}")
        return doubtful

    def _apply_entries(self, index: LayerIndex) -> None:
        files, folders, base = self.files, self.folders, self._base
        pending: list[tuple[int, str, str]] = []
        number = base - 1
        for path, kind in zip(index.paths, index.kinds, strict=True):
            number += 1
            if kind == FOLDER and path in folders:
                self._restate(path, number)
                continue
            if kind == HARDLINK and self._points_through(index.links[number - base]):
                # Never followed, so it does nothing: what has that name below stays.
                self._now.unsafe.append(path)
                self._now.ignored.append(number)
                continue
            slash = path.rfind("/")
            siblings = folders.get(path[:slash] if slash > 0 else "")
            if siblings is None:
                siblings = self._make_parents(path[:slash])
                if siblings is None:
                    self._now.unsafe.append(path)
                    self._now.ignored.append(number)
                    continue
            if kind == HARDLINK:
                target = index.links[number - base]
                found = files.get(target)
                if found is None:
                    pending.append((number, path, target))
                else:
                    self._link(number, found)
            if path in files:
                self._drop(path, Reason.REPLACED if files[path] < base else Reason.DUPLICATE)
            elif path in folders:
                self._clear(path, Reason.SHADOWED)
                self._forget(path)
            siblings.add(path)
            if kind == FOLDER:
                folders[path] = set()
                self.folder_entries[path] = number
            else:
                files[path] = number
        for number, path, target in pending:
            self._link_late(number, path, target)

    def _restate(self, path: str, number: int) -> None:
        lower = self.folder_entries.get(path, -1)
        if lower < self._base:
            self._now.folders_restated.setdefault(path, lower)
        self.folder_entries[path] = number

    def _link(self, number: int, target: int) -> None:
        content = self.linked.get(target, target)
        self.linked[number] = content
        self._names[content] = self._names.get(content, 1) + 1

    def _link_late(self, number: int, path: str, target: str) -> None:
        """A link that stood before its target. Engines refuse it; the content is there all the same."""
        found = self.files.get(target)
        if found is not None and found != number and self.files.get(path) == number:
            self._link(number, found)

    def _points_through(self, target: str) -> bool:
        return target not in self.files and self._behind_link(target)

    def _behind_link(self, path: str) -> bool:
        at = path.find("/")
        while at >= 0:
            found = self.files.get(path[:at])
            if found is not None:
                return self.kinds[self.linked.get(found, found)] == SYMLINK
            at = path.find("/", at + 1)
        return False

    def _make_parents(self, path: str) -> set[str] | None:
        """The folder at `path`, made with all above it where missing.

        None if a symbolic link stands in between.
        """
        at = -1
        parent = ""
        while at < len(path):
            at = path.find("/", at + 1)
            if at < 0:
                at = len(path)
            folder = path[:at]
            if folder not in self.folders:
                if folder in self.files:
                    found = self.files[folder]
                    if self.kinds[self.linked.get(found, found)] == SYMLINK:
                        return None
                    self._drop(folder, Reason.REPLACED if found < self._base else Reason.DUPLICATE)
                self._implied += len(folder) + 1
                if self._implied > self._limits.names:
                    raise FormatError(f"its folders need more than {self._limits.names:,} bytes of names")
                self.folders[folder] = set()
                self.folders[parent].add(folder)
            parent = folder
        return self.folders[path]

    def _forget(self, folder: str) -> None:
        del self.folders[folder]
        lower = self.folder_entries.pop(folder, -1)
        if lower < self._base:
            self._now.folders_removed[folder] = lower

    def _clear(self, folder: str, reason: Reason) -> None:
        """Remove what a folder holds, to any depth, without recursion: depth is the image's to choose."""
        folders = self.folders
        waiting = [folder]
        while waiting:
            current = waiting.pop()
            inside = folders[current]
            for path in inside:
                if path in folders:
                    waiting.append(path)
                else:
                    self._drop(path, reason)
            if current != folder:
                self._forget(current)
        folders[folder] = set()

    def _drop(self, path: str, reason: Reason) -> None:
        """Take away the name of something that is no folder; note when it was its content's last."""
        entry = self.files.pop(path)
        if entry < self._base:
            self._now.displaced[path] = entry
        content = self.linked.get(entry, entry)
        names = self._names.get(content, 1)
        if names > 1:
            self._names[content] = names - 1
            if entry == content:
                self._first_name_gone[content] = (self._layer, reason, path)
        elif self.sizes[content]:
            # Where several names went in this layer, the one that the content is stored under tells why.
            first = self._first_name_gone.get(content)
            if first is not None and first[0] == self._layer:
                _, reason, path = first
            self.hidden[content] = (self._layer, reason)
            if reason is Reason.REPLACED:
                self._now.replaced.append((content, path))

    def is_file(self, entry: int) -> bool:
        """Whether what an entry leads to is a regular file."""
        return self.kinds[self.stored(entry)] == FILE
