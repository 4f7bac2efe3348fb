"""Waste: what every pull moves and nobody can see, each file with why and one sentence of advice."""

from __future__ import annotations

import re
from typing import Any

from labhelpers.analysis.replay import Reason
from labhelpers.analysis.waste import Analysis, Reclaimable
from labhelpers.units import human
from labhelpers.view import words

WHY = {
    Reason.REMOVED: "removed",
    Reason.OPAQUE: "its folder was emptied",
    Reason.REPLACED: "replaced by other content",
    Reason.METADATA: "stored again: only mode, owner or time changed",
    Reason.SHADOWED: "its folder became something else",
    Reason.DUPLICATE: "stored twice in one layer",
}
_CACHE = re.compile(
    r"(^|/)(var/cache|var/lib/apt/lists|\.cache|\.npm|\.m2|\.cargo/registry|go/pkg/mod|__pycache__|tmp)/"
)
_SECRET = re.compile(
    r"(^|/)(\.env[^/]*|\.netrc|\.npmrc|\.pypirc|id_(rsa|dsa|ecdsa|ed25519)|[^/]*\.(pem|key|p12|pfx)"
    r"|[^/]*(secret|password|passwd|credential|token)[^/]*)$",
    re.IGNORECASE,
)


def waste(analysis: Analysis, *, start: int = 0, count: int = 30) -> dict[str, Any]:
    """Rows from `start` on, largest first, and how many there are in all."""
    found = analysis.reclaimable
    return {
        "total": len(found),
        "size_text": human(analysis.reclaimable_size),
        "sentence": summary(analysis),
        "rows": [_row(analysis, item) for item in found[start : start + count]],
        "start": start,
    }


def summary(analysis: Analysis) -> str:
    """The waste in one sentence."""
    if not analysis.reclaimable:
        return "Nothing is reclaimable: every stored byte can be seen in the final filesystem."
    return (
        f"{human(analysis.reclaimable_size)} in {words.count(len(analysis.reclaimable), 'file')} are stored "
        "and moved by every pull, and nobody can see them."
    )


def _row(analysis: Analysis, item: Reclaimable) -> dict[str, Any]:
    return {
        "path": words.shorten_path(words.slashed(item.path)),
        # The path as the file view knows it, where it is short enough to travel.
        "id": words.slashed(item.path) if len(item.path) <= 300 else "",
        "size": item.size,
        "size_text": human(item.size),
        "stored_in": item.stored_in,
        "hidden_in": item.hidden_in,
        "why": WHY[item.reason],
        "advice": advice(analysis, item),
    }


def advice(analysis: Analysis, item: Reclaimable) -> str:
    """What to do about one reclaimable file, in one sentence."""
    layers = analysis.image.layers
    stored = words.verb(words.instruction(layers[item.stored_in].created_by))
    hidden = words.verb(words.instruction(layers[item.hidden_in].created_by))
    if item.reason in (Reason.REMOVED, Reason.OPAQUE) and _SECRET.search(item.path):
        return (
            "Anyone who pulls the image can still read it: change the secret, and hand it over with "
            "RUN --mount=type=secret."
        )
    if item.reason is Reason.METADATA:
        if stored in ("COPY", "ADD"):
            return f"Set mode and owner in the step that brings it: {stored} --chmod=MODE --chown=OWNER."
        return "Change mode and owner in the same RUN step that makes the file."
    if item.reason is Reason.DUPLICATE:
        return "Write it once: the archive that made this layer holds the name twice."
    if item.reason is Reason.SHADOWED:
        return "Decide in one step whether this name is a folder: what was in it stays in the lower layer."
    if item.reason is Reason.REPLACED:
        if stored == hidden == "RUN":
            return "Join the two RUN steps, so that only the last content is stored."
        if stored in ("COPY", "ADD"):
            return "Copy the final content once, or make it in a build stage and copy the result."
        return "Write the final content once; what lower layers store stays stored."
    if _CACHE.search(item.path) and stored == "RUN":
        return (
            "Remove the cache in the same RUN step that fills it, or keep it out with RUN --mount=type=cache."
        )
    if stored in ("COPY", "ADD"):
        return "Do not bring it in: name it in .dockerignore, or use it in a build stage and copy the result."
    if stored == hidden == "RUN":
        return "Join the two RUN steps with &&, so that it is gone before the layer is stored."
    return "Make and remove it in one step, or use a build stage and copy the result."
