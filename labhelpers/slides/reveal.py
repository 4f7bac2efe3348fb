"""reveal.js (MIT): fetched once, in the version and with the hash of reveal.lock, and kept in the cache.

nbconvert refers to a host for it, and no Python package holds it alone: sphinx-revealjs carries the whole
npm package with its licence. Only its wheel is fetched; nothing of it is installed or run.
"""

from __future__ import annotations

import platform
import zipfile
from dataclasses import dataclass
from pathlib import Path

from labhelpers.stock.wheels import wheelhouse

LOCK = Path(__file__).with_name("reveal.lock")
_INSIDE = "sphinx_revealjs/_static/revealjs/"


@dataclass(frozen=True)
class Reveal:
    """What a page needs of reveal.js: two scripts, two stylesheets, the licence."""

    script: str
    notes: str
    style: str
    reset: str
    licence: str


def reveal(cache: Path) -> Reveal:
    """reveal.js from the cache, fetched if it is not there. ProcessError when it cannot be fetched."""
    folder = wheelhouse(LOCK, platform.machine(), cache, what="reveal.js, which shows the slides")
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:

        def text(name: str) -> str:
            return archive.read(_INSIDE + name).decode()

        return Reveal(
            script=text("dist/reveal.js"),
            notes=text("plugin/notes/notes.js"),
            style=text("dist/reveal.css"),
            reset=text("dist/reset.css"),
            licence=text("LICENSE"),
        )
