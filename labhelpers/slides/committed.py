"""What a notebook showed when it was last executed: so that a slide repeats no measured figure by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nbformat

from labhelpers.errors import NotebookError
from labhelpers.notebooks import NOTEBOOKS


@dataclass(frozen=True)
class Committed:
    """The output of one cell: `text`, and `html` where it has some."""

    text: str
    html: str | None = None

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str | None:
        return self.html


def committed(notebook: str, code: str, *, root: Path = NOTEBOOKS) -> Committed:
    """What the cell `code` of a notebook ("02_vm_vs_container") shows in its committed solution.

    Raises NotebookError if there is no such notebook, no such cell, or nothing that it showed.
    """
    path = root / "solutions" / f"{notebook}.ipynb"
    trying = f"show what {code} showed in {notebook}"
    if not path.exists():
        there = ", ".join(sorted(one.stem for one in path.parent.glob("*.ipynb")))
        raise NotebookError(trying, "there is no such notebook", f"There are: {there}.")
    cells = nbformat.read(path, as_version=4).cells  # type: ignore[no-untyped-call]
    for cell in cells:
        if cell.cell_type == "code" and cell.source == code:
            for output in cell.outputs:
                data = output.get("data", {"text/plain": output.get("text", "")})
                return Committed(data.get("text/plain", "").rstrip("\n"), data.get("text/html"))
            raise NotebookError(
                trying, "the cell has no output", f"Run .venv/bin/python notebooks/build.py {notebook}."
            )
    raise NotebookError(trying, "it has no such cell", f"Look into notebooks/src/{notebook}.py.")
