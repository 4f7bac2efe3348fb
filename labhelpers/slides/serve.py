"""Slides on this machine's own address, shown anew when their source changes."""

from __future__ import annotations

import time
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from labhelpers.errors import LabError, PortTaken
from labhelpers.places import Places
from labhelpers.slides.page import reloads
from labhelpers.slides.source import Source

_EVERY = 0.5  # seconds between two looks at the files
_STILL_THERE = 20  # looks after which a page that has gone is noticed


class Server(ThreadingHTTPServer):
    """Serves one set of slides at 127.0.0.1, and tells its pages when they are out of date.

    `port`: 0 takes a free one; the one that was taken is in `server_port`. Raises PortTaken.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, source: Source, where: Places, *, port: int, theme: str) -> None:
        self.source, self.where, self.theme = source, where, theme
        self.page(source.stamp())  # what is wrong with it is said here, not in a browser
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as taken:
            raise PortTaken(
                f"show the slides at port {port}", taken.strerror or str(taken), "Choose another with --port."
            ) from taken

    @property
    def url(self) -> str:
        """Where the slides are."""
        return f"http://127.0.0.1:{self.server_port}/"

    def page(self, since: str) -> str:
        """The page as its sources are now. `since`: their state; the page is told when it is another."""
        return self.source.page(self.where, theme=self.theme, since=since)


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        """The page, or the line over which it hears of changes."""
        asked = urlsplit(self.path)
        if asked.path == "/changed":
            self._tell(parse_qs(asked.query).get("since", [""])[0])
        elif asked.path == "/":
            since = self.server.source.stamp()
            try:
                self._send(200, "text/html", self.server.page(since))
            except LabError as error:  # in the middle of an edit, perhaps: the next state is tried by itself
                said = f"<pre>{escape(error.message)}</pre><script>{reloads(since)}</script>"
                self._send(500, "text/html", said)
        else:
            self._send(404, "text/plain", "There are only the slides, at /.")

    def _send(self, status: int, kind: str, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def _tell(self, since: str) -> None:
        """Keep the line open until the sources are no longer as `since`, or nobody listens any more."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        looks = 0
        try:
            while self.server.source.stamp() == since:
                looks += 1
                if looks % _STILL_THERE == 0:
                    self.wfile.write(b": still here\n\n")
                time.sleep(_EVERY)
            self.wfile.write(b"data: changed\n\n")
        except OSError:
            pass

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the window belongs to the person who speaks."""
