"""`./lab up`: from nothing to a JupyterLab that answers."""

from __future__ import annotations

import sys

import click

from labhelpers import jupyter
from labhelpers.cli._show import Show, console
from labhelpers.engine import discover
from labhelpers.errors import EngineNotFound
from labhelpers.notebooks import NOTEBOOKS
from labhelpers.notebooks.working import bring
from labhelpers.places import Places, places
from labhelpers.wait import wait_until
from labhelpers.workshop import Ready, set_up

_PLAN = """No container engine runs on this machine. The workshop can bring one of its own:
  - its programs come from this machine's own package archive (about 95 MB) into {prefix};
    nothing is installed into the system
  - it runs as root, with its own data, network bridge and socket, and opens no port to other machines
  - the first time takes about two minutes and 2 GB of disk
  - ./lab down stops it, ./lab clean --engine removes it without a trace"""


def _refuse() -> None:
    raise EngineNotFound(
        "set the workshop up",
        "it needs an engine, and you chose not to start one",
        "Start Docker Desktop, Docker Engine or Podman yourself, then repeat ./lab up.",
    )


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port of JupyterLab (otherwise the first free from 8888)."
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--yes", is_flag=True, help="Do not ask before an engine is fetched and started.")
@click.option("--prepare", is_flag=True, help="Only set up what is missing; open nothing.")
@click.option(
    "--wait",
    type=click.IntRange(1),
    metavar="SECONDS",
    help="Wait that long for an engine that is starting, and start none.",
)
def command(port: int | None, no_browser: bool, yes: bool, prepare: bool, wait: int | None) -> int:
    """Open the workshop: set up what is missing, then start JupyterLab and stay.

    Ctrl-C ends JupyterLab. A second `up` finds everything there and is quick.
    """
    where = places()

    def may_start() -> None:
        console.print(_PLAN.format(prefix=where.prefix), markup=False)
        if not yes and sys.stdin.isatty() and not click.confirm("Go on?", default=True):
            _refuse()

    jupyter.leave_in_order()
    try:
        with jupyter.only_one(where):
            chosen = jupyter.choose_port(port)
            if wait:
                _wait_for_engine(wait)
            ready = set_up(where, Show(), may_start=may_start)
            _tell(ready, where)
            if prepare:
                return 0
            with jupyter.opened(where, ready.env, chosen) as server:
                with Show().task("Starting JupyterLab", unit="steps"):
                    server.wait_ready()
                console.print(f"\nThe workshop is open at\n  {server.url}\nCtrl-C ends it.", markup=False)
                if not no_browser:
                    server.open_browser()
                return _stay(server)
    except jupyter.AlreadyRunning as other:
        if other.running is None:
            raise
        # Its engine may have been killed meanwhile.
        set_up(where, Show(), may_start=may_start)
        console.print(f"The workshop is open already at\n  {other.running.url}", markup=False)
        return 0


def _wait_for_engine(seconds: int) -> None:
    """Wait for an engine that something else is starting, as Docker-in-Docker and Docker Desktop do."""
    wait_until(
        lambda: any(one.state == "answers" for one in discover()),
        seconds,
        what="a container engine",
        fix="Start it, or leave --wait out.",
    )


def _tell(ready: Ready, where: Places) -> None:
    """Say what was set up, and bring the notebooks."""
    engine = ready.engine
    what = f"{engine.name} {engine.version}, {engine.image_store()}"
    console.print(f"Engine: {what}, at {engine.host} ({engine.origin})", markup=False)
    console.print(f"Images: {', '.join(ready.registry.tags())} at {ready.registry.address}", markup=False)
    for path in bring(NOTEBOOKS, where.notebooks):
        console.print(f"You changed {path.name.replace('.new', '')}; its new version is {path}", markup=False)
    console.print(f"Your notebooks: {where.notebooks}", markup=False)


def _stay(server: jupyter.Server) -> int:
    """Wait for JupyterLab's end, or for a person's."""
    try:
        status = server.wait()
    except KeyboardInterrupt:
        console.print("\nJupyterLab is closing. The engine keeps running: ./lab down stops it.", markup=False)
        return 0
    if status:
        console.print(f"\nJupyterLab ended with status {status}: see {server.log_file}.", markup=False)
        console.print("What is saved is there: ./lab up opens it again.", markup=False)
    return 1 if status else 0
