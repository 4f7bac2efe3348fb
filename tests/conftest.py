"""What the tests stand on: a real engine, the class registry with its images, and `./lab up` itself.

Without an engine the tests bring one, in a folder of their own, and remove it afterwards; what a killed run
left there, the next one removes first. LAB_TEST_HOME=DIR keeps such a folder between runs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import ROOT, Up, cannot

from labhelpers.engine import Engine, connect, environment
from labhelpers.engine.embedded import Embedded, why_not
from labhelpers.errors import LabError
from labhelpers.places import places
from labhelpers.registry.server import PORT, ClassRegistry, listening
from labhelpers.stock import REGISTRY_IMAGE
from labhelpers.wait import wait_until


@pytest.fixture(scope="session")
def home() -> Iterator[Path | None]:
    """Where this run's workshop lives; None when it is the user's own, which is running."""
    if given := os.environ.get("LAB_TEST_HOME"):
        os.environ["LABHELPERS_HOME"] = given
        yield Path(given)
        return
    if "LABHELPERS_HOME" in os.environ or Embedded(places()).process() or listening(PORT):
        yield None
        return
    folder = Path(tempfile.gettempdir()) / f"labhelpers-test-{os.getuid()}"
    os.environ["LABHELPERS_HOME"] = str(folder)
    _remove(folder)
    try:
        yield folder
    finally:
        _remove(folder)
        del os.environ["LABHELPERS_HOME"]


def _remove(folder: Path) -> None:
    if folder.exists():
        # With an engine of somebody else's, what these tests made in it goes first.
        subprocess.run([sys.executable, "-m", "labhelpers", "clean", "--engine"], cwd=ROOT, check=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def up(home: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`./lab up` as a person starts it, from whatever there is to an address that answers."""
    out = tmp_path_factory.mktemp("up") / "output"
    with out.open("wb") as sink:
        process = subprocess.Popen(
            [str(ROOT / "lab"), "up", "--no-browser", "--yes"],
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )

    def address() -> str | None:
        text = out.read_text()
        if process.poll() is not None and process.returncode:
            if (reason := why_not()) and "Could not start an engine of the workshop's own" in text:
                cannot(f"no engine runs here, and none can be brought: {reason}")
            pytest.fail(f"./lab up ended with {process.returncode}:\n{text}")
        found = re.search(r"http://127\.0\.0\.1\S+token=\S+", text)
        return found.group() if found else None

    try:
        url = wait_until(address, 900, what="./lab up", log=out.read_text)
        yield Up(url, out.read_text())
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="session")
def engine(up: Up) -> Iterator[Engine]:
    """The engine that `./lab up` brought or found."""
    try:
        found = connect()
    except LabError as error:
        cannot(error.message)
    yield found
    found.close()


@pytest.fixture(scope="session")
def docker_env(engine: Engine) -> dict[str, str]:
    """The environment in which `docker …` reaches that engine."""
    return {**os.environ, **environment(engine, places())}


@pytest.fixture(scope="session")
def class_registry(engine: Engine) -> ClassRegistry:
    """The class registry that `./lab up` started."""
    from labhelpers.engine import session

    return ClassRegistry(engine, session(places()), REGISTRY_IMAGE)
