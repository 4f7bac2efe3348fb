"""An engine that runs already is used, and left as it was."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from rooms import Room, Stock, room

pytestmark = [pytest.mark.owner, pytest.mark.engine]
VOLATILE = ("SystemTime", "NFd", "NGoroutines", "NEventsListener", "Warnings")


@pytest.fixture
def theirs(prefix: Path) -> Iterator[Room]:
    """A room with an engine of somebody else's."""
    with room(prefix) as made:
        engine = made.foreign_engine()
        try:
            yield made
        finally:
            engine.ends(signal.SIGTERM)


def state(made: Room) -> dict[str, object]:
    """All that an engine holds."""

    def lines(*words: str) -> list[str]:
        return sorted(made.docker("--host", made.foreign_host, *words).splitlines())

    info = json.loads("".join(lines("info", "--format", "{{json .}}")))
    return {
        "info": {name: value for name, value in info.items() if name not in VOLATILE},
        "containers": lines("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}}"),
        "images": lines("images", "-a", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}"),
        "networks": lines("network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}}"),
        "volumes": lines("volume", "ls", "--format", "{{.Name}}"),
    }


def test_an_engine_that_runs_is_used_and_left_as_it_was(theirs: Room, stock: Stock) -> None:
    host = {"DOCKER_HOST": theirs.foreign_host}
    docker = ["docker", "--host", theirs.foreign_host]
    # Something of theirs, of each kind; their image has no label of the workshop's.
    theirs.run(*docker, "import", "-", "theirs:1", text="")
    theirs.run(*docker, "network", "create", "theirs")
    theirs.run(*docker, "volume", "create", "theirs")
    theirs.run(*docker, "create", "--name", "theirs", "theirs:1", "nothing")
    before = state(theirs)
    (daemon,) = theirs.dockerd()

    stock.fill(theirs, theirs.foreign_host)
    up = theirs.open("up", "--no-browser", "--yes", **host)
    try:
        up.prints(r"http://127\.0\.0\.1:\d+\S+token=\S+")
        assert f"at {theirs.foreign_host} (DOCKER_HOST)" in up.text()
        assert "Starting the engine" not in up.text()
        assert [p.pid for p in theirs.dockerd()] == [daemon.pid]
        doctor = json.loads(theirs.lab("doctor", "--json", **host).stdout)
        (engine,) = [check for check in doctor["checks"] if check["name"] == "engine"]
        assert engine["ok"] is True
        assert theirs.foreign_host in engine["detail"]
    finally:
        up.ends(signal.SIGINT)
        up.close()
    down = theirs.lab("down", **host)
    assert down.stdout == "Stopped: the class registry.\n"
    clean = theirs.lab("clean", "--engine", **host)
    assert clean.returncode == 0, clean.stdout
    assert daemon.is_running()
    assert state(theirs) == before
