"""`./lab run`: notebooks without a browser, and a report."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click
import nbformat
from nbformat import NotebookNode

from labhelpers.cli._show import Show, console
from labhelpers.engine import connect, environment
from labhelpers.errors import LabError, UsageError
from labhelpers.notebooks import NOTEBOOKS, report
from labhelpers.notebooks.execute import execute
from labhelpers.places import places


def _chosen(names: tuple[str, ...]) -> list[Path]:
    """The executed notebooks that are asked for, by number or by name; all where none is."""
    there = sorted([*NOTEBOOKS.glob("solutions/*.ipynb"), *NOTEBOOKS.glob("slides/*.ipynb")])
    for name in names:
        if not any(name in (path.stem, path.stem.split("_")[0]) for path in there):
            known = ", ".join(path.stem for path in there)
            raise UsageError(f"run the notebook {name}", "there is none of this name", f"There are: {known}.")
    return [path for path in there if not names or {path.stem, path.stem.split("_")[0]} & {*names}]


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--report",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where the HTML report goes.",
)
def command(names: tuple[str, ...], folder: Path) -> int:
    """Run notebooks from top to bottom, without a browser, and write an HTML report.

    NAME is a notebook's number or name ("03", "03_containers"); without one, all run, solutions filled in.
    The notebooks themselves stay as they are. Exit status 1 if one fails.
    """
    chosen = _chosen(names)
    where = places()
    os.environ.update(environment(connect(), where), IPYTHONDIR=str(where.data / "jupyter" / "ipython"))
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = []
    for path in chosen:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        cells = sum(cell.cell_type == "code" for cell in notebook.cells)
        began = time.monotonic()
        failure = ""
        try:
            with Show().task(path.stem, unit="cells") as task:

                def told(number: int, total: int, cell: NotebookNode) -> None:
                    task.update(number - 1, total, f"cell {number} of {total}")

                execute(notebook, name=path.stem, folder=path.parent, told=told)
        except LabError as error:
            failure = error.message
            console.print(f"✗ {path.stem}: {failure}\n{error.log}", markup=False)
        outcomes.append(report.Outcome(path.stem, time.monotonic() - began, cells, failure))
        html = report.page(notebook, folder=path.parent, title=path.stem)
        (folder / f"{path.stem}.html").write_text(html, encoding="utf-8")
        (folder / "index.html").write_text(report.index(outcomes), encoding="utf-8")
    failed = sum(bool(one.failure) for one in outcomes)
    ended = len(outcomes) - failed
    console.print(
        f"{ended} of {len(outcomes)} ran to their end. Report: {folder / 'index.html'}", markup=False
    )
    return 1 if failed else 0
