"""The real Compose on a real engine: what it does, and what it says when that fails."""

from __future__ import annotations

import secrets
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labhelpers.compose import Project
from labhelpers.engine import Engine
from labhelpers.engine.clean import clean
from labhelpers.errors import ComposeError, LabError, UsageError
from labhelpers.labels import COMPOSE_PROJECT, WORKSHOP

pytestmark = pytest.mark.engine
BUSYBOX = "localhost:5005/lab/busybox:1"
Make = Callable[[str], Project]


@pytest.fixture
def name() -> str:
    """The project's name; all that it makes is labelled with it, by Compose."""
    return f"labtest-{secrets.token_hex(4)}-27"


@pytest.fixture
def left(docker_env: dict[str, str], name: str) -> Iterator[Callable[[], set[str]]]:
    """Says what of the project is in the engine. Removes it at the end."""

    def docker(*words: str) -> list[str]:
        return subprocess.run(
            ["docker", *words], env=docker_env, capture_output=True, text=True
        ).stdout.split()

    ours = ("--filter", f"label={COMPOSE_PROJECT}={name}", "--format")

    def found() -> set[str]:
        containers = docker("ps", "--all", *ours, "{{.Names}}")
        return {
            *containers,
            *docker("network", "ls", *ours, "{{.Name}}"),
            *docker("volume", "ls", *ours, "{{.Name}}"),
        }

    yield found
    for container in docker("ps", "--all", *ours, "{{.Names}}"):
        docker("rm", "--force", "--volumes", container)
    for kind in ("network", "volume"):
        for one in docker(kind, "ls", *ours, "{{.Name}}"):
            docker(kind, "rm", one)


@pytest.fixture
def make(tmp_path: Path, docker_env: dict[str, str], name: str, left: object) -> Make:
    """Writes a Compose file (what stands below `services:` and after) and returns its project."""

    def written(text: str) -> Project:
        (tmp_path / "compose.yaml").write_text(f"name: {name}\nservices:\n{text}")
        return Project(tmp_path, env=docker_env)

    return written


COUNT = f"""
  web:
    image: {BUSYBOX}
    init: true
    command: sh -c 'echo "hello from $$HOSTNAME"; sleep 900'
    depends_on:
      store: {{condition: service_healthy}}
  store:
    image: {BUSYBOX}
    init: true
    command: sleep 900
    healthcheck: {{test: ["CMD", "test", "-d", "/data"], interval: 1s}}
    volumes: ["kept:/data"]
volumes:
  kept:
"""


def test_a_project_from_up_to_down(make: Make, name: str, left: Callable[[], set[str]]) -> None:
    project = make(COUNT)
    assert [service.name for service in project.config().services] == ["web", "store"]
    assert "- web: not there; " in repr(project.picture())

    picture = project.up()
    assert [state.words for state in picture.states] == ["running, healthy", "running"]
    assert project.exec("web", "nslookup", "store").count("Address") > 1, "a service's name leads to it"
    assert any("hello from" in line for line in project.logs("web"))
    assert project.exec("store", "sh", "-c", "echo kept > /data/note; cat /data/note") == "kept\n"

    assert len([state for state in project.scale(web=2).states if state.service == "web"]) == 2
    assert left() == {
        f"{name}-web-1",
        f"{name}-web-2",
        f"{name}-store-1",
        f"{name}_default",
        f"{name}_kept",
    }
    project.down()
    assert left() == {f"{name}_kept"}
    project.up()
    assert project.exec("store", "cat", "/data/note") == "kept\n"
    project.down(volumes=True)
    assert left() == set()


def test_logs_come_as_they_are_printed(make: Make) -> None:
    project = make(
        f"  web:\n    image: {BUSYBOX}\n    init: true\n    command: sh -c 'echo first; sleep 900'\n"
    )
    project.up()
    following = project.logs("web", follow=True)
    # The container still runs: a reader that waited for its end would wait for ever.
    assert "first" in next(line for line in following if line.strip())
    following.close()  # type: ignore[attr-defined]
    project.down()


def failure(project: Project) -> LabError:
    with pytest.raises(ComposeError) as caught:
        project.up(wait=30)
    return caught.value


