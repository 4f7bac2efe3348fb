"""The workshop's own engine, really started and stopped, in rooms of its own."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from rooms import Room

from labhelpers.engine.embedded import Embedded
from labhelpers.engine.leftovers import sockets
from labhelpers.wait import wait_until

pytestmark = [pytest.mark.owner, pytest.mark.engine]
IMAGE = "localhost:5005/lab/busybox:1"
SERVE = ["sh", "-c", "echo hello > /var/www/index.html; exec httpd -f -p 80 -h /var/www"]


def serve(room: Room, name: str = "web") -> None:
    """Run a container that answers at port 8099 of the room."""
    room.docker("run", "-d", "--init", "--name", name, "-p", "127.0.0.1:8099:80", IMAGE, *SERVE)
    wait_until(lambda: answer(room) == "hello", 20, what="the container's page")


def answer(room: Room) -> str:
    code = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8099', timeout=2).read().decode())"
    return room.run(sys.executable, "-c", code, check=False).stdout.strip()


def kill_engine(room: Room, *names: str) -> None:
    """kill -9 to its daemons."""
    for process in room.processes():
        if process.name() in names:
            process.kill()
    wait_until(lambda: not [p for p in room.processes() if p.name() in names], 10, what="their end")


def test_an_engine_binds_no_port(bare: Room) -> None:
    bare.start()
    listening = bare.run("ss", "-Hltn").stdout
    assert listening.strip() == ""
    assert bare.places.runtime.stat().st_mode & 0o777 == 0o700
    assert bare.places.engine_data.stat().st_mode & 0o007 == 0


def test_two_starts_at_once_give_one_engine(bare: Room) -> None:
    both = [bare.starting(), bare.starting()]
    try:
        assert [one.ends() for one in both] == [0, 0], [one.text() for one in both]
    finally:
        for one in both:
            one.close()
    assert len(bare.dockerd()) == 1
    assert both[0].text() == both[1].text()


@pytest.mark.parametrize(
    ("moment", "number"),
    [("network.json", signal.SIGKILL), ("dockerd", signal.SIGINT), ("exec/containerd", signal.SIGKILL)],
)
def test_a_start_that_was_interrupted_can_be_repeated_and_undone(
    moment: str, number: int, bare: Room
) -> None:
    before = bare.traces()

    def come() -> bool:
        return bool(bare.dockerd()) if moment == "dockerd" else (bare.places.runtime / moment).exists()

    for then in ("start", "stop"):
        start = bare.starting()
        try:
            wait_until(come, 60, what=moment, every=0.005, log=start.text)
            assert start.ends(number) != 0, "it was to be interrupted in the middle"
        finally:
            start.close()
        if then == "start":
            bare.start()
            assert len(bare.dockerd()) == 1
        bare.stop()
        assert bare.traces() == before


def test_another_engine_without_a_socket_for_us_is_named_and_left_alone(bare: Room) -> None:
    theirs = bare.foreign_engine()
    try:
        done = bare.lab("up", "--no-browser", "--yes")
        (daemon,) = bare.dockerd()
        assert done.returncode == 1
        assert f"a dockerd runs here already (process {daemon.pid})" in done.stdout
        assert "Traceback" not in done.stdout
    finally:
        theirs.ends(signal.SIGTERM)


# -- with an image, which the workshop has when it is up


def test_an_engine_from_start_to_end_leaves_nothing(bare: Room, busybox: Path) -> None:
    before = bare.traces()
    bare.start()
    (daemon,) = bare.dockerd()
    bare.start()
    assert [p.pid for p in bare.dockerd()] == [daemon.pid], "a second start must find the first"
    bare.docker("load", "-q", "-i", str(busybox))
    bare.docker("network", "create", "inner")
    bare.docker("volume", "create", "kept")
    serve(bare)
    during = bare.traces()
    for kind in ("processes", "links", "rules", "cgroups", "runtime"):
        assert during[kind] != before[kind], kind
    bare.stop()
    assert bare.traces() == before

    bare.start()
    assert IMAGE in bare.docker("images", "--format", "{{.Repository}}:{{.Tag}}")
    assert "kept" in bare.docker("volume", "ls", "-q")
    assert answer(bare) != "hello", "a container without a restart policy stays down"
    bare.stop("remove")
    assert bare.traces() == before
    assert sorted(p.name for p in bare.places.data.iterdir()) in ([], ["logs"])


def test_a_killed_engine_starts_again(bare: Room, busybox: Path) -> None:
    bare.start()
    bare.docker("load", "-q", "-i", str(busybox))
    serve(bare)
    (socket,) = map(Path, sockets(Embedded(bare.places).exec_root))
    kill_engine(bare, "dockerd")
    # Its number may be another process's by now: this one's, for instance.
    Embedded(bare.places).pid_file.write_text(str(os.getpid()))
    bare.start()
    assert bare.docker("inspect", "-f", "{{.State.Running}}", "web") == "false"
    assert not socket.exists()
    bare.docker("rm", "-f", "web")
    serve(bare, "second")


@pytest.mark.parametrize(
    "killed", [["dockerd"], ["dockerd", "containerd"], ["dockerd", "containerd-shim-runc-v2"]]
)
def test_a_killed_engine_leaves_nothing_after_stop(killed: list[str], bare: Room, busybox: Path) -> None:
    before = bare.traces()
    bare.start()
    bare.docker("load", "-q", "-i", str(busybox))
    serve(bare)
    (socket,) = map(Path, sockets(Embedded(bare.places).exec_root))
    assert socket.is_socket()
    kill_engine(bare, *killed)
    bare.stop()
    assert bare.traces() == before
    assert not socket.exists()
    bare.stop()  # twice is fine
    assert bare.traces() == before
