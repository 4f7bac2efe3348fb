"""Which local images share which layers: one picture, the base on the left, and what sharing saves."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from html import escape

from labhelpers.errors import UsageError
from labhelpers.filetree import printable
from labhelpers.units import human
from labhelpers.view.shared import Held, Segment, Sharing, sharing
from labhelpers.view.stack import hue
from labhelpers.view.words import count
from labhelpers.widgets.look import panel

_MOST = 60  # images in the picture
# Shared layers carry a colour and their saving in words; a layer of one image is plain.
_STYLE = """<style>
section.lab-panel table.lab-shared { font-size: 13px; width: auto; }
section.lab-panel table.lab-shared td, section.lab-panel table.lab-shared th { padding: 4px 10px;
  vertical-align: middle; border: 2px solid var(--jp-layout-color1, #ffffff); }
section.lab-panel table.lab-shared td.layers { border-radius: 6px;
  background: var(--jp-layout-color2, #f3f4f6); }
section.lab-panel table.lab-shared td.many { background: color-mix(in srgb, hsl(var(--hue) 60% 50%) 20%,
  var(--jp-layout-color1, #ffffff)); border-left: 6px solid hsl(var(--hue) 52% 46%); }
section.lab-panel table.lab-shared .less { display: block; font-size: 12px; }
section.lab-panel table.lab-shared tbody th { white-space: normal; width: auto; overflow-wrap: anywhere; }
</style>"""


class SharedLayers:
    """What the images of an engine share. `saved`, `stored`, `summed`: bytes; `sharing`: the whole of it."""

    def __init__(self, found: Sharing) -> None:
        self.sharing = found

    @property
    def summed(self) -> int:
        """The bytes of all images, added up."""
        return self.sharing.summed

    @property
    def stored(self) -> int:
        """The bytes that are stored: each layer once."""
        return self.sharing.stored

    @property
    def saved(self) -> int:
        """The bytes that sharing saves."""
        return self.sharing.saved

    def __repr__(self) -> str:
        found = self.sharing
        return (
            f"{count(len(found.images), 'image')} of {human(found.summed)} in all are stored as "
            f"{count(found.layers, 'layer')} of {human(found.stored)}: sharing saves {human(found.saved)}."
        )

    def _repr_html_(self) -> str:
        found = self.sharing
        deepest = found.deepest
        head = (
            f'<tr><th scope="col" colspan="{max(1, deepest)}">Layers, the base on the left</th>'
            '<th scope="col">Image</th><th scope="col">Its size</th></tr>'
        )
        more = len(found.images) - _MOST
        left_out = f"<div>… and {count(more, 'more image')}, counted but not drawn.</div>" if more > 0 else ""
        table = (
            f'<table class="lab-shared"><thead>{head}</thead>'
            f"<tbody>{''.join(_rows(found, deepest))}</tbody></table>"
        )
        told = (
            "Sizes as the engine counts them, uncompressed; <code>docker system df</code> adds up the same."
        )
        return panel(repr(self), f"{_STYLE}{table}{left_out}<div>{told}</div>")


def _rows(found: Sharing, deepest: int) -> Iterator[str]:
    drawn: dict[int, int] = {}
    sizes = {image.name: sum(size for _, size in image.layers) for image in found.images}
    rows = [*found.paths()][:_MOST]
    for name, path in rows:
        cells = []
        for at, segment in enumerate(path):
            if id(segment) not in drawn:
                drawn[id(segment)] = len(drawn)
                high = sum(any(segment is part for part in other) for _, other in rows)
                wide = deepest - at if at == len(path) - 1 and not segment.above else 1
                cells.append(_cell(segment, high=high, wide=wide, colour=hue(drawn[id(segment)])))
        if path[-1].above:
            # The image ends where others go on: nothing stands on top.
            cells.append(f'<td colspan="{deepest - len(path)}"></td>')
        yield (
            f'<tr>{"".join(cells)}<th scope="row"><code>{escape(printable(name))}</code></th>'
            f"<td>{human(sizes[name])}</td></tr>"
        )


def _cell(segment: Segment, *, high: int, wide: int, colour: int) -> str:
    shared = len(segment.images) > 1
    inside = f"<b>{human(segment.size)}</b> in {count(segment.layers, 'layer')}"
    if shared:
        inside += (
            f'<span class="less">once for {len(segment.images):,} images: {human(segment.saved)} saved</span>'
        )
    return (
        f'<td class="layers{" many" if shared else ""}" rowspan="{high}" colspan="{wide}" '
        f'style="--hue: {colour}">{inside}</td>'
    )


def shared_layers(names: str = "*") -> SharedLayers:
    """Which of the engine's images share which layers, and the bytes that this saves.

    `names`: a pattern for those to look at ("*-04:*"); all of them if left out. An image without a name goes
    by the beginning of its id. `UsageError` if none is left; `EngineError` if no engine answers.
    """
    from labhelpers.engine import connect
    from labhelpers.engine.images import layer_sizes

    engine = connect()
    try:
        found = layer_sizes(engine)
    finally:
        engine.close()
    held = [
        Held(image.name, tuple(zip(image.diff_ids, sizes, strict=True)))
        for image, sizes in found
        if fnmatchcase(image.name, names)
    ]
    if not held:
        raise UsageError(
            f"look at the layers of {names}",
            f"none of the engine's {count(len(found), 'image')} has such a name",
            "See docker images for those that there are.",
        )
    return SharedLayers(sharing(held))
