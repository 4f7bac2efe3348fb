"""Every kind of software on every kind of machine: how many integrations that is, without and with a box."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

import traitlets

from labhelpers.errors import UsageError
from labhelpers.widgets.lasting import Lasting
from labhelpers.widgets.look import panel

_HERE = Path(__file__).parent
SOFTWARE = (
    "static website",
    "web frontend",
    "background workers",
    "user database",
    "analytics database",
    "queue",
)
MACHINES = (
    "development VM",
    "QA server",
    "production server",
    "onsite cluster",
    "public cloud",
    "contributor's laptop",
    "customer servers",
)
_MOST = 12  # rows or columns that can still be read


class Matrix(Lasting):
    """The table of software and machines, with a switch that puts a standard box between them.

    Traits that can be read, set and observed: `software` and `machines` (names), `boxed` (whether the box
    is in). In a notebook every cell can be reached by keyboard, and says what it stands for.
    """

    _esm = _HERE / "matrix.js"
    _css = _HERE / "matrix.css"

    software = traitlets.List(traitlets.Unicode()).tag(sync=True)
    machines = traitlets.List(traitlets.Unicode()).tag(sync=True)
    boxed = traitlets.Bool(False).tag(sync=True)

    @property
    def integrations(self) -> int:
        """How many have to be made: one for each pair, or with a box one for each name."""
        kinds, places = len(self.software), len(self.machines)
        return kinds + places if self.boxed else kinds * places

    def __repr__(self) -> str:
        kinds, places = len(self.software), len(self.machines)
        with_box = (
            f"With a box: {kinds} + {places} = {kinds + places} integrations, each kind and place once."
        )
        if self.boxed:
            return with_box
        return f"Without a box: {kinds} × {places} = {kinds * places} integrations, one for each pair."

    def _static(self) -> str:
        """The same without scripts, for GitHub, exports and a notebook without its kernel."""
        heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.machines)
        mark = "✓" if self.boxed else "?"
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th>{f"<td>{mark}</td>" * len(self.machines)}</tr>'
            for name in self.software
        )
        return panel(
            repr(self),
            f"<table><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>",
        )


def matrix(
    software: Iterable[str] = SOFTWARE, machines: Iterable[str] = MACHINES, *, boxed: bool = False
) -> Matrix:
    """The matrix from hell; show it by making it the last line of a cell.

    `software`, `machines`: 1 to 12 names each. `boxed`: with the box in. `UsageError` for anything else.
    """
    names = [list(software), list(machines)]
    if isinstance(software, str) or isinstance(machines, str):
        raise UsageError(
            "draw the matrix", "a single text was given", 'Give lists: matrix(["app"], ["laptop"]).'
        )
    for given in names:
        if not 1 <= len(given) <= _MOST or not all(isinstance(name, str) for name in given):
            raise UsageError(
                "draw the matrix", "it has no such rows or columns", f"Give 1 to {_MOST} names for each."
            )
    return Matrix(software=names[0], machines=names[1], boxed=boxed)
