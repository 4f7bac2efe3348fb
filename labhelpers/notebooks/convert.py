"""From a source to its notebooks. Pure: text in, notebooks out, the same bytes every time.

Tags of a source's cells (`# %% tags=["volatile"]`):

    solution   stands in the solution notebook only
    learner    stands in the learner's notebook only (an empty cell to work in)
    volatile   its output cannot be the same twice (ids, times, progress): nbval ignores it, and the committed
               output stays as long as this cell and all code before it are unchanged
    fails      its command is meant to end with an error; everywhere else a failing `!command` stops the build
    raises-exception   its Python is meant to raise; known by nbclient and nbval under this name
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from labhelpers.errors import NotebookError

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
OURS = "labhelpers"  # the key of our own entries in a metadata dictionary
TAGS = {"solution", "learner", "volatile", "fails", "raises-exception"}
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def read_source(text: str, *, stem: str) -> NotebookNode:
    """The whole notebook of a py:percent source: every cell with its id `stem-NN`, nothing executed.

    Raises NotebookError for a tag that is none of ours: a misspelt one would do nothing, silently.
    """
    notebook: NotebookNode = jupytext.reads(text, fmt="py:percent")
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"{stem}-{number:02d}"
        if unknown := tags(cell) - TAGS:
            raise NotebookError(
                f"read cell {cell.id}",
                f"it has the tag {', '.join(sorted(unknown))}",
                f"The tags are: {', '.join(sorted(TAGS))}.",
            )
    return notebook


def about(notebook: NotebookNode) -> dict[str, Any]:
    """What a source says about itself in its head: `minutes`, `covers`, `afterwards`."""
    said: dict[str, Any] = dict(notebook.metadata.get(OURS, {}))
    return said


def tags(cell: NotebookNode) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", []))


def learner_notebook(source: NotebookNode) -> NotebookNode:
    """What a learner opens: no solutions, no outputs, and nothing of how it was made."""
    return _notebook([_cell(cell, cell.source) for cell in source.cells if "solution" not in tags(cell)])


def solution_notebook(source: NotebookNode) -> NotebookNode:
    """What is executed: with solutions, with links as seen from a folder further down, and with digests."""
    digest = hashlib.sha256()
    cells = []
    for cell in source.cells:
        if "learner" in tags(cell):
            continue
        code = cell.cell_type == "code"
        made = _cell(cell, cell.source if code else one_folder_down(cell.source))
        if "slideshow" in cell.metadata:
            made.metadata["slideshow"] = cell.metadata["slideshow"]
        if code:
            digest.update(cell.source.encode() + b"\0")
            made.metadata[OURS] = {"digest": digest.hexdigest()[:16]}
            kept = tags(cell) & {"fails", "raises-exception", "volatile"}
            if "volatile" in kept:
                kept |= {"nbval-ignore-output"}
            if kept:
                made.metadata["tags"] = sorted(kept)
        cells.append(made)
    return _notebook(cells)


def one_folder_down(markdown: str) -> str:
    """The same text for a notebook in solutions/ or slides/: relative links still lead to their files."""
    moved = re.sub(r"\]\((?=pictures/|\.\./)", "](../", markdown)
    return moved.replace("](solutions/", "](")


def dump(notebook: NotebookNode) -> str:
    """A notebook as the text of its file."""
    return str(nbformat.writes(notebook)).rstrip("\n") + "\n"  # type: ignore[no-untyped-call]


def tidy(notebook: NotebookNode, golden: NotebookNode | None) -> None:
    """Make an executed notebook fit to be committed, in place.

    What lives in one kernel only goes. A volatile cell's committed output stays while its digest does.
    """
    committed = _by_id(golden)
    notebook.metadata = _metadata()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        cell.outputs = [output for output in cell.outputs if _lasting(output)]
        before = committed.get(cell.id)
        if "volatile" in tags(cell) and before is not None and _digest(before) == _digest(cell):
            cell.outputs = before.outputs


def carry_over(notebook: NotebookNode, golden: NotebookNode | None) -> list[str]:
    """Without executing: take over the committed outputs of unchanged cells, in place; the others' ids."""
    committed = _by_id(golden)
    stale = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        before = committed.get(cell.id)
        if before is None or _digest(before) != _digest(cell) or before.execution_count is None:
            stale.append(str(cell.id))
        else:
            cell.outputs, cell.execution_count = before.outputs, before.execution_count
    return stale


def readable(text: str) -> list[str]:
    """A notebook's file as lines for people: a heading for each cell, its source, its outputs."""
    lines: list[str] = []
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        lines.append(f"== {cell.id} ({', '.join([cell.cell_type, *sorted(tags(cell))])})")
        lines += cell.source.splitlines()
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            shown = output.get("text") or data.get("text/plain") or output.get("evalue") or str(sorted(data))
            lines += [f"-- {output.output_type}", *shown.splitlines()]
    return lines


def _metadata() -> NotebookNode:
    # The version of Python and the like are left out: they differ between machines.
    about = {"kernelspec": dict(KERNELSPEC), "language_info": {"name": "python"}}
    return NotebookNode(about)  # type: ignore[no-untyped-call]


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    new = nbformat.v4.new_notebook
    made: NotebookNode = new(cells=cells, metadata=_metadata())  # type: ignore[no-untyped-call]
    made.nbformat_minor = 5  # the first with cell ids; newer ones would change the files by themselves
    return made


def _cell(cell: NotebookNode, source: str) -> NotebookNode:
    new = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")
    made: NotebookNode = new(source, id=cell.id)
    return made


def _by_id(notebook: NotebookNode | None) -> dict[str, NotebookNode]:
    return {str(cell.id): cell for cell in notebook.cells} if notebook else {}


def _digest(cell: NotebookNode) -> str | None:
    digest: str | None = cell.metadata.get(OURS, {}).get("digest")
    return digest


def _lasting(output: NotebookNode) -> bool:
    """Drop what lives in the kernel only from an output; whether anything is left."""
    if output.output_type not in ("display_data", "execute_result"):
        return True
    output.data.pop(_WIDGET_VIEW, None)
    return bool(output.data)
