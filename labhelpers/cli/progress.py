"""`./lab progress`: what was done so far, of one learner or of a class."""

from __future__ import annotations

import json
from pathlib import Path

import click

from labhelpers.errors import UsageError
from labhelpers.exercises import book, record
from labhelpers.exercises.classroom import collect
from labhelpers.exercises.overview import done, lines, overview, predicted

_ALL = "everything"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option(
    "--reset",
    metavar="[ID]",
    is_flag=False,
    flag_value=_ALL,
    help='Forget one exercise or prediction ("03.inspect"), or, without ID, all. Asks nothing.',
)
@click.option("--name", help="Put your name into the file, for whoever collects it.")
@click.option(
    "--collect",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="A table of a class, from the progress files (*.json) in DIR.",
)
def command(as_json: bool, reset: str | None, name: str | None, folder: Path | None) -> int:
    """Show what you have done: exercises and predictions, notebook by notebook.

    It is kept in one file of yours; docs/exercises.md describes it.
    """
    if folder:
        table = collect(folder)
        click.echo(json.dumps(table.as_dict(), indent=1, ensure_ascii=False) if as_json else table.text())
        return 0
    if reset == _ALL:
        with record.change() as data:
            data["exercises"], data["predictions"] = {}, {}
    elif reset:
        _forget(reset)
    if name is not None:
        with record.change() as data:
            data["name"] = name
    data = record.read()
    if as_json:
        every = lines(data)
        right, compared, asked = predicted(data)
        said = {
            "file": str(record.progress_file()),
            "name": data["name"],
            "passed": done(every),
            "exercises": [vars(line) for line in every],
            "predictions": {"right": right, "compared": compared, "asked": asked},
        }
        click.echo(json.dumps(said, indent=1, ensure_ascii=False))
    else:
        click.echo(f"{overview(data)!r}\n\nKept in {record.progress_file()}")
    return 0


def _forget(id: str) -> None:
    known = {one.id for one in book.exercises()} | {one.id for one in book.predictions()}
    with record.change() as data:
        if not any(id in data[part] for part in ("exercises", "predictions")) and id not in known:
            raise UsageError(f"forget {id}", "there is none of this id", "See ./lab progress for the ids.")
        for part in ("exercises", "predictions"):
            data[part].pop(id, None)
