"""`./lab kit`: the workshop in one file."""

from __future__ import annotations

from pathlib import Path

import click

from labhelpers import kit
from labhelpers.cli._show import Show, console
from labhelpers.engine import connect, packages, session
from labhelpers.kit.contents import Contents
from labhelpers.places import places
from labhelpers.registry.server import ClassRegistry
from labhelpers.stock import REGISTRY_IMAGE
from labhelpers.units import human

_FILE = click.Path(dir_okay=True, path_type=Path)


@click.group()
def command() -> None:
    """Save the whole workshop into one file, and load it where there is no network.

    On a machine with a network: ./lab up, then ./lab kit save class.kit. Copy the file, and a checkout of the
    workshop, to each machine; there: ./lab kit load class.kit, then ./lab up.
    """


@command.command()
@click.argument("file", type=_FILE)
def save(file: Path) -> None:
    """Write FILE: every image of the workshop, its Python packages, and the engine's programs.

    The workshop must be up, and there must be a network. FILE is an OCI archive: `./lab layers` and
    `docker load` read it too. It is for machines with this processor, this version of Python, and (for those
    without an engine) this release of the distribution.
    """
    where = places()
    registry = ClassRegistry(connect(), session(where), REGISTRY_IMAGE)
    contents, digest = kit.save(file, registry, Show())
    console.print(_summary(contents), markup=False)
    console.print(f"{file}: {human(file.stat().st_size)}, {digest}", markup=False)


@command.command()
@click.argument("file", type=_FILE)
def load(file: Path) -> None:
    """Take what FILE holds, so that `./lab up` needs no network here.

    Every file in it is held against its digest. It holds programs that run as root: take it only from
    somebody whom you trust, and compare the digest that `save` printed with that of `sha256sum FILE`.
    """
    where = places()
    contents = kit.load(file, where, Show())
    console.print(_summary(contents), markup=False)
    archive = packages.archive()
    if contents.release and archive and archive.codename != contents.release:
        console.print(
            f"The engine's programs in it are for {contents.release}, and this is {archive.codename}: "
            "./lab up needs an engine that runs already.",
            markup=False,
        )
    console.print("./lab up now works without a network.", markup=False)


def _summary(contents: Contents) -> str:
    """What a kit holds, in a line."""
    wheels = sum(entry.path.startswith("wheels/") for entry in contents.files)
    debs = sum(entry.path.startswith("packages/") for entry in contents.files)
    programs = f", {debs} packages for {contents.release}" if contents.release else ""
    return (
        f"{len(contents.images)} images for {contents.platform}, "
        f"{wheels} Python packages for {contents.python}{programs}."
    )
