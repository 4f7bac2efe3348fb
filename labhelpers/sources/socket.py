"""An engine's images over its Unix socket, which is where nearly every engine listens.

The same two requests as `labhelpers.engine.export`, without the SDK and without `http.client`: importing
those costs a quarter of a second and some 40 ms, and what they do for each chunk slows the engine down.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from labhelpers.errors import EngineError, EngineUnreachable, ImageError

_PATIENCE = 120.0  # seconds without a byte
# Seconds and microseconds: to be let in, and after which a chunk that is not full is taken as it is.
_WAITING = struct.pack("ll", 120, 0)
_FILLING = struct.pack("ll", 0, 20_000)
_CHUNK = 1 << 20
_HEAD = 1 << 16
_END = b"\r\n\r\n"


class SocketImages:
    """The images of the engine that listens at a path. `origin`: where the path comes from, in words."""

    def __init__(self, path: str, origin: str = "DOCKER_HOST") -> None:
        self._path = path
        self._origin = origin

    def inspect_image(self, name: str) -> dict[str, Any]:
        """What the engine says of an image. `ImageError` if it has none of that name; `EngineError` else."""
        data = b"".join(self._get(name, "json"))
        try:
            found = json.loads(data)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self._unreachable("it is not a container engine")
        return found

    def save(self, reference: str) -> Iterator[bytes]:
        """The image as `docker save` writes it, in chunks of bytes."""
        return self._get(reference, "get")

    def _get(self, name: str, what: str) -> Iterator[bytes]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                # The kernel keeps the time, not Python, so that MSG_WAITALL can fill a whole chunk.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _FILLING)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _WAITING)
                connection.connect(self._path)
                # HTTP 1.0: an answer in one piece until the engine closes. Version 1.1 would cut it into
                # pieces of 32 KiB. One that breaks off is noticed by who reads it: an archive says where it
                # ends.
                path = f"/images/{quote(name, safe='/:@')}/{what}"
                connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
                head = b""
                while _END not in head and len(head) < _HEAD and (more := _receive(connection, _HEAD)):
                    head += more
                head, _, body = head.partition(_END)
                self._check(head, name)
                yield body
                while chunk := _receive(connection, _CHUNK, socket.MSG_WAITALL):
                    yield chunk
        except TimeoutError as error:
            raise self._unreachable(f"it has not answered for {_PATIENCE:g} seconds") from error
        except OSError as error:
            raise self._unreachable(error.strerror or type(error).__name__) from error

    def _check(self, head: bytes, name: str) -> None:
        """Look at an answer's first line: "HTTP/1.0 200 OK"."""
        words = head.split(None, 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
            raise self._unreachable("it is not a container engine")
        if words[1] == b"404":
            raise ImageError(
                f"read the image {name}",
                f"the engine at unix://{self._path} has none of that name",
                "Pull or build it first, give a file, or read it from its registry with docker://NAME.",
            )
        if words[1] != b"200":
            raise EngineError(
                f"read the image {name}",
                f"the engine answers with status {words[1].decode()}",
                "Run ./lab doctor.",
            )

    def _unreachable(self, found: str) -> EngineUnreachable:
        return EngineUnreachable(
            f"reach the engine at unix://{self._path} ({self._origin})",
            found,
            "Start it, or correct DOCKER_HOST." if self._origin == "DOCKER_HOST" else "Run ./lab doctor.",
        )


def _receive(connection: socket.socket, size: int, flags: int = 0) -> bytes:
    """What has come, `size` bytes at most; b"" at the end. `TimeoutError` if nothing does."""
    given_up = time.monotonic() + _PATIENCE
    while True:
        try:
            return connection.recv(size, flags)
        except BlockingIOError:
            if time.monotonic() > given_up:
                raise TimeoutError from None
