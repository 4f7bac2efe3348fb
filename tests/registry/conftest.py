"""What the tests of registries share: ports, an image of their own, registries that are gone afterwards."""

from __future__ import annotations

import secrets
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labhelpers import Registry
from labhelpers.engine import Engine

SITE = "localhost:5005/lab/site:1.0"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port where this process listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def free() -> int:
    """A port where nobody listens."""
    return free_port()


@pytest.fixture
def make(engine: Engine) -> Iterator[Callable[..., Registry]]:
    """Makes registries with a name and a port of their own; they are gone after the test."""
    made: list[Registry] = []

    def make(**options: object) -> Registry:
        port = options.pop("port", None) or free_port()
        made.append(Registry(f"registry-test-{secrets.token_hex(4)}", port=port, engine=engine, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def image(docker_env: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Builds an image on top of the stock's site, with files of its own, under a name; it is gone after."""
    made: list[str] = []

    def image(name: str, **files: bytes) -> str:
        folder = tmp_path / secrets.token_hex(4)
        folder.mkdir()
        for path, content in files.items():
            (folder / path).write_bytes(content)
        copies = "\n".join(f"COPY {path} /{path}" for path in files)
        (folder / "Dockerfile").write_text(f"FROM {SITE}\n{copies}\n")
        label = f"--label={docker_env['LAB_LABEL']}"
        command = ["docker", "build", "-q", "--provenance=false", label, "-t", name, str(folder)]
        subprocess.run(command, env=docker_env, check=True, capture_output=True)
        made.append(name)
        return name

    yield image
    subprocess.run(["docker", "image", "rm", "-f", *made], env=docker_env, check=False, capture_output=True)
