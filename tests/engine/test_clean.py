"""Cleaning in a real engine: by label, and nothing else. With a session of the test's own."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable, Iterator

import pytest

from labhelpers.engine import Engine
from labhelpers.engine.clean import clean
from labhelpers.labels import WORKSHOP

pytestmark = pytest.mark.engine
BUSYBOX = "localhost:5005/lab/busybox:1"
Docker = Callable[..., str]


@pytest.fixture(scope="module")
def docker(docker_env: dict[str, str]) -> Docker:
    """Runs `docker …` and returns what it prints."""

    def run(*words: str, text: str = "", check: bool = True) -> str:
        done = subprocess.run(["docker", *words], env=docker_env, input=text, capture_output=True, text=True)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip()

    run("pull", "-q", BUSYBOX)
    return run


@pytest.fixture
def session(docker: Docker) -> Iterator[str]:
    """A session of this test's own; also the prefix of all names. All of that prefix goes at the end."""
    name = f"labtest-{secrets.token_hex(4)}"
    yield name
    for container in docker("ps", "-aq", "--filter", f"name={name}").split():
        docker("rm", "-fv", container, check=False)
    for kind in ("network", "volume"):
        for one in docker(kind, "ls", "-q", "--filter", f"name={name}").split():
            docker(kind, "rm", one, check=False)
    for image in docker("images", "-q", "--filter", f"reference={name}*").split():
        docker("rmi", "-f", image, check=False)


def everything(docker: Docker, session: str) -> set[str]:
    """Names of all that this test made and that is still there."""
    found = docker("ps", "-a", "--format", "{{.Names}}", "--filter", f"name={session}").split()
    for kind in ("network", "volume"):
        found += docker(kind, "ls", "--format", "{{.Name}}", "--filter", f"name={session}").split()
    pattern = "{{.Repository}}:{{.Tag}}"
    return {*found, *docker("images", "--format", pattern, "--filter", f"reference={session}*").split()}


def make(docker: Docker, prefix: str, label: str) -> set[str]:
    """One of each kind with this label (or none), named after the prefix."""
    labels = ["--label", label] if label else []
    change = ["--change", f"LABEL {label}"] if label else []
    docker("import", *change, "-", f"{prefix}-image:1", text="")
    docker("volume", "create", *labels, f"{prefix}-volume")
    docker("network", "create", *labels, f"{prefix}-network")
    mounts = ["-v", f"{prefix}-volume:/v", "-v", "/anonymous"]
    docker("run", "-d", "--name", f"{prefix}-one", *labels, *mounts, BUSYBOX, "sleep", "600")
    return {f"{prefix}-{name}" for name in ("image:1", "volume", "network", "one")}


def test_only_what_has_the_label_of_this_session_goes(docker: Docker, engine: Engine, session: str) -> None:
    ours = make(docker, f"{session}-a", f"{WORKSHOP}={session}")
    foreign = make(docker, f"{session}-b", "")
    others = make(docker, f"{session}-c", f"{WORKSHOP}={session}0")
    others |= make(docker, f"{session}-d", f"other={session}")
    mounted = "{{range .Mounts}}{{.Name}} {{end}}"
    anonymous = {v for v in docker("inspect", "-f", mounted, f"{session}-a-one").split() if session not in v}
    assert len(anonymous) == 1
    assert everything(docker, session) == ours | foreign | others

    removed = clean(engine, session)

    assert everything(docker, session) == foreign | others
    assert removed.kept == []
    assert {*removed.containers, *removed.networks, *removed.volumes, *removed.images} == ours
    assert str(removed) == "1 container, 1 network, 1 volume, 1 image"
    assert not anonymous & set(docker("volume", "ls", "-q").split()), "it was this container's alone"
    assert docker("inspect", "-f", "{{.State.Running}}", f"{session}-b-one") == "true"
    assert str(clean(engine, session)) == "0 containers, 0 networks, 0 volumes, 0 images"


def test_what_something_foreign_uses_is_kept_and_named(docker: Docker, engine: Engine, session: str) -> None:
    label = f"{WORKSHOP}={session}"
    docker("volume", "create", "--label", label, f"{session}-volume")
    docker("network", "create", "--label", label, f"{session}-network")
    docker("build", "-q", "--label", label, "-t", f"{session}-image:1", "-", text=f"FROM {BUSYBOX}\n")
    words = ["-v", f"{session}-volume:/v", "--network", f"{session}-network"]
    docker("run", "-d", "--name", f"{session}-theirs", *words, BUSYBOX, "sleep", "600")
    # Its image's label comes with a container; this one's says that it is somebody else's.
    docker("create", "--label", f"{WORKSHOP}=", "--name", f"{session}-user", f"{session}-image:1")
    before = everything(docker, session)

    removed = clean(engine, session)

    assert everything(docker, session) == before
    assert sorted(line.split(": ")[0].split(":")[0] for line in removed.kept) == [
        f"{session}-{kind}" for kind in ("image", "network", "volume")
    ]
    assert all("use" in line or "using" in line or "endpoints" in line for line in removed.kept), removed.kept


def test_images_go_before_those_they_are_built_on(docker: Docker, engine: Engine, session: str) -> None:
    label = f"{WORKSHOP}={session}"
    docker("import", "--change", f"LABEL {label}", "-", f"{session}-one:1", text="")
    for child, parent in (("two", "one"), ("three", "two")):
        text = f"FROM {session}-{parent}:1\nENV X={child}\n"
        docker("build", "-q", "-t", f"{session}-{child}:1", "-", text=text)
    docker("tag", f"{session}-three:1", f"{session}-other:1")
    assert len(everything(docker, session)) == 4
    removed = clean(engine, session)
    assert everything(docker, session) == set()
    assert removed.kept == []
    assert len(removed.images) == 4, "an image built on one of the workshop's is the workshop's"
