"""`kill -9` of each part of the workshop: what it leaves is gone within a minute, and nothing else."""

from __future__ import annotations

import contextlib
import re
import signal
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest
from owner.test_embedded import kill_engine
from owner.test_up import ADDRESS, jupyter, kernel
from rooms import Room, Session, Stock

from labhelpers.labels import OWNER
from labhelpers.wait import wait_until

pytestmark = [pytest.mark.owner, pytest.mark.engine]
MINUTE = 60
BUSYBOX = "localhost:5005/lab/busybox:1"
# What a kernel makes for itself: a measurement that runs, a check's container, a folder, a build under way.
# And what a learner makes, who goes on with it after a restart of the kernel.
BUSY = f"""
import os, subprocess
from labhelpers.engine import connect
from labhelpers.engine.owned import labels
from labhelpers.measure.compare import start_container
from labhelpers.owners import temporary
subprocess.run("docker start exercise-03 || docker run -d --name exercise-03 {BUSYBOX} sleep 600", shell=True)
engine = connect()
measured = start_container(engine, "{BUSYBOX}", "sleep 3600")
engine.api.containers.create("{BUSYBOX}", name=f"check-{{os.getpid()}}", labels=labels())
aside = temporary()
file = aside.__enter__() / "Dockerfile"
file.write_text("FROM {BUSYBOX}\\nRUN sleep 1234")
build = subprocess.Popen(["docker", "build", "-q", str(file.parent)])
"""
RUN = """
import sys
from jupyter_client import BlockingKernelClient
client = BlockingKernelClient(connection_file=sys.argv[1])
client.load_connection_file()
client.start_channels()
client.wait_for_ready(60)
print(client.execute_interactive(sys.argv[2], timeout=60)["content"]["status"])
"""


def work(room: Room) -> None:
    """Have the one kernel make things."""
    (one,) = kernels(room)
    connection = next(word for word in one.cmdline() if "kernel-" in word)
    done = room.run(sys.executable, "-c", RUN, connection, BUSY)
    assert done.stdout.splitlines()[-1] == "ok", done.stdout
    assert len(made(room)) == 3
    wait_until(lambda: room.running("sleep 1234"), 30, what="the build")


def kernels(room: Room) -> list[psutil.Process]:
    """The kernels that run."""
    return room.running("ipykernel")


def made(room: Room) -> list[str]:
    """The containers and files that are to go with their kernel."""
    files = [path for path in (room.places.cache / "tmp").rglob("*") if path.is_file()]
    return [*room.docker("ps", "-aq", "--filter", f"label={OWNER}").split(), *map(str, files)]


def of_kernels(room: Room) -> list[str]:
    """The same, and the programs that a kernel started, with what the engine runs for them."""
    return [*made(room), *(str(process.pid) for process in room.running("docker build", "sleep 1234"))]


def running(room: Room) -> set[str]:
    """The names of the containers that run."""
    return {*room.docker("ps", "--format", "{{.Names}}").split()}


def everything(room: Room) -> set[str]:
    """The names of all containers, images, networks and volumes, without the engine's own networks."""
    found = room.docker("ps", "-a", "--format", "{{.Names}}").split()
    found += room.docker("images", "-a", "--format", "{{.Repository}}:{{.Tag}}").split()
    for kind in ("network", "volume"):
        found += room.docker(kind, "ls", "--format", "{{.Name}}").split()
    return {*found} - {"bridge", "host", "none"}


def gone(probe: Callable[[], object], what: str) -> None:
    """Wait until nothing is left, a minute at most."""
    wait_until(lambda: not probe(), MINUTE, what=f"the end of {what}", log=lambda: str(probe()))


def watchers(room: Room) -> list[psutil.Process]:
    """The watcher, or none."""
    return room.running("labhelpers.watch")


@contextlib.contextmanager
def opened(room: Room) -> Iterator[Session]:
    """`./lab up` with a kernel that made what it makes."""
    up = room.open("up", "--no-browser", "--yes")
    try:
        port, token = re.search(ADDRESS, up.prints(ADDRESS)).groups()  # type: ignore[union-attr]
        kernel(room, port, token)
        room.docker("pull", "-q", BUSYBOX)
        work(room)
        yield up
    finally:
        up.close()


def _kernel(room: Room, up: Session) -> None:
    kernels(room)[0].kill()
    gone(lambda: of_kernels(room), "what the kernel made")
    log = (room.places.logs / "watch.log").read_text()
    assert re.search(r"removed .*check-\d+", log), log
    assert up.process.poll() is None, "JupyterLab goes on, with a new kernel"


def _jupyterlab(room: Room, up: Session) -> None:
    next(p for p in jupyter(room) if "jupyterlab" in p.cmdline()).kill()
    assert up.ends() == 1
    gone(lambda: of_kernels(room) + jupyter(room) + watchers(room), "what JupyterLab started")


def _lab(room: Room, up: Session) -> None:
    up.ends(signal.SIGKILL)
    gone(lambda: of_kernels(room) + jupyter(room) + watchers(room), "what ./lab up started")


def _engine(room: Room, up: Session) -> None:
    kill_engine(room, "dockerd")
    gone(lambda: room.cgroups() + room.mounts(), "what the engine ran")
    assert {p.name() for p in room.processes()} & {"containerd", "dockerd", "sleep"} == set()
    again = room.lab("up", "--no-browser", "--yes")
    assert "The workshop is open already at" in again.stdout
    # What the kernel made stays its own, for the kernel lives; nothing of it runs any more.
    (registry,) = running(room)
    assert registry.startswith("lab-registry-")
    room.docker("start", "exercise-03")


@pytest.mark.parametrize("kill", [_kernel, _jupyterlab, _lab, _engine])
def test_what_a_killed_part_leaves_is_gone(
    kill: Callable[[Room, Session], None], bare: Room, stock: Stock
) -> None:
    """Within a minute; `./lab clean` then removes the rest, and nothing of others'."""
    before = bare.traces()
    bare.start()
    stock.fill(bare)
    # Of somebody who has nothing to do with the workshop.
    bare.docker("network", "create", "theirs")
    bare.docker("volume", "create", "theirs")
    bare.run("docker", "import", "-", "theirs:1", text="")
    bare.docker("create", "--name", "theirs", "-v", "theirs:/v", "--network", "theirs", "theirs:1", "none")
    with opened(bare) as up:
        kill(bare, up)
        assert running(bare) == {"exercise-03", f"lab-registry-{stock.session}"}, "the learner goes on"
        clean = bare.lab("clean")
        assert (clean.returncode, "Kept" in clean.stdout) == (0, False), clean.stdout
        assert jupyter(bare) + watchers(bare) == []
    assert everything(bare) == {"theirs", "theirs:1"}
    assert not (bare.places.cache / "tmp").exists()
    bare.stop()
    assert bare.traces() == before


def test_clean_reaches_into_an_engine_that_was_killed(bare: Room, stock: Stock) -> None:
    """With nobody left who would watch."""
    before = bare.traces()
    bare.start()
    stock.fill(bare)
    bare.docker("volume", "create", "theirs")
    kill_engine(bare, "dockerd")
    clean = bare.lab("clean")
    assert (clean.returncode, "Kept" in clean.stdout) == (0, False), clean.stdout
    assert bare.processes() == []
    bare.start()
    assert everything(bare) == {"theirs"}
    bare.stop()
    assert bare.traces() == before
    assert not (bare.places.cache / "tmp").exists()
