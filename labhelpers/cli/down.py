"""`./lab down`: stop what the workshop started."""

from __future__ import annotations

import click

from labhelpers import running
from labhelpers.cli._show import console
from labhelpers.owners import clear
from labhelpers.places import places
from labhelpers.watch import settle
from labhelpers.workshop import take_down


@click.command()
def command() -> int:
    """Stop JupyterLab, the class registry, and the engine if it is the workshop's own.

    Images, volumes and your work stay. An engine that the workshop did not start keeps running.
    """
    where = places()
    stopped = ["JupyterLab"] if running.stop(where) else []
    settle(where)
    stopped += take_down(where)
    clear(where)
    console.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing of the workshop was running.")
    return 0
