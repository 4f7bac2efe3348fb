"""Reading ahead: a stream is fetched in one thread while another looks at what has come."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

# Enough that neither side waits for the other over a large file; memory is this times a chunk.
_CHUNKS = 16


def ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, fetched up to 16 ahead. What their source raises is raised here, at its place.

    An engine that must wait until each of its chunks was hashed takes longer than one that can go on. Closing
    the iterator (or dropping it) ends the thread at its next chunk.
    """
    waiting: queue.Queue[bytes | BaseException | None] = queue.Queue(_CHUNKS)
    stopped = threading.Event()

    def fetch() -> None:
        last: BaseException | None = None
        try:
            for chunk in chunks:
                if not _put(waiting, chunk, stopped):
                    return
        except BaseException as error:  # handed over, and raised where somebody is listening
            last = error
        finally:
            close = getattr(chunks, "close", None)
            if stopped.is_set() and close is not None:
                close()
        _put(waiting, last, stopped)

    thread = threading.Thread(target=fetch, name="read-ahead", daemon=True)
    thread.start()
    try:
        while (found := waiting.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        stopped.set()


def _put(
    waiting: queue.Queue[bytes | BaseException | None],
    item: bytes | BaseException | None,
    stopped: threading.Event,
) -> bool:
    """Hand an item over, unless nobody wants it any more."""
    while not stopped.is_set():
        try:
            waiting.put(item, timeout=0.2)
        except queue.Full:
            continue
        return True
    return False
