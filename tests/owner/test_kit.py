"""The class kit: saved here, and all that a machine without a network needs."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import shared
from rooms import Room, room
from support import ROOT, devcontainer

from labhelpers import oci
from labhelpers.notebooks import NOTEBOOKS
from labhelpers.registry.server import ClassRegistry
from labhelpers.sources import open_image
from labhelpers.stock import RECIPES
from labhelpers.wait import wait_until

pytestmark = [pytest.mark.owner, pytest.mark.engine]
# Without the prefix that other rooms are given: what a bare machine has.
BARE = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.fixture(scope="module")
def saved(
    class_registry: ClassRegistry, docker_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A kit of the workshop that the tests run in."""
    path = tmp_path_factory.mktemp("kit") / "class.kit"
    command = [sys.executable, "-m", "labhelpers", "kit", "save", path]
    done = subprocess.run(command, cwd=ROOT, env=docker_env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    digest = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]
    assert f"sha256:{digest}" in done.stdout
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    return path


def test_it_is_an_oci_archive_of_every_image(saved: Path, class_registry: ClassRegistry) -> None:
    with tarfile.open(saved) as tar:
        names = tar.getnames()
        index = json.load(tar.extractfile("index.json"))  # type: ignore[arg-type]
    assert len(names) == len(set(names))
    assert {"oci-layout", "index.json", "manifest.json"} <= set(names)
    images = {one["annotations"][oci.NAME]: one["digest"] for one in index["manifests"]}
    assert list(images) == [recipe.reference for recipe in RECIPES]
    assert open_image(f"oci-archive:{saved}:{RECIPES[-1].reference}", verify=True).layers
    for recipe in RECIPES:
        stored = class_registry.api.image(recipe.repository, recipe.tag)
        assert stored is not None
        assert images[recipe.reference] == stored.digest


@pytest.fixture(scope="module")
def away(prefix: Path, saved: Path) -> Iterator[Room]:
    """Another machine: nothing of the workshop's but a kit that was loaded, and no network."""
    with room(prefix, filled=False) as made:
        assert made.run("ip", "route", "show", "table", "main").stdout == "", "the machine has a way out"
        load = made.lab("kit", "load", str(saved), PATH=BARE)
        found = r"^\d+ images for linux/\w+, \d+ Python packages for 3\.\d+, \d+ packages for \w+\.$"
        assert re.search(found, load.stdout, re.M), load.stdout
        assert load.stdout.splitlines()[-1] == "./lab up now works without a network."
        yield made


def test_with_it_a_bare_machine_needs_no_network(away: Room) -> None:
    up = away.open("up", "--no-browser", "--yes", PATH=BARE)
    try:
        up.prints(r"http://127\.0\.0\.1:\d+\S+token=\S+", 300)
        assert "Building" not in up.text()
        for recipe in RECIPES:
            assert f"{recipe.repository}:{recipe.tag}" in up.text()
        # The engine's programs are those of the kit.
        (daemon,) = away.dockerd()
        assert daemon.exe() == str(away.places.prefix / "usr/sbin/dockerd")
        path = f"{away.places.prefix}/usr/bin:{BARE}"
        python = "localhost:5005/lab/python:3.11"
        page = away.run("docker", "run", "--rm", python, "python", "-c", "print(6*7)", PATH=path).stdout
        assert page.splitlines()[-1] == "42"
        labels = away.run(
            "docker", "image", "inspect", "-f", "{{json .Config.Labels}}", python, PATH=path
        ).stdout
        session = (away.places.data / "session").read_text().strip()
        assert json.loads(labels)["org.labhelpers.workshop"] == session, "another workshop's would be cleaned"
    finally:
        up.ends(signal.SIGINT)
        up.close()


# What a person sees who opens the address that was printed.
_OPEN = """
import sys
from driving import chromium
with chromium() as browser:
    page = browser.new_page()
    page.goto(sys.argv[1])
    page.get_by_role("tab", name="00_start_here.ipynb").wait_for()
    page.get_by_role("heading", name="Start here").first.wait_for()
"""


