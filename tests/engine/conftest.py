"""Servers that misbehave, on Unix sockets: what a wrong DOCKER_HOST may lead to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


def accept(server: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    """Hand whoever connects to `serve`, in a thread of its own, until the server is shut down."""

    def listen() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            serve(client)

    threading.Thread(target=listen, daemon=True).start()


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Callable[[bytes | None], str]]:
    """Call it with an answer to have something listen: bytes are sent to whoever connects, None is silence.

    Returns the address as in DOCKER_HOST.
    """
    opened: list[socket.socket] = []

    def listen(answer: bytes | None) -> str:
        path = tmp_path / f"{len(opened)}.sock"
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        server.listen()
        opened.append(server)

        def serve(client: socket.socket) -> None:
            opened.append(client)
            if answer is not None:
                if client.recv(65536):
                    client.sendall(answer)
                client.close()

        accept(server, serve)
        return f"unix://{path}"

    yield listen
    for one in opened:
        # An accept under way ends only by this, not by close.
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
