"""The headers that stand before an entry and say more about it: PAX records and GNU long names.

Readers disagree about which of several wins (Go and GNU tar take the last, tarfile the first), so an entry
with two of a kind, or with two names that differ, is refused.
"""

from __future__ import annotations

from typing import NamedTuple

from labhelpers.errors import FormatError
from labhelpers.filetree import header, sparse
from labhelpers.filetree.cursor import BLOCK, Cursor
from labhelpers.filetree.limits import Limits

EXTENDED = b"LKxg"
_LONG_NAME, _LONG_LINK, _PAX, _GLOBAL = EXTENDED
# Global records that change which bytes belong to which name: engines ignore them, other readers do not.
_CONTESTED = ("path", "linkpath", "size")
_XATTR = "SCHILY.xattr."


class Extended(NamedTuple):
    """What the headers before an entry say about it; None and () where they say nothing.

    `size`: bytes; `time`: nanoseconds; `sparse`: the PAX records, if they describe a sparse file.
    """

    name: bytes | None = None
    link: bytes | None = None
    size: int | None = None
    time: int | None = None
    uid: int | None = None
    gid: int | None = None
    xattrs: tuple[tuple[str, str], ...] = ()
    sparse: list[tuple[str, bytes]] | None = None


NOTHING = Extended()


def read_extended(cursor: Cursor, block: bytes, limits: Limits) -> tuple[bytes, Extended, bytes]:
    """The entry's own header that follows, what is said about it, and the bytes read on the way to it.

    The end of the archive (zeros) in place of a header if there was only a global header and no entry
    follows. `block` is the first extended header, already checked. `FormatError` if it is damaged or
    contradicts itself.
    """
    seen: list[bytes] = []
    found: dict[int, bytes] = {}
    while block[156] in EXTENDED:
        flag = block[156]
        size = header.number(block[124:136])
        header.check_numbers(block)
        if not 0 <= size <= limits.header or len(seen) > 32:
            raise FormatError(f"an entry has headers of more than {limits.header:,} bytes")
        padded = cursor.data(size + -size % BLOCK)
        data = padded[:size]
        seen += (block, padded)
        if padded[size : size + 1].strip(b"\0"):
            raise FormatError("a header's text does not end where it should, which readers disagree about")
        if flag == _GLOBAL:
            keys = {key for key, _ in header.pax_records(data)}
            if keys.intersection(_CONTESTED) or any(key.startswith("GNU.sparse.") for key in keys):
                raise FormatError(
                    "a global PAX header renames or resizes entries, which readers disagree about"
                )
        elif found.setdefault(flag, data) is not data:
            raise FormatError("an entry has two headers of the same kind, which readers disagree about")
        block = cursor.block()
        if not found and (not block or block == header.ZERO):
            return header.ZERO, NOTHING, b""  # global records about nothing: an archive of an empty folder
        if not block or block == header.ZERO:
            raise FormatError(f"it ends in the middle of an entry (byte {cursor.at:,})")
        if not header.checked(block):
            raise FormatError(f"a tar header is damaged (byte {cursor.at - BLOCK:,})")
    extended = _from_pax(found[_PAX]) if _PAX in found else NOTHING
    if _LONG_NAME in found:
        extended = extended._replace(name=_one(extended.name, found[_LONG_NAME].split(b"\0", 1)[0]))
    if _LONG_LINK in found:
        extended = extended._replace(link=_one(extended.link, found[_LONG_LINK].split(b"\0", 1)[0]))
    return block, extended, b"".join(seen)


def _one(pax: bytes | None, gnu: bytes) -> bytes:
    if pax is not None and pax != gnu:
        raise FormatError("an entry has two names, which readers disagree about")
    return gnu


def _from_pax(data: bytes) -> Extended:
    """An empty value takes a record back, as if it had never been there (POSIX)."""
    records = header.pax_records(data)
    known = {key: value for key, value in records if value}
    for key in ("path", "linkpath", "GNU.sparse.name"):
        if b"\0" in known.get(key, b""):
            raise FormatError("a name in a PAX header holds a zero byte")

    def integer(key: str) -> int | None:
        return header.pax_number(known[key]) if key in known else None

    return Extended(
        known.get("path"),
        known.get("linkpath"),
        integer("size"),
        header.pax_time(known["mtime"]) if "mtime" in known else None,
        integer("uid"),
        integer("gid"),
        tuple(
            (key[len(_XATTR) :], value.decode("utf-8", "surrogateescape"))
            for key, value in sorted(known.items())
            if key.startswith(_XATTR)
        ),
        records if sparse.is_sparse(records) else None,
    )
