"""The numbers of an image: sizes, what is reclaimable and why, what each layer changed.

All sizes are bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from labhelpers.analysis.replay import Applied, Reason, Replay
from labhelpers.filetree.index import FILE
from labhelpers.filetree.limits import DEFAULT_LIMITS, Limits
from labhelpers.image import Image


class Reclaimable(NamedTuple):
    """A file that every pull moves and nobody can see. `path` has no leading slash.

    `stored_in`: the layer that stores it; `hidden_in`: the layer that hides it (the same for a duplicate).
    """

    path: str
    size: int
    stored_in: int
    hidden_in: int
    reason: Reason


class Unsafe(NamedTuple):
    """A name that leaves the root or passes through a symbolic link; it is no part of the image's sizes."""

    path: str
    layer: int


class LayerReport(NamedTuple):
    """One layer's numbers. Counts are of paths that are not folders.

    `size`: the content bytes of its files. `reclaimable_size`: how many of them later layers (or itself)
    hide.
    """

    number: int
    size: int
    reclaimable_size: int
    added: int
    modified: int
    removed: int


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What is known about an image after all layers were put on top of each other.

    `files`: paths of the final filesystem that are not folders. `reclaimable`: largest first, then by path.
    """

    image: Image
    files: int
    layers: tuple[LayerReport, ...]
    reclaimable: tuple[Reclaimable, ...]
    unsafe: tuple[Unsafe, ...]

    @property
    def size(self) -> int:
        """Content bytes stored in all layers."""
        return sum(layer.size for layer in self.layers)

    @property
    def reclaimable_size(self) -> int:
        """Stored bytes that nothing in the final filesystem reaches."""
        return sum(layer.reclaimable_size for layer in self.layers)

    @property
    def live_size(self) -> int:
        """Stored bytes that the final filesystem reaches."""
        return self.size - self.reclaimable_size

    @property
    def efficiency(self) -> float:
        """`live_size` / `size`, from 0.0 to 1.0; 1.0 for an image without content."""
        return self.live_size / self.size if self.size else 1.0


def analyse(image: Image, *, limits: Limits = DEFAULT_LIMITS) -> Analysis:
    """Put an image's layers on top of each other and count.

    Content is read only to tell `metadata` from `replaced`, and only of files whose sizes match. Linear in
    the number of entries. `FormatError` beyond `limits`; `ImageError` if content cannot be read any more.
    """
    replay = Replay([layer.index for layer in image.layers], limits=limits)
    applied = []
    sizes = []
    for layer in image.layers:
        now = replay.apply()
        for content, path in now.replaced:
            if same_content(image, replay, content, replay.files.get(path)):
                replay.hidden[content] = (layer.number, Reason.METADATA)
        applied.append(now)
        sizes.append(sum(layer.index.sizes) - sum(replay.sizes[entry] for entry in now.ignored))
    hidden_sizes = [0] * len(applied)
    reclaimable = []
    sizes_of, bases = replay.sizes, replay.bases
    paths = [layer.index.paths for layer in image.layers]
    for content, (hidden_in, reason) in replay.hidden.items():
        stored_in = bisect_right(bases, content) - 1
        size = sizes_of[content]
        hidden_sizes[stored_in] += size
        path = paths[stored_in][content - bases[stored_in]]
        reclaimable.append(Reclaimable(path, size, stored_in, hidden_in, reason))
    reclaimable.sort(key=lambda item: (-item.size, item.path, item.stored_in))
    return Analysis(
        image,
        len(replay.files),
        tuple(
            LayerReport(number, size, hidden, now.added, now.modified, now.removed)
            for number, (size, hidden, now) in enumerate(zip(sizes, hidden_sizes, applied, strict=True))
        ),
        tuple(reclaimable),
        tuple(_unsafe(image, applied)),
    )


def _unsafe(image: Image, applied: list[Applied]) -> Iterator[Unsafe]:
    for layer, now in zip(image.layers, applied, strict=True):
        for path in (*layer.index.unsafe, *now.unsafe):
            yield Unsafe(path, layer.number)


def same_content(image: Image, replay: Replay, first: int, second: int | None) -> bool:
    """Whether two entries (numbers of the replay) lead to the same content.

    Read only if their sizes match.
    """
    if second is None:
        return False
    first, second = replay.stored(first), replay.stored(second)
    if first == second:
        return True
    if replay.sizes[first] != replay.sizes[second] or not replay.kinds[first] == replay.kinds[second] == FILE:
        return False
    (one, a), (two, b) = (
        (image.layers[n := replay.layer_of(e)], e - replay.bases[n]) for e in (first, second)
    )
    if one.index is two.index and a == b:
        return True  # the same layer, listed twice
    if one.index.holes(a) != two.index.holes(b):
        return False
    return not replay.sizes[first] or one.content.digest(a) == two.content.digest(b)