def test_a_port_that_is_taken(make: Make, left: Callable[[], set[str]]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        project = make(
            f"  web:\n    image: {BUSYBOX}\n    command: httpd -f\n    ports: ['127.0.0.1:{port}:80']\n"
        )
        error = failure(project)
    assert "already" in error.found, "Compose's own words"
    assert f"Something has port {port} already" in error.fix
    assert left() == set()


def test_an_image_that_nobody_has(make: Make, left: Callable[[], set[str]]) -> None:
    error = failure(make("  web:\n    image: localhost:5005/lab/nothing:1\n"))
    assert "localhost:5005/lab/nothing:1" in error.message
    assert "look at its name and tag" in error.fix
    assert left() == set()


@pytest.mark.parametrize(
    ("text", "said", "advice"),
    [
        (f"  web:\n\timage: {BUSYBOX}\n", "yaml", "Look at line "),
        (f"  app:\n    build:\n      image: {BUSYBOX}\n", "image", "`services.app.build` has no key `image`"),
        (f"  web:\n    image: {BUSYBOX}\n    volumes: ['kept:/data']\n", "kept", "Declare `kept`"),
        (f"  web:\n    image: {BUSYBOX}\n    depends_on: [store]\n", "store", "is called `store`"),
    ],
)
def test_a_file_that_compose_refuses(
    make: Make, left: Callable[[], set[str]], text: str, said: str, advice: str
) -> None:
    error = failure(make(text))
    assert said in error.found
    assert advice in error.fix
    assert "compose.yaml" in error.message
    assert left() == set()


def test_a_service_that_ends_at_once(make: Make, left: Callable[[], set[str]]) -> None:
    text = f"  web:\n    image: {BUSYBOX}\n    command: sh -c 'echo no configuration; exit 3'\n"
    error = failure(make(text))
    assert "web ended by itself (exited with code 3)" in error.fix
    assert "no configuration" in error.log
    assert left() == set()


def test_a_service_that_is_never_healthy(make: Make, left: Callable[[], set[str]]) -> None:
    check = '{test: ["CMD-SHELL", "echo the page is empty; exit 1"], interval: 1s, retries: 1}'
    text = f"""
  web:
    image: {BUSYBOX}
    init: true
    command: sleep 900
    healthcheck: {check}
  late:
    image: {BUSYBOX}
    command: sleep 900
    depends_on: {{web: {{condition: service_healthy}}}}
"""
    error = failure(make(text))
    assert "web runs, but its health check does not pass" in error.fix
    assert "the page is empty" in error.log
    assert left() == set()


def test_what_ran_before_a_failure_stays(make: Make, name: str, left: Callable[[], set[str]]) -> None:
    one = f"  web:\n    image: {BUSYBOX}\n    init: true\n    command: sleep 900\n"
    make(one).up()
    failure(make(f"{one}  bad:\n    image: {BUSYBOX}\n    command: 'false'\n"))
    assert {f"{name}-web-1", f"{name}_default"} <= left()


def test_a_failed_start_can_be_kept_to_look_at_it(
    make: Make, name: str, left: Callable[[], set[str]]
) -> None:
    project = make(f"  web:\n    image: {BUSYBOX}\n    command: 'false'\n")
    with pytest.raises(ComposeError):
        project.up(keep=True)
    assert f"{name}-web-1" in left()


@pytest.mark.parametrize("path", ["", "nothing.yaml"])
def test_a_folder_without_a_file(tmp_path: Path, path: str) -> None:
    with pytest.raises(UsageError, match=r"Name a folder that holds a compose\.yaml"):
        Project(tmp_path / path)


def test_a_file_beside_is_merged_as_compose_does_it(make: Make, tmp_path: Path) -> None:
    make(f"  web:\n    image: {BUSYBOX}\n")
    (tmp_path / "compose.override.yaml").write_text("services:\n  web:\n    restart: always\n")
    project = Project(tmp_path, env=make("  web:\n    image: x\n")._env)
    assert project.config().services[0].restart == "always"
    assert "compose.override.yaml" in project.command("up")


def test_cleaning_knows_what_compose_made(
    make: Make, name: str, engine: Engine, left: Callable[[], set[str]]
) -> None:
    """Networks and volumes of a project carry our label only where its file says so."""
    mine = f"    labels: ['{WORKSHOP}={name}']\n"
    make(COUNT.replace("    init: true\n", f"    init: true\n{mine}")).up()
    assert len(left()) == 4
    removed = clean(engine, name)
    assert (removed.networks, removed.volumes) == ([f"{name}_default"], [f"{name}_kept"])
    assert left() == set()


def test_cleaning_leaves_a_project_that_others_share(
    make: Make, name: str, engine: Engine, left: Callable[[], set[str]]
) -> None:
    mine = f"    labels: ['{WORKSHOP}={name}']\n"
    make(COUNT.replace("    init: true\n", f"    init: true\n{mine}", 1)).up()
    clean(engine, name)
    assert left() == {f"{name}-store-1", f"{name}_default", f"{name}_kept"}
