"""The content of files in layers, read from where the layer lies, when somebody asks for it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from labhelpers.errors import FormatError, ImageError
from labhelpers.filetree import LayerIndex, Reader
from labhelpers.filetree.cursor import DIGEST

_CHUNK = 1 << 20


class LayerContent:
    """Content of one layer, by the number of an entry in its index.

    `read_at` reads the uncompressed layer at any place, where it lies uncompressed in a file; `stream` gives
    it from its beginning, for every other. `digests` grows with what was hashed; `keep` is handed it.
    """

    def __init__(
        self,
        index: LayerIndex,
        *,
        read_at: Callable[[int, int], bytes] | None = None,
        stream: Callable[[], Reader] | None = None,
        keep: Callable[[dict[int, bytes]], None] | None = None,
    ) -> None:
        self._index = index
        self._read_at = read_at
        self._stream = stream
        self._keep = keep
        self.digests: dict[int, bytes] = {}

    def digest(self, number: int) -> bytes:
        """What identifies the content of a regular file: the first 16 bytes of its SHA-256 as stored."""
        found = self._index.digests.get(number) or self.digests.get(number)
        if found is None:
            seen = hashlib.sha256()
            left, at = self._index.sizes[number], 0
            if self._read_at is None:
                seen.update(self._stored(number, 0, left))
                left = 0
            while left:
                part = self._stored(number, at, min(left, _CHUNK))
                seen.update(part)
                at += len(part)
                left -= len(part)
            found = self.digests[number] = seen.digest()[:DIGEST]
        return found

    def keep(self) -> None:
        """Remember what was hashed so far for the next look, where there is a cache."""
        if self._keep is not None:
            self._keep(self.digests)

    def read(self, number: int, *, start: int = 0, size: int | None = None) -> bytes:
        """Up to `size` bytes of a regular file from `start` on, holes as zeros."""
        logical, pairs = self._index.holes(number)
        if logical < 0:
            left = max(0, self._index.sizes[number] - start)
            return self._stored(number, start, left if size is None else min(left, size))
        end = logical if size is None else min(logical, start + size)
        parts, stored, at = [], 0, start
        for offset, length in pairs:
            first, last = max(at, offset), min(end, offset + length)
            if first < last:
                parts += [bytes(first - at), self._stored(number, stored + first - offset, last - first)]
                at = last
            stored += length
        return b"".join([*parts, bytes(max(0, end - at))])

    def _stored(self, number: int, start: int, size: int) -> bytes:
        if size <= 0:
            return b""
        offset = self._index.offsets[number] + start
        try:
            if self._read_at is not None:
                found = self._read_at(offset, size)
            elif self._stream is not None:
                reader = self._stream()
                reader.drain(offset)
                found = reader.take(size)
            else:
                found = b""
        except FormatError as error:
            raise _unreadable(self._index, number, str(error)) from error
        if len(found) < size:
            raise _unreadable(self._index, number, "the layer ends before it")
        return found


def _unreadable(index: LayerIndex, number: int, found: str) -> ImageError:
    path = ascii("/" + index.paths[number])
    return ImageError(
        f"read {path} from its layer", found, "The image has changed since it was opened: open it again."
    )
