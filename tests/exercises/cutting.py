"""A socket in front of the engine's that goes away after so many requests, as a stopped engine does."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from pathlib import Path

_REQUEST = re.compile(rb"^[A-Z]+ \S+ HTTP/1\.[01]\r$", re.MULTILINE)


class CuttingSocket:
    """Passes everything on to the Unix socket `engine`, until request number `cut` comes: then it is gone.

    `cut`: None never cuts. `requests`: how many there were so far.
    """

    def __init__(self, path: Path, engine: str, cut: int | None = None) -> None:
        self.path, self.engine, self.cut = path, engine.removeprefix("unix://"), cut
        self.requests = 0
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(32)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def host(self) -> str:
        return f"unix://{self.path}"

    def close(self) -> None:
        self._gone()
        for thread in self._threads:
            thread.join(10)

    def _gone(self) -> None:
        self.path.unlink(missing_ok=True)
        with self._lock:
            ends, self._open = [self._server, *self._open], []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(self.engine)
            except OSError:
                return
            with self._lock:
                self._open += [client, engine]
            for source, sink, counted in ((client, engine, True), (engine, client, False)):
                thread = threading.Thread(target=self._pass_on, args=(source, sink, counted), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if counted:
                    self.requests += len(_REQUEST.findall(data))
                    if self.cut is not None and self.requests >= self.cut:
                        self._gone()
                        return
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)  # the other direction may go on: a command's output, for instance
