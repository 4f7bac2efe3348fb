"""`kill -9` of each part of the workshop: what it leaves is gone within a minute, and nothing else."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable

import psutil
import pytest
from owner.test_embedded import kill_engine
from owner.test_up import ADDRESS, jupyter, kernel
from rooms import Room, Stock

from labhelpers.labels import OWNER
from labhelpers.wait import wait_until

pytestmark = [pytest.mark.owner, pytest.mark.engine]
MINUTE = 60
BUSYBOX = "localhost:5005/lab/busybox:1"
# What a kernel makes for itself: a measurement that runs, a check's container, a folder. And what a learner
# makes, who goes on with it after a restart of the kernel.
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
(aside.__enter__() / "file").touch()
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


def work(room: Room) -> psutil.Process:
    """Have the one kernel make things; the kernel."""
    (one,) = kernels(room)
    connection = next(word for word in one.cmdline() if "kernel-" in word)
    done = room.run(sys.executable, "-c", RUN, connection, BUSY)
    assert done.stdout.splitlines()[-1] == "ok", done.stdout
    assert len(of_kernels(room)) == 3
    return one


def kernels(room: Room) -> list[psutil.Process]:
    """The kernels that run."""
    return room.running("ipykernel")


def of_kernels(room: Room) -> list[str]:
    """The containers and files that are to go with their kernel."""
    files = [path for path in (room.places.cache / "tmp").rglob("*") if path.is_file()]
    return [*room.docker("ps", "-aq", "--filter", f"label={OWNER}").split(), *map(str, files)]


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


def test_kernel_engine_and_lab_are_killed(bare: Room, stock: Stock) -> None:
    bare.start()
    stock.fill(bare)
    # Of somebody who has nothing to do with the workshop.
    bare.docker("network", "create", "theirs")
    bare.docker("volume", "create", "theirs")
    bare.run("docker", "import", "-", "theirs:1", text="")
    bare.docker("create", "--name", "theirs", "-v", "theirs:/v", "--network", "theirs", "theirs:1", "none")
    registry = f"lab-registry-{stock.session}"
    up = bare.open("up", "--no-browser", "--yes")
    try:
        port, token = re.search(ADDRESS, up.prints(ADDRESS)).groups()  # type: ignore[union-attr]
        kernel(bare, port, token)
        bare.docker("pull", "-q", BUSYBOX)

        work(bare).kill()
        gone(lambda: of_kernels(bare), "what the kernel made")
        assert running(bare) == {"exercise-03", registry}, "a learner goes on with it after a restart"
        log = (bare.places.logs / "watch.log").read_text()
        assert re.search(r"removed .*check-\d+", log), log

        kill_engine(bare, "dockerd")
        gone(lambda: bare.cgroups() + bare.mounts(), "what the engine ran")
        assert {p.name() for p in bare.processes()} & {"containerd", "dockerd", "sleep"} == set()
        again = bare.lab("up", "--no-browser", "--yes")
        assert "The workshop is open already at" in again.stdout
        assert running(bare) == {registry}

        # JupyterLab has started its kernel anew.
        work(bare)
        up.ends(signal.SIGKILL)
        gone(lambda: of_kernels(bare) + jupyter(bare) + watchers(bare), "what ./lab up started")
        assert running(bare) == {"exercise-03", registry}
    finally:
        up.close()

    # Nothing watches now.
    kill_engine(bare, "dockerd")
    clean = bare.lab("clean")
    assert (clean.returncode, "Kept" in clean.stdout) == (0, False), clean.stdout
    assert bare.processes() == []
    bare.start()
    assert everything(bare) == {"theirs", "theirs:1"}
    bare.stop()
    assert (bare.mounts(), bare.cgroups(), list(bare.places.runtime.glob("*"))) == ([], [], [])
    assert not (bare.places.cache / "tmp").exists()
