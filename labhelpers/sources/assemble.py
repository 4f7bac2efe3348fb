"""Making an image of layers that were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labhelpers.filetree import LayerIndex
from labhelpers.image import Image, Layer, layer_steps
from labhelpers.layout.content import LayerContent
from labhelpers.layout.layers import Options, StoredLayer, content_of
from labhelpers.layout.names import Source
from labhelpers.oci import Config

if TYPE_CHECKING:
    from labhelpers.layout.stream import StreamPlan


def assemble_stream(source: Source, plan: StreamPlan, options: Options) -> Image:
    """The image of a stream that has passed."""
    loaded = []
    for layer in plan.layers:
        loaded.append((layer.stored, layer.packed.index, content_of(layer.packed, layer.stored, options)))
    return assemble(source, plan.reference, plan.config, loaded)


def assemble(
    source: Source,
    reference: str | None,
    config: Config,
    loaded: list[tuple[StoredLayer, LayerIndex, LayerContent]],
) -> Image:
    """The image made of layers that were read."""
    steps = layer_steps(config, len(loaded))
    return Image(
        source=str(source),
        reference=reference,
        config=config,
        layers=tuple(
            Layer(
                number=number,
                diff_id=stored.diff_id,
                digest=stored.digest,
                compressed_size=stored.blob.size if stored.blob.size >= 0 else None,
                created_by=steps[number],
                index=index,
                content=content,
            )
            for number, (stored, index, content) in enumerate(loaded)
        ),
    )
