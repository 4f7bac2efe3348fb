"""What the tests stand on: a real engine, the class registry with its images, and `./lab up` itself.

Without an engine the tests bring one, in a folder of their own, and remove it afterwards; what a killed run
left there, the next one removes first. LAB_TEST_HOME=DIR keeps such a folder between runs.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import engines
import pytest
import shared
from support import Up, cannot

from labhelpers.engine import Engine, connect, environment, session
from labhelpers.errors import LabError
from labhelpers.places import places
from labhelpers.registry.server import ClassRegistry
from labhelpers.stock import REGISTRY_IMAGE

_HOME = pytest.StashKey[Path | None]()
_FAILED = pytest.StashKey[bool]()


def _is_first(config: pytest.Config) -> bool:
    """Whether this is the process that a person started, not one of pytest-xdist's."""
    return not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if _is_first(config):
        config.stash[_HOME] = shared.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _is_first(config) and _HOME in config.stash:
        shared.end(config.stash[_HOME], failed=config.stash.get(_FAILED, False))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[_FAILED] = exitstatus == pytest.ExitCode.TESTS_FAILED


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run what takes minutes for one notebook")
    parser.addoption(
        "--engines",
        metavar="NAME,…",
        help="run the tests that face an engine on these, and no others",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: shared.order(item.nodeid))
    if engines.wanted(config):
        items[:] = [item for item in items if item.path.name == "test_every_engine.py"]
    if not config.getoption("--long"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if found := engines.outcomes(config):
        terminalreporter.section("engines")
        for line in engines.table(found):
            terminalreporter.write_line(line)
    # Beside others, pytest counts no tests that were left out: nobody may take silence for a run.
    if not config.getoption("--long"):
        terminalreporter.write_line(
            "Left out, because each takes a minute or more, and run by ./lab test --long: the learner's runs "
            "of the longer notebooks, 03 in a browser, 06 and 07 with the network cut, all notebooks after a "
            "kit was loaded, the workshop's own image, the explorer's bench in a page, conda's two commands."
        )
    if said := shared.slowest_check():
        terminalreporter.write_line(said)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests that would disturb each other stay in one process."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return shared.group(nodeid)

    config.option.loadscopereorder = False  # the order is that of `shared.order`
    return Groups(config, log)


@pytest.fixture(autouse=True)
def _one_notebook_at_a_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that says which notebook's names it uses has them for itself.

    It says so by its parameter (`[03_containers]`, `[03.inspect-…]`) or by `@pytest.mark.notebook("03", …)`.
    """
    marker = request.node.get_closest_marker("notebook")
    numbers = marker.args if marker else re.findall(r"\[(\d\d)[_.]", request.node.nodeid)
    with contextlib.ExitStack() as held:
        # In one order everywhere, so that no two tests wait for each other.
        for number in sorted(numbers) if "engine" in request.keywords else ():
            held.enter_context(shared.one_at_a_time(number))
        yield


@pytest.fixture(scope="session", autouse=True)
def _progress_aside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests do must not enter the progress of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABHELPERS_PROGRESS", str(tmp_path_factory.mktemp("progress") / "progress.json"))
        yield


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a progress of the test's own; neither it nor its folder is there yet."""
    path = tmp_path / "deep" / "progress.json"
    monkeypatch.setenv("LABHELPERS_PROGRESS", str(path))
    return path


@pytest.fixture(scope="session")
def up() -> Up:
    """`./lab up` as a person starts it, from whatever there is to an address that answers."""
    return shared.bring_up()


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
    # Notebook 02 measures ten runs of each; three are enough to see that it works, and are a median.
    # And buildx leaves two folders behind wherever a Dockerfile comes to it by a pipe.
    return {
        **os.environ,
        "LAB_RUNS": "3",
        "TMPDIR": str(shared.temporary()),
        **environment(engine, places()),
    }


@pytest.fixture(scope="session")
def class_registry(engine: Engine) -> ClassRegistry:
    """The class registry that `./lab up` started."""
    return ClassRegistry(engine, session(places()), REGISTRY_IMAGE)
