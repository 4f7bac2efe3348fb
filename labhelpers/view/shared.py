"""Which images share which layers: a tree of segments, and the bytes that sharing saves. Sizes are bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Held(NamedTuple):
    """One image: its name, and its layers, base first, each as (diff id, bytes)."""

    name: str
    layers: tuple[tuple[str, int], ...]


@dataclass
class Segment:
    """Consecutive layers that the same images stand on. `images`: those; `above`: what forks on top of it."""

    layers: int
    size: int
    images: list[str] = field(default_factory=list)
    above: list[Segment] = field(default_factory=list)

    @property
    def saved(self) -> int:
        """The bytes that need not be stored because one copy serves all of its images."""
        return self.size * (len(self.images) - 1)


@dataclass(frozen=True)
class Sharing:
    """All images of a store over the layers that they share.

    `summed`: the images' sizes added up; `stored`: each layer once; the difference is what sharing saves.
    """

    images: Sequence[Held]
    segments: Sequence[Segment]
    layers: int
    summed: int
    stored: int

    @property
    def saved(self) -> int:
        """The bytes that sharing saves."""
        return self.summed - self.stored

    def paths(self) -> Iterator[tuple[str, list[Segment]]]:
        """Each image with its segments, base first, in the order of the tree: neighbours share the most."""
        for segment in self.segments:
            yield from _paths([segment])

    @property
    def deepest(self) -> int:
        """The most segments that an image stands on."""
        return max((len(path) for _, path in self.paths()), default=0)


def _paths(path: list[Segment]) -> Iterator[tuple[str, list[Segment]]]:
    last = path[-1]
    forked = {name for segment in last.above for name in segment.images}
    for name in last.images:
        if name not in forked:
            yield name, path
    for segment in last.above:
        yield from _paths([*path, segment])


def sharing(images: Iterable[Held]) -> Sharing:
    """Lay images over each other.

    A layer is the same only where all below it is the same too: so engines count (a chain id), and so do
    `docker system df` and this.
    """
    held = [image for image in sorted(images) if image.layers]
    segments = _segments(held, 0)
    return Sharing(
        images=held,
        segments=segments,
        layers=sum(part.layers for part in _every(segments)),
        summed=sum(size for image in held for _, size in image.layers),
        stored=sum(part.size for part in _every(segments)),
    )


def _every(segments: Iterable[Segment]) -> Iterator[Segment]:
    for segment in segments:
        yield segment
        yield from _every(segment.above)


def _segments(images: Sequence[Held], start: int) -> list[Segment]:
    """What images that are the same below layer `start` have from there on, the most shared first."""
    groups: dict[str, list[Held]] = {}
    for image in images:
        if len(image.layers) > start:
            groups.setdefault(image.layers[start][0], []).append(image)
    made = []
    for group in groups.values():
        end = start + 1
        while all(len(image.layers) > end for image in group):
            if len({image.layers[end][0] for image in group}) > 1:
                break
            end += 1
        size = sum(layer_size for _, layer_size in group[0].layers[start:end])
        names = [image.name for image in group]
        made.append(Segment(end - start, size, names, _segments(group, end)))
    return sorted(made, key=lambda one: (-len(one.images), -one.size, one.images))
