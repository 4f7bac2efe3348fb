"""An analysis as data: the JSON of `./lab layers --json`, whose shape others rely on. All sizes are bytes.

Names that are not UTF-8 keep their bytes as lone surrogates (`\\udcXX`, PEP 383), always written as ASCII
escapes: `os.fsencode` gives the name back, and any JSON reader gets through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labhelpers.analysis.waste import Analysis
from labhelpers.filetree import Entry

if TYPE_CHECKING:
    from labhelpers.analysis.difference import Difference


def analysis_report(analysis: Analysis) -> dict[str, Any]:
    """What `./lab layers SOURCE --json` writes."""
    image = analysis.image
    return {
        "source": image.source,
        "reference": image.reference,
        "config_digest": image.config.digest,
        "platform": str(image.platform),
        "size": analysis.size,
        "live_size": analysis.live_size,
        "reclaimable_size": analysis.reclaimable_size,
        "efficiency": analysis.efficiency,
        "files": analysis.files,
        "layers": [
            {
                "index": layer.number,
                "diff_id": layer.diff_id,
                "digest": layer.digest,
                "created_by": layer.created_by,
                "size": report.size,
                "compressed_size": layer.compressed_size,
                "reclaimable_size": report.reclaimable_size,
                "added": report.added,
                "modified": report.modified,
                "removed": report.removed,
            }
            for layer, report in zip(image.layers, analysis.layers, strict=True)
        ],
        "empty_history": [
            {"after_layer": step.after_layer, "created_by": step.created_by} for step in image.empty_history
        ],
        "reclaimable": [
            {
                "path": f"/{item.path}",
                "size": item.size,
                "stored_in": item.stored_in,
                "hidden_in": item.hidden_in,
                "reason": item.reason.value,
            }
            for item in analysis.reclaimable
        ],
        "unsafe": [{"path": item.path, "layer": item.layer} for item in analysis.unsafe],
    }


def compare_report(first: Analysis, second: Analysis, found: Difference) -> dict[str, Any]:
    """What `./lab layers A --compare B --json` writes. `size_difference`: of the stored content, B less A."""
    return {
        "first": _summary(first),
        "second": _summary(second),
        "shared_layers": found.shared,
        "shared_size": sum(layer.size for layer in first.layers[: found.shared]),
        "size_difference": second.size - first.size,
        "live_size_difference": second.live_size - first.live_size,
        "added": found.count("added"),
        "removed": found.count("removed"),
        "modified": found.count("modified"),
        "files": [
            {
                "path": f"/{item.path}",
                "change": item.kind,
                "content": item.content,
                "metadata": item.metadata,
                "size_before": _size(item.before),
                "size_after": _size(item.after),
            }
            for item in found.files
        ],
    }


def _size(entry: Entry | None) -> int | None:
    return None if entry is None else entry.logical_size


def _summary(analysis: Analysis) -> dict[str, Any]:
    report = analysis_report(analysis)
    kept = ("source", "reference", "config_digest", "platform", "size", "live_size", "efficiency", "files")
    return {**{key: report[key] for key in kept}, "layers": len(report["layers"])}
