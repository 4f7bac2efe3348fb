"""`./lab clean`: remove what the workshop made."""

from __future__ import annotations

import shutil

import click

from labhelpers import owners, running
from labhelpers.cli._show import console
from labhelpers.engine.embedded import Embedded
from labhelpers.places import places
from labhelpers.watch import settle
from labhelpers.workshop import clean_up


@click.command()
@click.option(
    "--engine", is_flag=True, help="Remove the workshop's own engine, its programs and caches as well."
)
def command(engine: bool) -> int:
    """Remove the containers, images, networks and volumes that the workshop made, and nothing else.

    They are known by their label; what others made stays. Your notebooks stay too.
    """
    where = places()
    running.stop(where)
    settle(where)
    if engine and where.engine_data.exists():
        # All that it holds goes with it.
        Embedded(where).remove()
        console.print("Removed the workshop's own engine with everything in it.")
    else:
        removed = clean_up(where)
        console.print(f"Removed {removed}.")
        for owner in owners.lost(where):
            owner.forget()  # what they had carried the label as well
        for line in removed.kept:
            console.print(f"Kept {line}", markup=False)
    owners.clear(where)
    if engine:
        Embedded(where).remove()
        for folder in (
            where.client_prefix,
            where.docker_config,
            where.cache,
            where.logs,
            where.data / "jupyter",
        ):
            shutil.rmtree(folder, ignore_errors=True)
        (where.data / "session").unlink(missing_ok=True)
        shutil.rmtree(where.runtime, ignore_errors=True)
        for folder in (where.data, where.data.parent if where.data.name == "data" else where.data):
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()
    return 0
