"""Images out of an engine: the same over its socket and over TCP; what is no engine is said to be none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from engine.conftest import accept

from labhelpers.analysis.waste import analyse
from labhelpers.engine import Engine
from labhelpers.errors import EngineError, EngineUnreachable, ImageError
from labhelpers.report import analysis_report
from labhelpers.sources import open_image
from labhelpers.sources.socket import SocketImages

IMAGE = "localhost:5005/lab/busybox:1"


@pytest.fixture
def over_tcp(engine: Engine) -> Iterator[str]:
    """The address of a port that leads to the engine's socket."""
    path = engine.host.removeprefix("unix://")
    server = socket.create_server(("127.0.0.1", 0))

    def copy(source: socket.socket, target: socket.socket) -> None:
        with source, target:
            while data := source.recv(1 << 16):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve(client: socket.socket) -> None:
        inner = socket.socket(socket.AF_UNIX)
        inner.connect(path)
        for pair in ((client.dup(), inner.dup()), (inner, client)):
            threading.Thread(target=copy, args=pair, daemon=True).start()

    accept(server, serve)
    yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
    server.shutdown(socket.SHUT_RDWR)
    server.close()


@pytest.mark.engine
def test_every_way_to_an_engine_gives_the_same(
    engine: Engine, over_tcp: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.api.images.pull(IMAGE)
    reports = []
    for host in (engine.host, None, over_tcp):  # named, looked for, and not on a socket
        if host is None:
            monkeypatch.delenv("DOCKER_HOST", raising=False)
        else:
            monkeypatch.setenv("DOCKER_HOST", host)
        image = open_image(f"docker-daemon:{IMAGE}", verify=True)
        reports.append(analysis_report(analyse(image)))
    assert reports[0]["reference"] == IMAGE
    assert reports[1:] == reports[:1] * 2


@pytest.mark.engine
@pytest.mark.parametrize("transport", ["socket", "tcp"])
def test_an_image_that_is_not_there(
    engine: Engine, over_tcp: str, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.host if transport == "socket" else over_tcp)
    with pytest.raises(ImageError, match=r"has none of that name.*docker://NAME"):
        open_image("docker-daemon:lab/nobody-has-this:1")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n<html>",
        b"HTTP/1.1 200 OK\r\n\r\n[]",
    ],
    ids=["hangs-up", "ssh", "html", "list"],
)
def test_what_listens_and_is_no_engine(answer: bytes, listener: Callable[[bytes | None], str]) -> None:
    path = listener(answer).removeprefix("unix://")
    with pytest.raises(EngineUnreachable, match=r"not a container engine.*DOCKER_HOST") as caught:
        SocketImages(path).inspect_image("x")
    assert path in caught.value.message


def test_an_engine_in_trouble(listener: Callable[[bytes | None], str]) -> None:
    path = listener(b"HTTP/1.0 500 Internal Server Error\r\n\r\n{}").removeprefix("unix://")
    with pytest.raises(EngineError, match="status 500"):
        SocketImages(path).inspect_image("x")


def test_nobody_listens() -> None:
    with pytest.raises(EngineUnreachable, match="No such file"):
        SocketImages("/nowhere/docker.sock").inspect_image("x")


def test_an_engine_that_says_nothing(
    listener: Callable[[bytes | None], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labhelpers.sources.socket._PATIENCE", 0.05)
    with pytest.raises(EngineUnreachable, match="has not answered"):
        SocketImages(listener(None).removeprefix("unix://")).inspect_image("x")


def test_an_image_that_breaks_off(
    listener: Callable[[bytes | None], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes to both questions: JSON to the first, to the second no whole archive."""
    monkeypatch.setenv("DOCKER_HOST", listener(b"HTTP/1.0 200 OK\r\n\r\n{}"))
    with pytest.raises(ImageError, match="Try again"):
        open_image("docker-daemon:x:1")
