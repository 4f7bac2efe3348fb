"""Sparse files: the maps that say where the stored bytes belong. GNU's old format, and PAX 0.0, 0.1 and 1.0.

A map is a tuple of (offset, length) pairs, in bytes, in order, without overlap.
Source: the GNU tar manual, "Storing Sparse Files".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from labhelpers.errors import FormatError
from labhelpers.filetree.cursor import BLOCK, Cursor
from labhelpers.filetree.header import number, pax_number
from labhelpers.filetree.limits import Limits

_PREFIX = "GNU.sparse."


class Sparse(NamedTuple):
    """A sparse file: its size as a program sees it, where its stored bytes belong, and how many map bytes
    precede them.
    """

    size: int
    map: tuple[tuple[int, int], ...]
    header: int


def is_sparse(records: Iterable[tuple[str, bytes]]) -> bool:
    """Whether PAX records describe a sparse file."""
    return any(key.startswith(_PREFIX) for key, _ in records)


def checked(size: int, pairs: list[tuple[int, int]], stored: int, header: int) -> Sparse:
    """The map, if it makes sense: in order, within the file, and as long as what is stored."""
    at = 0
    for offset, length in pairs:
        if offset < at or length < 0 or offset + length > size:
            raise FormatError("a sparse file's map contradicts itself")
        at = offset + length
    if sum(length for _, length in pairs) != stored:
        raise FormatError("a sparse file's map does not fit what is stored")
    return Sparse(size, tuple(pair for pair in pairs if pair[1]), header)


def old_gnu(block: bytes, stored: int, cursor: Cursor, limits: Limits) -> Sparse:
    """The map of an entry of type "S": four pairs in its header, then blocks of 21 while they say so."""
    pairs: list[tuple[int, int]] = []
    size = number(block[483:495])
    where, count, more = 386, 4, block[482]
    blocks = 0
    while True:
        for at in range(where, where + 24 * count, 24):
            if not block[at] and not block[at + 12]:
                break
            pairs.append((number(block[at : at + 12]), number(block[at + 12 : at + 24])))
        if not more:
            return checked(size, pairs, stored, 0)
        block = cursor.block()
        blocks += 1
        if not block or blocks * BLOCK > limits.header:
            raise FormatError("a sparse file's map does not end")
        where, count, more = 0, 21, block[504]


def pax(
    records: list[tuple[str, bytes]], stored: int, cursor: Cursor, limits: Limits
) -> tuple[Sparse, bytes]:
    """The map that PAX records describe, and the entry's real name if they hold it (else b"").

    Version 1.0 keeps the map before the content: `cursor` is moved past it.
    """
    known = dict(records)
    name = known.get(_PREFIX + "name", b"")
    version = known.get(_PREFIX + "major", b"0"), known.get(_PREFIX + "minor", b"")
    size = pax_number(known.get(_PREFIX + "realsize") or known.get(_PREFIX + "size") or b"")
    if version == (b"1", b"0"):
        pairs, header = _leading_map(stored, cursor, limits)
        return checked(size, pairs, stored - header, header), name
    if version[0] != b"0":
        raise FormatError("a sparse file is in a version that nobody knows")
    if _PREFIX + "map" in known:
        text = known[_PREFIX + "map"]
        numbers = [pax_number(part) for part in text.split(b",")] if text else []
    else:
        wanted = (_PREFIX + "offset", _PREFIX + "numbytes")
        keys = [key for key, _ in records if key in wanted]
        if keys != [*wanted] * (len(keys) // 2):
            raise FormatError("a sparse file's map contradicts itself")
        numbers = [pax_number(value) for key, value in records if key in wanted]
    if len(numbers) % 2:
        raise FormatError("a sparse file's map contradicts itself")
    pairs = [*zip(numbers[::2], numbers[1::2], strict=True)]
    return checked(size, pairs, stored, 0), name


def _leading_map(stored: int, cursor: Cursor, limits: Limits) -> tuple[list[tuple[int, int]], int]:
    text = b""
    lines = wanted = 0
    while True:
        if len(text) >= min(stored, limits.header):
            raise FormatError("a sparse file's map does not end")
        block = cursor.block()
        if not block:
            raise FormatError("a sparse file's map does not end")
        text += block
        lines += block.count(b"\n")
        if not wanted and lines:
            wanted = 1 + 2 * pax_number(text.partition(b"\n")[0])
        if wanted and lines >= wanted:
            break
    numbers = [pax_number(part) for part in text.split(b"\n")[1:wanted]]
    return [*zip(numbers[::2], numbers[1::2], strict=True)], len(text)
