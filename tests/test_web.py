"""Asking an address for its page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from labhelpers.web import visit

PAGE = b"""<!doctype html><html><head><title>Not shown</title><style>p { color: red }</style></head>
<body><h1>Hello</h1><p>Author: Ada &amp; &lt;b&gt;</p></body></html>"""


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = {"/": PAGE, "/plain": b"4f2a\n"}.get(self.path)
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(found or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def test_a_page_is_shown_without_its_markup(site: str) -> None:
    assert visit(f"{site}/") == "Hello\nAuthor: Ada & <b>"


def test_other_text_is_shown_as_it_is(site: str) -> None:
    assert visit(f"{site}/plain") == "4f2a"


def test_a_refusal_is_told(site: str) -> None:
    assert visit(f"{site}/none") == f"{site}/none answers with status 404: Not Found"


def test_nobody_there_is_told_after_the_time_and_nothing_is_raised() -> None:
    clock = _Clock()
    answer = visit("http://127.0.0.1:9", wait=2, clock=clock, pause=clock.pause)
    assert answer == "No answer from http://127.0.0.1:9 within 2 s."
    assert 2 <= clock.now < 2.5


def test_a_proxy_of_the_environment_is_not_asked(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert visit(f"{site}/plain") == "4f2a"


def test_a_misspelt_address_is_told() -> None:
    assert visit("127.0.0.1:8303") == "127.0.0.1:8303 is not a web address: it begins with http://."
