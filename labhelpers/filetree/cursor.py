"""Ways over the bytes of a tar archive: by seeking past content where that is possible, in one pass
elsewhere.

Both cursors answer the same three questions: the next block, the next small content, and "pass over this
content"; only the stream's can hand back a digest of what it passes, because only it sees the bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Protocol

from labhelpers.errors import FormatError

BLOCK = 512
# Reading a page rather than a block makes small files cost no second read; behind a large file, where the
# next one is likely to be large too, it would be a copy for nothing.
_AHEAD = 4096
_FAR = 2 * _AHEAD
DIGEST = 16  # bytes kept of a SHA-256 of a file's content: 128 bits, to tell contents apart
_PASSED = 1 << 20


def content_digest(content: bytes) -> bytes:
    """What identifies a file's content: the first 16 bytes of its SHA-256."""
    return hashlib.sha256(content).digest()[:DIGEST]


class Cursor(Protocol):
    """A place in a tar archive. `at`: bytes from its start."""

    at: int

    def block(self) -> bytes:
        """The next 512 bytes; b"" at the end. `FormatError` for fewer."""

    def data(self, size: int) -> bytes:
        """The next `size` bytes, moved past their padding. `FormatError` if they are not all there."""

    def skip(self, size: int) -> bytes | None:
        """Move past `size` bytes and their padding; their digest, if they were seen."""


def _truncated(at: int) -> FormatError:
    return FormatError(f"it ends in the middle of an entry (byte {at:,})")


class FileCursor:
    """A cursor over bytes that can be read anywhere: `read_at(offset, size)` gives up to `size` bytes.

    `start`, `size`: the part of them that is the archive.
    """

    def __init__(self, read_at: Callable[[int, int], bytes], start: int, size: int) -> None:
        self.at = 0
        self._read_at = read_at
        self._start = start
        self._size = size
        self._buffer = b""
        self._buffered = 0  # where the buffer begins, from the start of the archive

    def block(self) -> bytes:
        """The next 512 bytes; b"" at the end."""
        at = self.at
        local = at - self._buffered
        found = self._buffer[local : local + BLOCK]
        self.at = at + BLOCK
        if len(found) == BLOCK:
            return found
        left = self._size - at
        if left <= 0:
            self.at = at
            return b""
        wanted = BLOCK if local > _FAR else _AHEAD
        self._buffer = self._read_at(self._start + at, wanted if left > wanted else left)
        self._buffered = at
        found = self._buffer[:BLOCK]
        if len(found) < BLOCK:
            raise _truncated(at + len(found))
        return found

    def data(self, size: int) -> bytes:
        """The next `size` bytes."""
        at = self.at
        self.skip(size)
        found = self._read_at(self._start + at, size)
        if len(found) < size:
            raise _truncated(at + len(found))
        return found

    def skip(self, size: int) -> None:
        """Move past `size` bytes without reading them."""
        at = self.at + size + -size % BLOCK
        if at > self._size:
            raise _truncated(self._size)
        self.at = at


class Reader:
    """Bytes that come once, in chunks; what is read is taken from the current chunk without copying."""

    def __init__(self) -> None:
        self._chunk = memoryview(b"")
        self._used = 0

    def _next(self) -> bytes | memoryview:
        """The next chunk; empty at the end."""
        raise NotImplementedError

    def some(self, most: int) -> memoryview:
        """Up to `most` bytes, at least one unless at the end. Good until the next call."""
        if self._used >= len(self._chunk):
            self._chunk = memoryview(self._next())
            self._used = 0
        found = self._chunk[self._used : self._used + most]
        self._used += len(found)
        return found

    def take(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end."""
        end = self._used + size
        if end <= len(self._chunk):
            found = bytes(self._chunk[self._used : end])
            self._used = end
            return found
        parts = []
        while size > 0 and (part := self.some(size)):
            parts.append(bytes(part))
            size -= len(part)
        return b"".join(parts)

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, left in place; fewer only at the end."""
        if len(self._chunk) - self._used < size:
            rest = bytes(self._chunk[self._used :])
            while len(rest) < size and (more := self._next()):
                rest += bytes(more)
            self._chunk = memoryview(rest)
            self._used = 0
        return bytes(self._chunk[self._used : self._used + size])

    def drain(self, size: int | None = None, see: Callable[[memoryview], object] | None = None) -> int:
        """Pass over `size` bytes (all that are left if None), shown to `see`; how many there were."""
        passed = 0
        while size is None or passed < size:
            part = self.some(_PASSED if size is None else size - passed)
            if not part:
                break
            if see is not None:
                see(part)
            passed += len(part)
        return passed


class StreamReader(Reader):
    """A reader over an iterator of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks

    def _next(self) -> bytes:
        for chunk in self._chunks:
            if chunk:
                return chunk
        return b""


class LimitedReader(Reader):
    """The next `size` bytes of another reader, as a reader of their own; `left` of them are still to come."""

    def __init__(self, below: Reader, size: int) -> None:
        super().__init__()
        self._below = below
        self.left = size

    def _next(self) -> memoryview:
        found = self._below.some(self.left)
        self.left -= len(found)
        return found


class StreamCursor:
    """A cursor over bytes that come once. With `digest`, content that is passed over is hashed on the way.

    A stream cannot be read again, and which contents must be compared is known only at the end, so all of
    them are hashed while they pass: cheaper than asking an engine or a registry for the same bytes twice.
    """

    def __init__(self, reader: Reader, *, digest: bool = True) -> None:
        self.at = 0
        self._reader = reader
        self._digest = digest

    def block(self) -> bytes:
        """The next 512 bytes; b"" at the end."""
        found = self._reader.take(BLOCK)
        if len(found) not in (0, BLOCK):
            raise _truncated(self.at + len(found))
        self.at += len(found)
        return found

    def data(self, size: int) -> bytes:
        """The next `size` bytes."""
        found = self._reader.take(size)
        if len(found) < size:
            raise _truncated(self.at + len(found))
        self.at += size
        self._pad(size)
        return found

    def skip(self, size: int) -> bytes | None:
        """Move past `size` bytes; their digest, if asked for when the cursor was made."""
        seen = hashlib.sha256() if self._digest else None
        passed = self._reader.drain(size, seen.update if seen else None)
        self.at += passed
        if passed < size:
            raise _truncated(self.at)
        self._pad(size)
        return seen.digest()[:DIGEST] if seen else None

    def _pad(self, size: int) -> None:
        pad = -size % BLOCK
        if pad:
            if len(self._reader.take(pad)) < pad:
                raise _truncated(self.at)
            self.at += pad
