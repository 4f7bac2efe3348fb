"""Mascots: drawings that a learner puts on a page, with two blanks for names."""

from __future__ import annotations

from pathlib import Path

from labhelpers.errors import UsageError
from labhelpers.widgets.look import panel

_HERE = Path(__file__).parent
NAMES = ("octopus", "crab", "penguin", "turtle", "whale")


class Mascot:
    """One of the mascots, as a drawing in a notebook. UsageError for a `name` that is none of NAMES."""

    def __init__(self, name: str) -> None:
        if name not in NAMES:
            raise UsageError(
                f"draw the mascot {name!r}", "there is no such mascot", f"Take one of: {', '.join(NAMES)}."
            )
        self.name = name
        self.drawing = (_HERE / "mascots" / f"{name}.svg").read_text(encoding="utf-8").strip()

    @property
    def page(self) -> str:
        """A web page with the drawing. Its blanks are `@BUILDER@` and `@AUTHOR@`."""
        page = (_HERE / "page.html").read_text(encoding="utf-8")
        return page.replace("@MASCOT@", self.name).replace("@DRAWING@", self.drawing)

    def write(self, path: str | Path) -> Mascot:
        """Write the page into a file, and make its folder where it is missing."""
        target = Path(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self.page, encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"write the page {path}", error.strerror or str(error), "Take another folder."
            ) from error
        return self

    def __repr__(self) -> str:
        return f"Mascot: {self.name}"

    def _repr_html_(self) -> str:
        return panel(repr(self), f'<div style="max-width: 180px">{self.drawing}</div>')


def mascot(name: str) -> Mascot:
    """The mascot of this name: crab, octopus, penguin, turtle or whale."""
    return Mascot(name)
