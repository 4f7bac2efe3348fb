"""`./lab down`: stop what the workshop started."""

from __future__ import annotations

import click

from labhelpers import jupyter
from labhelpers.cli._show import console
from labhelpers.places import places
from labhelpers.workshop import take_down


@click.command()
def command() -> int:
    """Stop JupyterLab, the class registry, and the engine if it is the workshop's own.

    Images, volumes and your work stay. An engine that the workshop did not start keeps running.
    """
    where = places()
    stopped = ["JupyterLab"] if jupyter.stop(where) else []
    stopped += take_down(where)
    console.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing of the workshop was running.")
    return 0
