"""What the owner's tests need: root on Linux, the engine's programs, and images without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import shared
from rooms import Room, Stock, room, sweep
from support import cannot

from labhelpers.engine import packages
from labhelpers.places import places
from labhelpers.process import is_root
from labhelpers.registry.server import ClassRegistry
from labhelpers.stock import REGISTRY_IMAGE
from labhelpers.telling import Quiet


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine's programs: those that `./lab up` fetches first, or the same for these tests alone."""
    if sys.platform != "linux" or not is_root():
        cannot("network namespaces need root on Linux")
    for program in ("nsenter", "ip"):
        if not shutil.which(program):
            cannot(f"the program {program} is not there")
    own = places().prefix
    stamp = own / ".packages.json"
    shared.bring_up(stamp.exists)
    sweep(own)
    if stamp.exists():
        return own.resolve()
    where = packages.archive()
    if where is None:
        cannot("the engine's programs come from Debian's or Ubuntu's packages")
    folder = tmp_path_factory.mktemp("programs") / "prefix"
    packages.fetch(where, folder, *packages.engine_packages(where, has=["ip"]), Quiet())
    return folder


@pytest.fixture
def bare(prefix: Path) -> Iterator[Room]:
    """A room with the engine's programs, and nothing else."""
    with room(prefix) as made:
        yield made


@pytest.fixture(scope="session")
def busybox(docker_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The busybox image as an archive, out of the class registry."""
    name = "localhost:5005/lab/busybox:1"
    archive = tmp_path_factory.mktemp("busybox") / "busybox.tar"
    for words in (["pull", "-q", name], ["save", "-o", str(archive), name]):
        subprocess.run(["docker", *words], env=docker_env, check=True, capture_output=True)
    return archive


@pytest.fixture(scope="session")
def stock(
    docker_env: dict[str, str], class_registry: ClassRegistry, tmp_path_factory: pytest.TempPathFactory
) -> Stock:
    """All that `up` needs where there is no network."""
    folder = tmp_path_factory.mktemp("stock")
    name = class_registry.container().name
    command = ["docker", "cp", "-q", f"{name}:/var/lib/registry", str(folder / "registry")]
    subprocess.run(command, env=docker_env, check=True)
    command = ["docker", "save", "-o", str(folder / "image.tar"), REGISTRY_IMAGE]
    subprocess.run(command, env=docker_env, check=True)
    return Stock(folder / "image.tar", folder / "registry", class_registry.session)


@pytest.fixture(scope="session")
def furnished(prefix: Path, stock: Stock) -> Iterator[Room]:
    """A room where the workshop was set up once, and is cut off from every network now."""
    with room(prefix) as made:
        made.start()
        stock.fill(made)
        yield made
