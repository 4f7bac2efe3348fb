"""The stock, really pulled from the class registry and run. Without a network: `--network none`."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Callable, Iterator

import pytest

from labhelpers.labels import ROLE, WORKSHOP
from labhelpers.registry.server import ClassRegistry
from labhelpers.stock import RECIPES
from labhelpers.stock.build import missing
from labhelpers.wait import wait_until

pytestmark = pytest.mark.engine
Docker = Callable[..., str]
REFERENCE = {recipe.name: recipe.reference for recipe in RECIPES}


@pytest.fixture(scope="module")
def docker(docker_env: dict[str, str]) -> Docker:
    """Runs `docker …` and returns what it prints, both outputs."""

    def run(*words: str, text: str = "") -> str:
        done = subprocess.run(
            ["docker", *words],
            env=docker_env,
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout.strip()

    for name in ("python", "redis", "busybox", "site"):
        run("pull", "-q", REFERENCE[name])
    return run


@pytest.fixture
def name(docker: Docker) -> Iterator[str]:
    """A name for a container, which is removed in the end."""
    chosen = f"labtest-{secrets.token_hex(4)}"
    yield chosen
    for container in docker("ps", "-aq", "--filter", f"name={chosen}").split():
        docker("rm", "-fv", container)


def test_the_class_registry_holds_it_all(class_registry: ClassRegistry) -> None:
    assert missing(class_registry) == []
    assert {f"{recipe.repository}:{recipe.tag}" for recipe in RECIPES} <= set(class_registry.tags())


def test_python_installs_flask_without_a_network(docker: Docker) -> None:
    script = "pip install -q flask && python -c 'import flask, sys; print(sys.version_info[:2])'"
    assert docker("run", "--rm", "--network", "none", REFERENCE["python"], "sh", "-c", script) == "(3, 11)"


def test_every_package_of_the_lessons_installs_without_a_network(docker: Docker) -> None:
    script = "pip install -q gunicorn requests redis && pip check"
    out = docker("run", "--rm", "--network", "none", REFERENCE["python"], "sh", "-c", script)
    assert out == "No broken requirements found."


def test_redis_answers_and_is_version_7(docker: Docker, name: str) -> None:
    docker("run", "-d", "--network", "none", "--name", name, REFERENCE["redis"])

    def answer() -> bool:
        script = "redis-cli ping || true"
        return docker("exec", name, "sh", "-c", script) == "PONG"

    wait_until(answer, 30, what="redis", log=lambda: docker("logs", name))
    assert "redis_version:7." in docker("exec", name, "redis-cli", "info", "server")
    assert docker("exec", name, "id", "-un") == "redis", "not root"
    docker("stop", "-t", "20", name)
    assert docker("inspect", "-f", "{{.State.ExitCode}}", name) == "0"


def test_busybox_is_one_program_with_many_names(docker: Docker) -> None:
    run = ["run", "--rm", "--network", "none", REFERENCE["busybox"]]
    assert docker(*run, "echo", "hello") == "hello"
    assert "BusyBox v1." in docker(*run, "busybox")
    assert docker(*run, "sh", "-c", "which wget vi httpd | wc -l") == "3"


def test_the_site_shows_its_author_as_text(docker: Docker, name: str) -> None:
    author = "<b>A & B</b> \\1 %s $HOME @AUTHOR@"
    docker("run", "-d", "--network", "none", "--name", name, "-e", f"AUTHOR={author}", REFERENCE["site"])

    def page() -> str:
        return docker("exec", name, "sh", "-c", "wget -qO- http://127.0.0.1/ 2>/dev/null || true")

    text = wait_until(page, 30, what="the page", log=lambda: docker("logs", name))
    assert "<p>Author: &lt;b&gt;A &amp; B&lt;/b&gt; \\1 %s $HOME @AUTHOR@</p>" in text
    where = docker("exec", name, "wget", "-qO-", "http://127.0.0.1/cgi-bin/whoami")
    assert where == docker("exec", name, "hostname")


def test_the_site_stops_when_it_is_asked_to(docker: Docker, name: str) -> None:
    """Its exit status tells: 137 would be an engine that lost its patience after 60 seconds."""
    docker("run", "-d", "--network", "none", "--name", name, REFERENCE["site"])
    wait_until(lambda: "Serving a page" in docker("logs", name), 30, what="the site")
    docker("stop", "-t", "60", name)
    assert docker("inspect", "-f", "{{.State.ExitCode}}", name) == "0"
    assert "Asked to stop" in docker("logs", name)


def test_labels_come_with_containers_and_images_built_on_it(
    docker: Docker, name: str, class_registry: ClassRegistry
) -> None:
    docker("create", "--name", name, REFERENCE["busybox"])
    labels = json.loads(docker("inspect", "-f", "{{json .Config.Labels}}", name))
    assert (labels[WORKSHOP], labels[ROLE]) == (class_registry.session, "stock")
    docker("build", "-q", "-t", name, "-", text=f"FROM {REFERENCE['busybox']}\nENV X=1\n")
    try:
        labels = json.loads(docker("inspect", "-f", "{{json .Config.Labels}}", f"{name}:latest"))
        assert labels[WORKSHOP] == class_registry.session
    finally:
        docker("rmi", f"{name}:latest")
