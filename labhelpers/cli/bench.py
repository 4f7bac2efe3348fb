"""`./lab bench`: the speed table, each line a ratio measured in this run."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import click

from labhelpers.benchmarks import explorer, layers, page, table
from labhelpers.jupyter import leave_in_order
from labhelpers.units import human


@click.command("bench")
@click.option("--quick", is_flag=True, help="A tenth of the size; the numbers mean less, and are not kept.")
@click.option(
    "--image", metavar="NAME", help="Which of the engine's images to measure; the largest if left out."
)
@click.option(
    "--history",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("benchmarks/history.csv"),
    show_default=True,
    help="Where to add the results.",
)
def command(quick: bool, image: str | None, history: Path) -> int:
    """Measure, against programs that only move the same bytes, in turns, on inputs made here.

    Takes some minutes and 1.5 GB of the temporary folder. Exit status 1 if a goal is missed. A line that
    needs an engine or a browser is not run where there is none, and says so.
    """
    leave_in_order()
    click.echo(table.machine())
    results = []
    scale = 0.1 if quick else 1.0
    for result in chain(
        layers.cases(scale=scale, image=image), explorer.cases(scale=scale), page.cases(scale=scale)
    ):
        results.append(result)
        click.echo(result.line())
    if not quick:
        table.append(history, results)
        click.echo(f"Added to {history} ({human(history.stat().st_size)}).")
    return int(any(result.met is False for result in results))
