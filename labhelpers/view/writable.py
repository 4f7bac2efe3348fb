"""A container's writable layer: what it changed on top of its image, told by the engine. Sizes are bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from labhelpers.filetree import printable
from labhelpers.units import human
from labhelpers.view import words

_MOST = 200


class Writable(NamedTuple):
    """What a container wrote. `paths`: (path, "added", "modified" or "removed"), folders included."""

    container: str
    running: bool
    size: int
    paths: Sequence[tuple[str, str]]


def box(found: Writable) -> dict[str, Any]:
    """What to draw above the stack, and the changes, the first few hundred of them."""
    paths = [*_without_parents(found.paths)]
    counts = {kind: sum(one == kind for _, one in paths) for kind in ("added", "modified", "removed")}
    state = "running" if found.running else "stopped"
    return {
        "name": printable(found.container),
        "state": state,
        "size_text": human(found.size),
        **counts,
        "paths": [[kind, words.shorten_path(words.slashed(path))] for path, kind in paths[:_MOST]],
        "more": max(0, len(paths) - _MOST),
        "label": f"Writable layer of the container {printable(found.container)}, {state}: "
        f"{human(found.size)}; {counts['added']:,} added, {counts['modified']:,} modified, "
        f"{counts['removed']:,} removed",
    }


def _without_parents(paths: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """A folder that only changed because something in it did is left out, as in every layer."""
    every = [*paths]
    parents = {path.rpartition("/")[0] for path, _ in every}
    return (one for one in every if not (one[1] == "modified" and one[0] in parents))