@pytest.mark.long
def test_the_workshops_own_image_is_built_from_the_kit_and_works(away: Room) -> None:
    """Without a network: from the stock's Python image, with the kit's wheels and packages.

    The commands of the dev container run in it, too, up to what only its registry of features has: there
    Docker-in-Docker brings the engine, here it is the room's.
    """
    assert away.lab("up", "--prepare", "--yes").returncode == 0
    base, socket = "localhost:5005/lab/python:3.11", away.places.socket
    home = away.home / "w"
    (home / "data").mkdir(parents=True)
    # The registry that runs is this workshop's.
    (home / "data/session").write_text((away.places.data / "session").read_text())
    subprocess.run(["chown", "-R", "1000:1000", home], check=True)
    away.docker("pull", "-q", base)
    arguments = [f"--build-arg=BASE={base}", f"--build-context=kit={away.places.kit}", "--network=none"]
    build = ["docker", "build", "-q", *arguments, "-t", "workshop", ROOT]
    away.run(*build, DOCKER_CONFIG=str(away.places.docker_config))

    options = ["--network=host", "--user=1000:1000", f"--group-add={socket.stat().st_gid}"]
    options += [f"--volume={socket}:/var/run/docker.sock", f"--volume={home}:{home}"]
    options += [f"--env=LABHELPERS_HOME={home}"]
    described = devcontainer()
    options += [f"--env={name}={value}" for name, value in described["remoteEnv"].items()]
    # Its first command is the one by which the image got its Python packages, from nothing.
    assert f" {described['onCreateCommand']}\n" in (ROOT / "Dockerfile").read_text()
    prepared = away.docker(
        "run", "--rm", *options, "workshop", "bash", "-c", described["updateContentCommand"]
    )
    assert "Images: lab/base:12, " in prepared
    assert prepared.splitlines()[-1] == f"Your notebooks: {home}/notebooks"

    away.docker("run", "-d", "--name", "workshop-1", *options, "workshop")

    def address() -> str | None:
        found = re.search(r"http://127\S+token=\S+", away.docker("logs", "workshop-1", check=False))
        return found.group() if found else None

    url = wait_until(address, 300, what="the workshop in its container")
    again = away.docker("exec", "workshop-1", "bash", "-c", described["postAttachCommand"])
    assert again.split() == ["The", "workshop", "is", "open", "already", "at", url]
    away.run(sys.executable, "-c", _OPEN, url, PYTHONPATH=str(ROOT / "tests"))
    ran = away.docker("exec", "workshop-1", "./lab", "run", "00", "--report", "/tmp/r")
    assert "1 of 1 ran to their end" in ran
    mounted = f"echo hello > {home}/file && docker run --rm -v {home}/file:/file {base} cat /file"
    assert away.docker("exec", "workshop-1", "sh", "-c", mounted) == "hello"
    healthy = ["inspect", "-f", "{{.State.Health.Status}}", "workshop-1"]
    wait_until(lambda: away.docker(*healthy) == "healthy", 120, what="its health check")


@pytest.mark.long
@pytest.mark.timeout(5400)
def test_every_notebook_runs_without_a_network(away: Room, tmp_path: Path) -> None:
    assert away.lab("up", "--prepare", "--yes").returncode == 0
    # buildx leaves two folders behind wherever a Dockerfile comes to it by a pipe.
    run = away.open("run", "--report", str(tmp_path), TMPDIR=str(shared.temporary()))
    try:
        status = run.ends(timeout=5400)
        print(run.text())
        assert status == 0, run.text()
        solutions = [*NOTEBOOKS.glob("solutions/*.ipynb"), *NOTEBOOKS.glob("slides/*.ipynb")]
        assert f"{len(solutions)} of {len(solutions)} ran to their end." in run.text()
    finally:
        run.close()


def test_a_full_disk_is_named_and_nothing_stays(saved: Path, bare: Room) -> None:
    small = bare.home / "cache"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "lab-test", small], check=True)
    try:
        load = bare.lab("kit", "load", str(saved))
        assert load.returncode == 1
        assert re.search(
            r"^lab: Could not load the kit .*: it needs .* are free in .*\. Free some", load.stdout, re.M
        )
        assert not list(small.iterdir())
    finally:
        subprocess.run(["umount", "-l", small], check=True)
