"""Plain layers of a large archive, read by two processes: headers are Python's work, a processor's each.

The second process is a copy of the first, which reads its share and sends the indexes through a pipe. It
helps, no more: a layer that it does not send, for whatever reason, is read as if there had been none.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from labhelpers.errors import FormatError
from labhelpers.filetree import LayerIndex, Limits, scan
from labhelpers.layout.blobs import FileBlob

_WORTH = 64 << 20  # bytes: below, the copy costs more than it saves


def scan_beside(blobs: Sequence[FileBlob], limits: Limits) -> dict[FileBlob, LayerIndex]:
    """The indexes of layers that are stored as they are; none where two processes would not be quicker.

    A damaged layer, and what comes after it, is missing: whoever reads it next says what is wrong with it.
    """
    ours, theirs = _halves(blobs)
    found: dict[FileBlob, LayerIndex] = {}
    if sum(blob.size for blob in theirs) < _WORTH or not _may_fork():
        return found
    import pickle  # for large images alone

    def read(share: Sequence[FileBlob]) -> Iterator[LayerIndex]:
        for blob in share:
            yield scan(blob.cursor(), limits=limits)

    def send(pipe: IO[bytes]) -> None:
        # All are read before the first is sent: a pipe is soon full, and the other side is busy.
        for index in list(read(theirs)):
            pickle.dump(index, pipe, pickle.HIGHEST_PROTOCOL)

    with _copy(send) as pipe:
        with suppress(FormatError):
            for blob, index in zip(ours, read(ours), strict=True):
                found[blob] = index
        with suppress(EOFError, OSError, pickle.UnpicklingError):
            for blob in theirs:
                found[blob] = pickle.load(pipe)
    return found


def _halves(blobs: Sequence[FileBlob]) -> tuple[list[FileBlob], list[FileBlob]]:
    """Two shares of about as many bytes, each with its largest first."""
    shares: tuple[list[FileBlob], list[FileBlob]] = ([], [])
    sizes = [0, 0]
    for blob in sorted(blobs, key=lambda blob: blob.size, reverse=True):
        smaller = sizes.index(min(sizes))
        shares[smaller].append(blob)
        sizes[smaller] += blob.size
    return shares


def _may_fork() -> bool:
    # A copy has none of the other threads, but the locks that they hold: with threads (in a notebook's
    # kernel, say) there is no copy. Other systems' libraries do not bear one either.
    return sys.platform == "linux" and (os.cpu_count() or 1) > 1 and threading.active_count() == 1


@contextmanager
def _copy(work: Callable[[IO[bytes]], None]) -> Iterator[IO[bytes]]:
    """A copy of this process that does `work` with the writing end of a pipe; ours is the reading end.

    It is gone afterwards, however this ends.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        # Nothing of what waits in this process (buffers, exit handlers) is done a second time.
        with suppress(BaseException):
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                work(pipe)
        os._exit(0)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            yield pipe
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
