"""`./lab doctor`: what works, what does not, and what to do."""

from __future__ import annotations

import json

import click
from rich.table import Table

from labhelpers.cli._show import console
from labhelpers.doctor import examine_with_engines, healthy

_SIGNS = {True: "[green]✓ yes[/]", False: "[red]✗ no[/]", None: "[dim]– not needed[/]"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def command(as_json: bool) -> int:
    """Say what works and what does not, and what to do about it.

    Exit status 0 only if the workshop can run.
    """
    checks, found = examine_with_engines()
    well = healthy(checks)
    if as_json:
        engines = [
            {"origin": f.candidate.origin, "host": f.candidate.host, "state": f.state, "detail": f.detail}
            for f in found
        ]
        click.echo(
            json.dumps({"ok": well, "checks": [c.as_dict() for c in checks], "engines": engines}, indent=1)
        )
        return 0 if well else 1
    table = Table(box=None, pad_edge=False)
    for title in ("what", "works", "found", "what to do"):
        table.add_column(title, overflow="fold")
    for check in checks:
        table.add_row(check.name, _SIGNS[check.ok], check.detail, check.fix)
    console.print(table, soft_wrap=False)
    console.print(
        "\nThe workshop can run." if well else "\nThe workshop cannot run yet: see the lines with ✗."
    )
    return 0 if well else 1
