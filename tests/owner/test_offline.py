"""Without a network, and without room on the disk."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import shared
from rooms import Room, Session, Stock, room

pytestmark = [pytest.mark.owner, pytest.mark.engine]


@pytest.fixture
def empty(prefix: Path) -> Iterator[Room]:
    """A room without the engine's programs."""
    with room(prefix, filled=False) as made:
        yield made


def test_the_very_first_start_without_a_network_says_what_is_missing(empty: Room) -> None:
    before = empty.traces()
    # The programs must not be found on the way that `docker …` in the room finds them.
    done = empty.lab("up", "--no-browser", "--yes", PATH="/usr/sbin:/usr/bin:/sbin:/bin")
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert last.startswith("lab: Could not fetch the engine's packages: ")
    assert last.endswith("Connect to a network once: after this first time the workshop needs none.")
    assert "Unable to locate package" not in last, "not the package is missing but the network"
    assert "Traceback" not in done.stdout
    assert {**empty.traces(), "runtime": []} == before, "a lock file may stay"
    doctor = empty.lab("doctor")
    assert (doctor.returncode, "Traceback" in doctor.stdout) == (1, False)


def test_the_base_image_without_a_network_says_what_is_missing(bare: Room) -> None:
    """The programs are there already, the images are not: the first start was interrupted in between."""
    done = bare.lab("up", "--no-browser", "--yes")
    assert done.returncode == 1
    assert re.search(r"^lab: Could not (build|make) the (image )?base.*network", done.stdout, re.M)
    assert "Traceback" not in done.stdout


@pytest.fixture(scope="module")
def later(furnished: Room) -> Iterator[Session]:
    """A later start of the workshop, with the network cut."""
    furnished.stop()
    ways = furnished.run("ip", "-json", "route", "show", "default").stdout
    assert json.loads(ways) == [], "there is a way out"
    up = furnished.open("up", "--no-browser", "--yes")
    try:
        up.prints(r"http://127\.0\.0\.1:\d+\S+token=\S+")
        yield up
    finally:
        up.ends(signal.SIGINT)
        up.close()


def test_every_later_start_works_without_a_network(furnished: Room, later: Session) -> None:
    assert "Building" not in later.text()
    assert "Storing" not in later.text()
    assert "lab/python:3.11, lab/redis:7" in later.text()
    pull = furnished.docker("pull", "localhost:5005/lab/site:1.0")
    assert "Downloaded newer image" in pull


@pytest.mark.long
@pytest.mark.notebook("06", "07")
def test_registries_and_compose_run_without_a_network(
    furnished: Room, later: Session, tmp_path: Path
) -> None:
    """Both pull, push and build; 07 installs Python packages into an image."""
    # buildx leaves two folders behind wherever a Dockerfile comes to it by a pipe.
    done = furnished.lab("run", "06", "07", "--report", str(tmp_path), TMPDIR=str(shared.temporary()))
    assert done.returncode == 0, done.stdout
    assert "2 of 2 ran to their end" in done.stdout
    left = furnished.docker("ps", "--all", "--format", "{{.Names}}").splitlines()
    assert [name for name in left if not name.startswith("lab-registry-")] == []


@pytest.fixture
def small(bare: Room) -> Iterator[Room]:
    """A room whose engine stores on a disk of its own, of 1 GB."""
    disk = bare.places.engine_data
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "lab-test", disk], check=True)
    yield bare
    bare.stop()
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_is_named_and_a_retry_goes_on(small: Room, stock: Stock) -> None:
    """The registry lacks one image, and there is no room to make it."""
    small.start()
    stock.fill(small)
    volumes = small.places.engine_data / "volumes"
    (site,) = volumes.glob("*/_data/docker/registry/v2/repositories/lab/site")
    shutil.rmtree(site)
    ballast = small.places.engine_data / "ballast"
    free = shutil.disk_usage(small.places.engine_data).free
    with ballast.open("wb") as full:
        # Enough is left for the registry's container, too little for an image of 2 MB and a copy of it.
        full.write(b"\0" * (free - 1_000_000))

    done = small.lab("up", "--no-browser", "--yes")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    last = done.stdout.splitlines()[-1]
    assert re.match(r"lab: Could not .*: the disk is full\. Free some disk space", last), done.stdout

    ballast.unlink()
    up = small.open("up", "--no-browser", "--yes")
    try:
        up.prints(r"http://127\.0\.0\.1:\d+\S+token=\S+")
        assert "site" in up.text()
        page = small.docker("run", "--rm", "localhost:5005/lab/site:1.0", "cat", "/srv/template.html")
        assert "Hello from a container" in page
    finally:
        up.ends(signal.SIGINT)
        up.close()
