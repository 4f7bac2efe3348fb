"""Blobs: bytes of a store that can be read again. Files are read in place; nothing is unpacked or copied."""

from __future__ import annotations

import os
import stat
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from labhelpers.errors import FormatError, ImageError
from labhelpers.filetree import FileCursor

_CHUNK = 1 << 20


class Blob(Protocol):
    """Stored bytes. `size` in bytes, -1 if unknown until read."""

    @property
    def size(self) -> int:
        """Bytes as stored."""

    def chunks(self) -> Iterator[bytes]:
        """All bytes, once, from the first on. `ImageError` if they cannot be had."""


class OpenFile:
    """A regular file that is read at any place, from any thread. Closed when nothing needs it any more.

    `identity`: what is the same only as long as the file is: device, inode, size, times.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
        self._descriptor = os.open(path, flags)
        weakref.finalize(self, os.close, self._descriptor)
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise FormatError("it is no regular file")
        self.size = found.st_size
        if hasattr(os, "posix_fadvise"):
            # Headers are read in order: what the disk must fetch anyway, it may fetch ahead.
            os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        self.changed = max(found.st_mtime_ns, found.st_ctime_ns)
        self.identity = (
            f"{found.st_dev}-{found.st_ino}-{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}"
        )

    def direct(self) -> Callable[[int, int], bytes]:
        """`read_at` without its courtesies: a disk that fails raises `OSError`."""
        descriptor, pread = self._descriptor, os.pread
        # The file must stay open as long as this is used.
        return lambda offset, size, _owner=self: pread(descriptor, size, offset)  # type: ignore[misc]

    def read_at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` on. `ImageError` if the disk fails."""
        try:
            return os.pread(self._descriptor, size, offset)
        except OSError as error:
            raise ImageError(
                f"read {self.path}", error.strerror or str(error), "Check the disk that it lies on."
            ) from error


class FileBlob(NamedTuple):
    """A part of a file. `start`, `size`: bytes."""

    file: OpenFile
    start: int
    size: int

    def read_at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` on, within the blob."""
        return self.file.read_at(self.start + offset, max(0, min(size, self.size - offset)))

    def cursor(self) -> FileCursor:
        """A cursor over the blob: straight to the file, because reading headers is what a look costs."""
        return FileCursor(self.file.direct(), self.start, self.size)

    def chunks(self) -> Iterator[bytes]:
        """All bytes, once."""
        at = 0
        while at < self.size:
            found = self.read_at(at, _CHUNK)
            if not found:
                raise FormatError(f"it ends early, at byte {self.start + at:,}")
            yield found
            at += len(found)


class StreamBlob(NamedTuple):
    """A blob that is fetched anew each time. `size`: bytes, -1 if unknown."""

    size: int
    fetch: Callable[[], Iterator[bytes]]

    def chunks(self) -> Iterator[bytes]:
        """All bytes, once."""
        return self.fetch()
