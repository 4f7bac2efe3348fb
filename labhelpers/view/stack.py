"""The stack: one box per layer, a thin line per step that made none, and the numbers above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labhelpers.analysis.difference import Difference
from labhelpers.analysis.waste import Analysis, LayerReport
from labhelpers.filetree import printable
from labhelpers.image import Layer
from labhelpers.units import human
from labhelpers.view import words

# Pixels. The least holds two lines of text; what is above it is shared out by the square root of the size, so
# that a layer of 1 kB beside one of 600 MB can still be clicked, and a larger one is never drawn smaller.
_LEAST = 44
_MORE = 260
_MORE_EACH = 90
# Hues for layers, far apart for neighbours; the number of the layer always stands beside its colour.
_HUES = (211, 150, 32, 276, 345, 188, 55, 310, 95, 238)
_LONG = 160
_SHORT = 60
_MANY = 60


def header(analysis: Analysis) -> dict[str, Any]:
    """Name, platform, digest and sizes, each with what it is the size of."""
    image = analysis.image
    stored = [layer.compressed_size for layer in image.layers]
    total = None if None in stored else sum(size for size in stored if size is not None)
    sizes = [
        {
            "label": "Content size",
            "value": human(analysis.size),
            "help": "the bytes of all files in all layers, uncompressed",
        }
    ]
    if total is not None and image.layers:
        packed = total < analysis.size
        sizes.append(
            {
                "label": "Compressed size" if packed else "Size as stored",
                "value": human(total),
                "help": "the bytes of the layers' blobs in the store they were read from"
                + ("" if packed else ": archives that are not compressed, with their headers"),
            }
        )
    sizes += [
        {
            "label": "Reclaimable",
            "value": human(analysis.reclaimable_size),
            "help": "content that every pull moves and nobody can see",
        },
        {
            "label": "Efficiency",
            "value": percent(analysis.efficiency),
            "help": "the part of the content that can be seen in the final filesystem",
        },
    ]
    return {
        "name": words.shorten_path(printable(image.reference or image.source)),
        "source": words.shorten_path(printable(image.source)),
        "platform": printable(str(image.platform)),
        "digest": image.config.digest,
        "digest_short": image.config.digest.partition(":")[2][:12],
        "layers": len(image.layers),
        "files": analysis.files,
        "sizes": sizes,
        "sentence": f"{words.count(len(image.layers), 'layer')}, {words.count(analysis.files, 'file')}",
        "units": "Sizes are decimal: 1 kB = 1,000 bytes, 1 MB = 1,000,000 bytes.",
    }


def percent(part: float) -> str:
    """A part of one as a percentage; only the whole is 100 %."""
    if part >= 1:
        return "100 %"
    return f"{min(part * 100, 99.9):.1f} %"


def heights(sizes: Sequence[int]) -> list[int]:
    """Pixels for boxes of these sizes: at least 44, never smaller for a larger one."""
    roots = [max(0, size) ** 0.5 for size in sizes]
    total = sum(roots)
    if not total:
        return [_LEAST] * len(sizes)
    more = min(_MORE, _MORE_EACH * len(sizes))
    return [_LEAST + round(more * root / total) for root in roots]


def hue(number: int) -> int:
    """The colour of a layer, as degrees of the colour wheel."""
    return _HUES[number % len(_HUES)]


def stack(
    analysis: Analysis,
    *,
    shared: Mapping[str, Sequence[str]] | None = None,
    built: Mapping[int, Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Boxes and thin lines, the newest on top.

    `shared`: diff id -> the names of other local images that have the layer. `built`: layer -> how the build
    came by it (see `build.marks`).
    """
    image = analysis.image
    longest = _LONG if len(image.layers) <= _MANY else _SHORT
    tall = heights([report.size for report in analysis.layers])
    found: list[dict[str, Any]] = []
    steps: dict[int, list[str]] = {}
    for step in image.empty_history:
        after = -1 if step.after_layer is None else step.after_layer
        steps.setdefault(after, []).append(step.created_by)
    found += [_step(text, longest) for text in steps.get(-1, ())]
    for layer, report, height in zip(image.layers, analysis.layers, tall, strict=True):
        box = _box(layer, report, height, longest)
        names = [printable(name) for name in (shared or {}).get(layer.diff_id, ())]
        if names:
            box["shared"] = f"also in {words.listed(names, most=2)}"
        if built and layer.number in built:
            box["built"] = dict(built[layer.number])
        found.append(box)
        found += [_step(text, longest) for text in steps.get(layer.number, ())]
    found.reverse()
    return found


def _step(created_by: str, longest: int) -> dict[str, Any]:
    text = words.instruction(created_by, longest=longest)
    return {"kind": "step", "instruction": text}


def _box(layer: Layer, report: LayerReport, height: int, longest: int) -> dict[str, Any]:
    text = words.instruction(layer.created_by, longest=longest)
    box = {
        "kind": "layer",
        "n": layer.number,
        "instruction": text,
        "size_text": human(report.size),
        "added": report.added,
        "modified": report.modified,
        "removed": report.removed,
        "height": height,
        "hue": hue(layer.number),
    }
    if report.reclaimable_size:
        box["waste_text"] = human(report.reclaimable_size)
        box["waste_share"] = round(report.reclaimable_size / report.size, 3)
    return box


def details(analysis: Analysis, number: int) -> dict[str, Any]:
    """One layer in full: its whole instruction, digests, and every size with its name."""
    layer, report = analysis.image.layers[number], analysis.layers[number]
    facts = [["Content size", human(report.size)]]
    if layer.compressed_size is not None:
        facts.append(["Blob as stored", human(layer.compressed_size)])
    facts.append(["Reclaimable", human(report.reclaimable_size)])
    facts.append(["Diff id", printable(layer.diff_id)])
    if layer.digest:
        facts.append(["Blob digest", printable(layer.digest)])
    return {"n": number, "instruction": words.instruction(layer.created_by, longest=4000), "facts": facts}


def fork(
    items: Sequence[Mapping[str, Any]], first: Analysis, second: Analysis, found: Difference
) -> dict[str, Any]:
    """Two images over the base that they share: the base once, then what each has on top of it.

    `items`: the stack of the first.
    """
    shared = found.shared
    base = human(sum(report.size for report in first.layers[:shared]))
    grown = second.size - first.size
    size = (
        "as much content as" if not grown else f"{human(abs(grown))} {'more' if grown > 0 else 'less'} than"
    )
    counts = (
        f"{found.count('added'):,} only in B, {found.count('removed'):,} only in A, "
        f"{found.count('modified'):,} modified"
    )
    other = stack(second)
    return {
        "shared": shared,
        "first": words.shorten_path(printable(first.image.reference or first.image.source)),
        "second": words.shorten_path(printable(second.image.reference or second.image.source)),
        "base_items": len(items) - _above(items, shared),
        "other": other[: _above(other, shared)],
        "sentence": f"A and B share {words.count(shared, 'layer')} ({base} of content). "
        f"B stores {size} A. Files: {counts}.",
    }


def _above(items: Sequence[Mapping[str, Any]], shared: int) -> int:
    """How many items of a stack stand above its first `shared` layers."""
    for at, item in enumerate(items):
        if item["kind"] == "layer" and item["n"] < shared:
            return at
    return len(items)
