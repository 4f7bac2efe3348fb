"""Two images side by side: the base that they share, then what differs in what they show. Sizes are bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from labhelpers.analysis.replay import Replay
from labhelpers.analysis.tree import Tree
from labhelpers.filetree.index import FILE, Entry
from labhelpers.filetree.limits import DEFAULT_LIMITS, Limits
from labhelpers.image import Image


class FileDifference(NamedTuple):
    """One path that differs. `kind`: "added" (only in the second image), "removed", "modified".

    `before`, `after`: the entries of the first and the second image. For a modified path, `content` and
    `metadata` say which of the two differ.
    """

    path: str
    kind: str
    before: Entry | None
    after: Entry | None
    content: bool
    metadata: bool

    @property
    def size(self) -> int:
        """By how many bytes the path grew (negative: shrank)."""
        return (self.after.logical_size if self.after else 0) - (
            self.before.logical_size if self.before else 0
        )


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """What differs between two images. `shared`: how many layers, from the base on, are the same in both.

    `files`: paths that are not folders and differ in the final filesystems, in order of path.
    """

    first: Image
    second: Image
    shared: int
    files: tuple[FileDifference, ...]

    def count(self, kind: str) -> int:
        """How many paths are "added", "removed" or "modified"."""
        return sum(item.kind == kind for item in self.files)


def difference(first: Image, second: Image, *, limits: Limits = DEFAULT_LIMITS) -> Difference:
    """Compare what two images show. The shared base is found by diff ids.

    Content is compared only where sizes match. Linear in the number of entries; `ImageError` if content
    cannot be read any more.
    """
    shared = 0
    for one, two in zip(first.layers, second.layers, strict=False):
        if one.diff_id != two.diff_id or one.index.fingerprint != two.index.fingerprint:
            break
        shared += 1
    a, b = Tree(first, limits=limits).replay, Tree(second, limits=limits).replay
    boundary_a = a.bases[shared] if shared < len(a.bases) else len(a.sizes)
    boundary_b = b.bases[shared] if shared < len(b.bases) else len(b.sizes)
    found: list[FileDifference] = []
    for path, before in a.files.items():
        after = b.files.get(path)
        if after is None:
            found.append(FileDifference(path, "removed", _shown(a, before), None, True, True))
        elif before != after or before >= boundary_a or after >= boundary_b:
            # Below the boundary both numberings are the same, so equal numbers are equal entries.
            old, new = _shown(a, before), _shown(b, after)
            content = old.substance != new.substance or _content_differs(first, second, a, b, before, after)
            if content or old.metadata != new.metadata:
                metadata = old.metadata != new.metadata
                found.append(FileDifference(path, "modified", old, new, content, metadata))
    found += [
        FileDifference(path, "added", None, _shown(b, after), True, True)
        for path, after in b.files.items()
        if path not in a.files
    ]
    found.sort(key=lambda item: item.path)
    return Difference(first, second, shared, tuple(found))


def _shown(replay: Replay, number: int) -> Entry:
    """The entry as a program sees it: a hard link is the file that it leads to, with its size."""
    entry = replay.entry(number)
    stored = replay.stored(number)
    if stored == number:
        return entry
    target = replay.entry(stored)
    return entry._replace(
        kind=target.kind,
        size=target.size,
        logical_size=target.logical_size,
        link=target.link,
        device=target.device,
    )


def _content_differs(first: Image, second: Image, a: Replay, b: Replay, before: int, after: int) -> bool:
    before, after = a.stored(before), b.stored(after)
    if a.kinds[before] != FILE:
        return False
    one, two = first.layers[a.layer_of(before)], second.layers[b.layer_of(after)]
    old, new = before - a.bases[one.number], after - b.bases[two.number]
    if one.index.sizes[old] != two.index.sizes[new] or one.index.holes(old) != two.index.holes(new):
        return True
    return bool(one.index.sizes[old]) and one.content.digest(old) != two.content.digest(new)
