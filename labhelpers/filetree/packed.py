"""The index of a layer as bytes, and back. Plain columns and JSON: loading is quick, and can run nothing.

Bytes come from a folder that others may have written to, so everything is checked before it is used, and what
is wrong in any way is no index.
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from array import array
from dataclasses import dataclass
from typing import Any

from labhelpers.errors import FormatError
from labhelpers.filetree.cursor import DIGEST
from labhelpers.filetree.index import KINDS, Extra, LayerIndex

# Raise it whenever the meaning of an index changes: older ones are then not found any more.
VERSION = 1
_MAGIC = b"layer-index-%d-%s\n" % (VERSION, sys.byteorder.encode())
_CHECK = 16
_HEAD = struct.Struct("<QI")
_COLUMNS = (("sizes", "q"), ("offsets", "q"), ("times", "q"), ("owners", "I"), ("runs", "q"))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Packed:
    """An index, and `blobs`: digests of compressed blobs that were seen to expand to it."""

    index: LayerIndex
    blobs: tuple[str, ...] = ()


def pack(packed: Packed) -> bytes:
    """An index as bytes: some 40 per entry and its names. Not compressed: that costs more than it saves."""
    index = packed.index
    digests = sorted(index.digests.items())
    texts = {
        "paths": index.paths,
        "links": index.links.values(),
        "whiteouts": index.whiteouts,
        "opaques": index.opaques,
        "unsafe": index.unsafe,
    }
    blocks = ["\0".join(names).encode("utf-8", "surrogateescape") for names in texts.values()]
    blocks += [index.kinds.encode()]
    blocks += [getattr(index, name).tobytes() for name, _ in _COLUMNS]
    blocks += [array("q", index.links).tobytes(), array("q", [number for number, _ in digests]).tobytes()]
    blocks += [b"".join(digest for _, digest in digests)]
    head = json.dumps(
        {
            "counts": [len(names) for names in texts.values()],
            "blocks": [len(block) for block in blocks],
            "owner_table": index.owner_table,
            "extras": [[number, *extra] for number, extra in index.extras.items()],
            "fingerprint": index.fingerprint.hex(),
            "end": index.end,
            "blobs": packed.blobs,
        }
    ).encode()
    body = b"".join([head, *blocks])
    tail = _HEAD.pack(len(body), len(head)) + body
    return _MAGIC + hashlib.sha256(tail).digest()[:_CHECK] + tail


def unpack(data: bytes) -> Packed:
    """The index that `pack` made these bytes of. `FormatError` for any others."""
    try:
        return _unpack(data)
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        struct.error,
        OverflowError,
        RecursionError,
    ):
        raise FormatError("the cached index is damaged") from None


def _unpack(data: bytes) -> Packed:
    start = len(_MAGIC) + _CHECK
    if (
        data[: len(_MAGIC)] != _MAGIC
        or hashlib.sha256(data[start:]).digest()[:_CHECK] != data[start - _CHECK : start]
    ):
        raise ValueError
    size, head_size = _HEAD.unpack_from(data, start)
    body = data[start + _HEAD.size :]
    head: dict[str, Any] = json.loads(body[:head_size])
    blocks: list[bytes] = []
    at = head_size
    for length in head["blocks"]:
        blocks.append(body[at : at + length])
        at += length
    if at != size or len(body) != size:
        raise ValueError
    texts = [_names(block, count) for block, count in zip(blocks, head["counts"], strict=False)]
    paths, links, whiteouts, opaques, unsafe = texts
    kinds = blocks[5].decode("ascii")
    columns = {name: _column(block, code) for (name, code), block in zip(_COLUMNS, blocks[6:], strict=False)}
    link_numbers, digest_numbers = _column(blocks[11], "q"), _column(blocks[12], "q")
    table = [(int(mode), int(uid), int(gid)) for mode, uid, gid in head["owner_table"]]
    entries = len(paths)
    lengths = {len(kinds), *(len(columns[name]) for name, _ in _COLUMNS[:4])}
    if lengths != {entries} or not set(kinds) <= KINDS.keys() or len(columns["runs"]) % 2:
        raise ValueError
    extras = {int(number): _extra(fields) for number, *fields in head["extras"]}
    for numbers in (link_numbers, digest_numbers, extras):
        if any(not 0 <= number < entries for number in numbers):
            raise ValueError
    if max(columns["owners"], default=-1) >= len(table) or any(
        min(columns[name], default=0) < 0 for name in ("sizes", "offsets", "runs")
    ):
        raise ValueError
    marks = {number for number in range(entries) if kinds[number] in "lh"} if links or "l" in kinds else set()
    if len(links) != len(link_numbers) or marks != set(link_numbers):
        raise ValueError
    digests = [blocks[13][at : at + DIGEST] for at in range(0, len(blocks[13]), DIGEST)]
    index = LayerIndex(
        paths=paths,
        kinds=kinds,
        owner_table=table,
        links=dict(zip(link_numbers, links, strict=True)),
        extras=extras,
        digests=dict(zip(digest_numbers, digests, strict=True)),
        whiteouts=tuple(whiteouts),
        opaques=tuple(opaques),
        unsafe=tuple(unsafe),
        fingerprint=bytes.fromhex(head["fingerprint"]),
        end=int(head["end"]),
        **columns,
    )
    return Packed(index=index, blobs=tuple(map(str, head["blobs"])))


def _names(block: bytes, count: int) -> list[str]:
    names = block.decode("utf-8", "surrogateescape").split("\0") if count else []
    if len(names) != count:
        raise ValueError
    return names


def _column(block: bytes, code: str) -> array[int]:
    column = array(code)
    column.frombytes(block)
    return column


def _extra(fields: list[Any]) -> Extra:
    xattrs, device, size, pairs = fields
    return Extra(
        tuple((str(key), str(value)) for key, value in xattrs),
        (int(device[0]), int(device[1])) if device else None,
        int(size),
        tuple((int(offset), int(length)) for offset, length in pairs),
    )
