"""An image as a value: its config, its layers with their indexes, and a way to their content.

The sources (`labhelpers.layout`, `labhelpers.registry`, `labhelpers.engine`) make images; the analysis and
the views read them. Nothing here touches a disk: content comes from the `Content` that a source hands over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from labhelpers.filetree.index import LayerIndex
from labhelpers.oci import Config, Platform


class Content(Protocol):
    """The content of one layer's files, read only when asked for. Entries go by their number in the index."""

    def digest(self, number: int) -> bytes:
        """What identifies the content of a regular file (16 bytes); the same for the same content only.

        `ImageError` if the layer cannot be read any more.
        """

    def read(self, number: int, *, start: int = 0, size: int | None = None) -> bytes:
        """Up to `size` bytes of a regular file from `start` on (all of it if None), holes read as zeros.

        `ImageError` if the layer cannot be read any more.
        """

    def keep(self) -> None:
        """Remember what was hashed for the next look, if there is somewhere to. Never fails."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Layer:
    """One layer. `number` counts from 0, the base.

    `diff_id`: the digest of the uncompressed layer, as the config claims it. `digest`: the blob's, as its
    descriptor has it, None where there is no descriptor. `compressed_size`: the blob's bytes in its store,
    None where unknown. `created_by`: the build step as the history tells it, "" where it does not.
    """

    number: int
    diff_id: str
    digest: str | None
    compressed_size: int | None
    created_by: str
    index: LayerIndex
    content: Content


class EmptyStep(NamedTuple):
    """A build step that made no layer. `after_layer`: the layer it follows, None before the first."""

    after_layer: int | None
    created_by: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Image:
    """One image for one platform. `source` says where it was read; `reference` is its name, if it has one."""

    source: str
    reference: str | None
    config: Config
    layers: tuple[Layer, ...]

    @property
    def platform(self) -> Platform:
        """What it runs on, as its config says."""
        return self.config.platform

    @property
    def empty_history(self) -> tuple[EmptyStep, ...]:
        """The build steps that made no layer, each at its place."""
        return tuple(_empty_steps(self.config, len(self.layers)))


def _empty_steps(config: Config, layers: int) -> Iterator[EmptyStep]:
    made = 0
    for step in config.history:
        if step.empty_layer:
            yield EmptyStep(min(made, layers) - 1 if min(made, layers) else None, step.created_by)
        else:
            made += 1


def layer_steps(config: Config, layers: int) -> Sequence[str]:
    """The build step of each of `layers` layers; "" where the history is absent or too short."""
    steps = [step.created_by for step in config.history if not step.empty_layer]
    return (steps + [""] * layers)[:layers]
