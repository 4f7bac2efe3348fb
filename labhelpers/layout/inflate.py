"""Compressed layers as streams: gzip and zstd, bounded against bombs, checked to their last byte."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from labhelpers.errors import FormatError
from labhelpers.filetree import DEFAULT_LIMITS, Limits, Reader

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_READ = 256 << 10
_STEP = 1 << 20  # most that one step may expand to: bounds memory whatever the ratio


def sniff(start: bytes) -> str:
    """How bytes that start like this are stored, where no media type says it: "gzip", "zstd" or "tar"."""
    if start[:2] == GZIP:
        return "gzip"
    # zstd may begin with a frame to skip (0x184D2A50 to 0x184D2A5F), as zstd:chunked layers do.
    if start[:4] == ZSTD or (start[1:4] == b"\x2a\x4d\x18" and start[:1] and start[0] & 0xF0 == 0x50):
        return "zstd"
    return "tar"


class InflateReader(Reader):
    """What compressed bytes expand to. `how`: "gzip" or "zstd"; `see`: shown every expanded byte.

    Several members or frames one after the other are one stream, as pigz, eStargz and zstd:chunked write
    them. `FormatError` if the bytes are damaged, cut off, followed by something else, or expand beyond
    `limits`.
    """

    def __init__(
        self,
        below: Reader,
        how: str,
        *,
        limits: Limits = DEFAULT_LIMITS,
        see: Callable[[bytes], object] | None = None,
    ) -> None:
        super().__init__()
        self._below = below
        self._how = how
        self._limits = limits
        self._see = see
        self._taken = 0
        self._given = 0
        self._input = b""
        self._member: Any = None
        self._ended = False
        self._broken = _zstd().ZstdError if how == "zstd" else zlib.error

    def _next(self) -> bytes:
        while not self._ended:
            try:
                found = self._gzip() if self._how == "gzip" else self._zstd_frame()
            except self._broken:
                raise FormatError(f"its {self._how} data is damaged") from None
            if found:
                self._given += len(found)
                if self._given > self._limits.expanded and self._given > self._taken * self._limits.ratio:
                    raise FormatError(
                        f"it expands more than {self._limits.ratio} times, "
                        f"beyond {self._limits.expanded >> 30} GiB"
                    )
                if self._see is not None:
                    self._see(found)
                return found
        return b""

    def _more(self) -> bytes:
        found = bytes(self._below.some(_READ))
        self._taken += len(found)
        return found

    def _begin(self, new: Callable[[], Any]) -> bool:
        """Start the next member, if there is one; zeros after the last are padding."""
        if not self._input:
            self._input = self._more()
        if self._taken and not self._input:
            self._ended = True
            return False
        while len(self._input) < 4 and (more := self._more()):
            self._input += more
        if sniff(self._input) != self._how:
            while not self._input.strip(b"\0") and (more := self._more()):
                self._input = more
            if self._input.strip(b"\0") or not self._given:
                raise FormatError(f"it is not {self._how} data, or is followed by something else")
            self._ended = True
            return False
        self._member = new()
        return True

    def _gzip(self) -> bytes:
        if self._member is None and not self._begin(lambda: zlib.decompressobj(wbits=31)):
            return b""
        if not self._input:
            self._input = self._more()
        found: bytes = self._member.decompress(self._input, _STEP)
        if not self._input and not found and not self._member.eof:
            raise FormatError("its gzip data is cut off")
        if self._member.eof:
            self._input = self._member.unused_data
            self._member = None
        else:
            self._input = self._member.unconsumed_tail
        return found

    def _zstd_frame(self) -> bytes:
        if self._member is None and not self._begin(_zstd().ZstdDecompressor):
            return b""
        if self._member.needs_input and not self._input:
            self._input = self._more()
            if not self._input:
                raise FormatError("its zstd data is cut off")
        found: bytes = self._member.decompress(self._input, _STEP)
        self._input = b""
        if self._member.eof:
            self._input = self._member.unused_data
            self._member = None
        return found


def _zstd() -> Any:
    # Loaded for a zstd layer only; part of Python from 3.14 on.
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        from backports import zstd
    return zstd
