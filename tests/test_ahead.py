"""Reading ahead: the same chunks, the same errors, and nothing left running."""

import threading
import time

import pytest

from labhelpers.layout.ahead import ahead


def test_the_same_chunks():
    chunks = [b"%d" % number for number in range(200)]
    assert [*ahead(iter(chunks))] == chunks
    assert [*ahead(iter([]))] == []


def test_errors_come_at_their_place():
    def broken():
        yield b"1"
        raise OSError("gone")

    found = ahead(broken())
    assert next(found) == b"1"
    with pytest.raises(OSError, match="gone"):
        next(found)


def test_nothing_is_left():
    closed = []

    def endless():
        try:
            while True:
                yield b"x"
        finally:
            closed.append(True)

    found = ahead(endless())
    assert next(found) == b"x"
    found.close()
    end = time.monotonic() + 5
    while time.monotonic() < end and any(t.name == "read-ahead" for t in threading.enumerate()):
        time.sleep(0.01)
    assert closed
