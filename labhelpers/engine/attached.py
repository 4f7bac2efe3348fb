"""A container whose output is read while it runs, each line with the moment at which it came."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from docker.utils.socket import frames_iter

from labhelpers.engine.client import Engine, engine_errors
from labhelpers.engine.limits import used_memory
from labhelpers.engine.owned import labels
from labhelpers.errors import EngineError, WaitTimeout
from labhelpers.wait import wait_until

# What is kept of an output, in lines: a program that never stops printing must not fill the memory.
_KEPT = 4000
_LONGEST = 4096
_PATIENCE = 60.0


class Line(NamedTuple):
    """One line of output, and when it came: seconds of this process's monotonic clock."""

    at: float
    text: str


class Attached:
    """A container, created but not started, with its output attached before its first byte.

    `options`: what the SDK's containers.create takes. Use it as a context manager: leaving it removes the
    container, whatever state it is in. One that ended by itself is removed by the engine, and what
    is there when this process is killed, by the watcher. `started`: when the engine was asked to start it.
    """

    def __init__(self, engine: Engine, image: str, *, tried: str, **options: Any) -> None:
        self._tried = tried
        self._lines: list[Line] = []
        self._dropped = 0
        self._ended = False
        self._changed = threading.Condition()
        self._reader: threading.Thread | None = None
        self.started = 0.0
        with engine_errors(tried):
            self.container: Any = engine.api.containers.create(
                image, auto_remove=True, labels=labels(), **options
            )

    def __enter__(self) -> Attached:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def put(self, path: str, archive: Any) -> None:
        """Copy a tar archive (bytes or an open file) into a folder of it."""
        with engine_errors(self._tried):
            self.container.put_archive(path, archive)

    def start(self) -> None:
        """Attach to the output, then start. `EngineError` with the engine's reason where it cannot."""
        with engine_errors(self._tried):
            output = self.container.attach_socket(params={"stdout": 1, "stderr": 1, "stream": 1})
            self._reader = threading.Thread(target=self._read, args=(output,), daemon=True)
            self._reader.start()
            self.started = time.monotonic()
            self.container.start()

    def _read(self, output: Any) -> None:
        # The SDK hands out a file around the connection, and closes neither.
        connection = getattr(output, "_sock", None)
        rest = b""
        # A connection that breaks is an end like any other: whoever waits finds no more lines.
        with contextlib.suppress(Exception):
            for _, chunk in frames_iter(output, tty=False):  # type: ignore[no-untyped-call]
                at = time.monotonic()
                *whole, rest = (rest + chunk).split(b"\n")
                self._add([Line(at, _text(line)) for line in whole])
                rest = rest[-_LONGEST:]
        with contextlib.suppress(Exception):
            output.close()
            if connection is not None:
                connection.close()
        with self._changed:
            if rest:
                self._lines.append(Line(time.monotonic(), _text(rest)))
            self._ended = True
            self._changed.notify_all()

    def _add(self, lines: list[Line]) -> None:
        with self._changed:
            self._lines += lines
            excess = max(0, len(self._lines) - _KEPT)
            del self._lines[:excess]
            self._dropped += excess
            self._changed.notify_all()

    @property
    def lines(self) -> list[Line]:
        """What it printed so far, both outputs in one; of a very long output the end."""
        with self._changed:
            return list(self._lines)

    def line(self, matches: Callable[[str], bool], deadline: float) -> Line | None:
        """The first line that matches, as soon as it comes; None when the output ends or `deadline` passes.

        `deadline`: a moment of the monotonic clock.
        """
        seen = 0  # counted with those that were dropped
        with self._changed:
            while True:
                fresh = self._lines[max(0, seen - self._dropped) :]
                for line in fresh:
                    if matches(line.text):
                        return line
                seen = self._dropped + len(self._lines)
                if self._ended or not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    return None

    def ended(self, deadline: float) -> bool:
        """Wait for the end of its output, at most until `deadline`; whether it came."""
        with self._changed:
            return self._changed.wait_for(lambda: self._ended, max(0.0, deadline - time.monotonic()))

    def memory(self) -> int:
        """The memory of its control group in bytes, without files that are only cached.

        As `docker stats` counts: usage less the inactive file cache.
        """
        with engine_errors("measure a container"):
            stats: Mapping[str, Any] = self.container.stats(stream=False, one_shot=True)
        return used_memory(stats)

    def processes(self) -> list[tuple[str, int]]:
        """Its processes as the host sees them: (name, resident memory in bytes).

        Pages that processes share are counted in each of them.
        """
        with engine_errors("list a container's processes"):
            found = self.container.top(ps_args="-eo pid,rss,comm")
        titles = [title.lower() for title in found["Titles"]]
        memory, name = titles.index("rss"), titles.index("command")
        return [(str(row[name]), int(row[memory]) * 1024) for row in found["Processes"]]

    def remove(self) -> None:
        """Remove it, running or not, and wait until it is gone."""
        # The engine may be at it already, because it ended; or be gone itself.
        with contextlib.suppress(EngineError), engine_errors("remove a container"):
            self.container.remove(force=True, v=True)
        if self._reader:
            self._reader.join(_PATIENCE)
        with contextlib.suppress(WaitTimeout):
            wait_until(self._gone, _PATIENCE, what="the removal of a container")

    def _gone(self) -> bool:
        try:
            with engine_errors("look for a container"):
                self.container.reload()
        except EngineError:
            return True
        return False


def _text(raw: bytes) -> str:
    return raw[:_LONGEST].decode(errors="replace").rstrip("\r")
