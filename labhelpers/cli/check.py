"""`./lab check`: look whether an exercise is done, in a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from labhelpers.errors import UsageError
from labhelpers.exercises import book, panels
from labhelpers.exercises.desk import try_once
from labhelpers.places import places

_STATUS = {"pass": 0, "not yet": 1, "cannot check": 2}


@click.command()
@click.argument("id")
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Where the exercise's files are; your copies of the notebooks if left out.",
)
def command(id: str, values: tuple[str, ...], as_json: bool, folder: Path | None) -> int:
    """Look whether exercise ID ("03.find-fault") is done, as check("…") does in a notebook.

    NAME=VALUE are the values that some exercises ask for. The result is kept in your progress.
    Exit status: 0 pass, 1 not yet, 2 cannot check, or wrong use.
    """
    exercise = book.find_exercise(id)
    given = dict(_value(one) for one in values)
    if folder is None:
        folder = places().notebooks if places().notebooks.is_dir() else Path.cwd()
    verdict, unkept = try_once(exercise, given, folder=folder)
    if as_json:
        said = {"id": id, "title": exercise.title, **verdict.as_dict(), "kept": not unkept}
        click.echo(json.dumps(said, indent=1, ensure_ascii=False))
    else:
        click.echo(repr(panels.verdict(exercise, verdict, unkept)))
    return _STATUS[verdict.state]


def _value(text: str) -> tuple[str, Any]:
    """ "exit_code=3" as ("exit_code", 3); what is not JSON is text."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(f"read {text!r}", "it is not of the form NAME=VALUE", "Write it like exit_code=3.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
