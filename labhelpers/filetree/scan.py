"""Reading a layer: every header of a tar archive, no content that need not be read.

Written here, not taken from `tarfile`, because it is what a first look costs: some microseconds per entry,
whatever the size of the files. Where readers disagree about an archive it is refused (see `header`);
otherwise it reads as engines do (Go's archive/tar): global PAX headers say nothing about entries, and links,
folders and devices have no content whatever their size field says.
"""

from __future__ import annotations

import hashlib
import re
from array import array

from labhelpers.errors import FormatError
from labhelpers.filetree import header, sparse
from labhelpers.filetree.cursor import BLOCK, Cursor
from labhelpers.filetree.extended import EXTENDED, NOTHING, Extended, read_extended
from labhelpers.filetree.header import ZERO, number
from labhelpers.filetree.index import (
    BLOCK_DEVICE,
    CHARACTER,
    FILE,
    FOLDER,
    HARDLINK,
    SYMLINK,
    Extra,
    LayerIndex,
)
from labhelpers.filetree.limits import DEFAULT_LIMITS, Limits
from labhelpers.filetree.names import META, WHITEOUT, normalise, text, whiteout_target

_SECOND = 1_000_000_000
# Type flag -> kind, for the types that engines unpack.
_TYPES = {48: "f", 0: "f", 55: "f", 53: "d", 50: "l", 49: "h", 51: "c", 52: "b", 54: "p", 83: "f"}
_REGULAR, _SPARSE = b"0S"
_NOTHING_HIDDEN = ("", ".", "..")
_LINKS = frozenset((SYMLINK, HARDLINK))
# Mode, owner, group, size, time and checksum as today's writers write them, of a file or a folder.
_PLAIN = re.compile(rb"[0-7]{7}\0[0-7]{7}\0[0-7]{7}\0[0-7]{11}[\0 ][0-7]{11}[\0 ][0-7]{6}\0 [05]").match


def scan(cursor: Cursor, *, limits: Limits = DEFAULT_LIMITS) -> LayerIndex:
    """The index of the tar archive under `cursor`, read to its end.

    `FormatError` for what is no tar archive, is damaged or cut off, is beyond `limits`, or can be read in
    more than one way. Time is linear in the number of entries; memory too (below 1 KiB each).
    """
    paths: list[str] = []
    kinds: list[str] = []
    sizes, offsets, times = array("q"), array("q"), array("q")
    owners, runs = array("I"), array("q")
    devices = {bytes(16), b"0000000\x000000000\0"}
    owner_numbers: dict[bytes | tuple[int, int, int], int] = {}
    owner_table: list[tuple[int, int, int]] = []
    links: dict[int, str] = {}
    extras: dict[int, Extra] = {}
    digests: dict[int, bytes] = {}
    whiteouts: list[str] = []
    opaques: list[str] = []
    unsafe: list[str] = []
    fingerprint = hashlib.sha256()
    entries = named = count = run_start = run_end = 0
    longest, deepest = limits.path, limits.depth

    while True:
        start = cursor.at
        block = cursor.block()
        if _PLAIN(block, 100) and not block[345] and header.summed(block) == int(block[148:154], 8):
            # What nearly every entry looks like: a file or a folder, numbers in their usual form, a short
            # name.
            fingerprint.update(block)
            extended, extra = NOTHING, None
            kind, stored = (FILE, int(block[124:135], 8)) if block[156] == _REGULAR else (FOLDER, 0)
            end = block.find(0, 0, 100)
            raw = block[:end] if end >= 0 else block[:100]
            time = int(block[136:147], 8) * _SECOND
        else:
            if not block or (block[156] == 0 and block == ZERO):
                break
            if not header.checked(block):
                raise FormatError(_not_tar(start))
            extended = NOTHING
            if block[156] in EXTENDED:
                block, extended, seen = read_extended(cursor, block, limits)
                if block == ZERO:
                    break
                fingerprint.update(seen)
            fingerprint.update(block)
            kind, stored, raw, extra = _unusual(cursor, block, extended, limits, start)
            if extended.time is None:
                time = header.clamped(number(block[136:148]) * _SECOND)
            else:
                time = extended.time
        if block[329:345] not in devices:
            # Numbers of no device: nobody asks for them, but other readers refuse what is none.
            header.check_numbers(block)
            devices.add(block[329:345])

        # Where headers and content alternate, each run of headers is one read; neighbours are joined.
        if start != run_end:
            if run_end > run_start:
                runs.append(run_start)
                runs.append(run_end - run_start)
            run_start = start
        offset = run_end = cursor.at
        digest = cursor.skip(stored) if stored else None

        try:
            name = raw.decode()
        except UnicodeDecodeError:
            name = text(raw)
        entries += 1
        named += len(name)
        if entries > limits.entries or named > limits.names:
            raise FormatError(
                f"it holds more than {limits.entries:,} entries or {limits.names:,} bytes of names"
            )
        if len(name) > longest or name.count("/") >= deepest:
            raise FormatError(f"a path in it is longer than any engine allows ({len(name):,} characters)")
        path = name
        if name[-1:] in "/." or name[0] == "/" or "//" in name or "./" in name:
            spelt = normalise(name)
            if spelt is None or (not spelt and kind != FOLDER):
                unsafe.append(name.rstrip("/") or name)
                continue
            path = spelt
        if WHITEOUT in path:
            base = path.rfind("/") + 1
            if (
                META not in path
                and path.startswith(WHITEOUT, base)
                and path[base + 4 :] not in _NOTHING_HIDDEN
            ):
                whiteouts.append(path[:base] + path[base + 4 :])
                continue
            hidden = whiteout_target(path)
            if hidden is not None:
                if hidden[0] == "whiteout":
                    whiteouts.append(hidden[1])
                elif hidden[0] == "opaque":
                    opaques.append(hidden[1])
                elif hidden[0] == "unsafe":
                    unsafe.append(name.rstrip("/") or name)
                continue

        if kind in _LINKS:
            link = text(extended.link if extended.link is not None else block[157:257].split(b"\0", 1)[0])
            named += len(link)
            if kind == HARDLINK:
                target = normalise(link)
                if not target:
                    unsafe.append(name.rstrip("/") or name)
                    continue
                link = target
            links[count] = link
        if extra is not None:
            extras[count] = extra
        if digest is not None:
            digests[count] = digest

        owner = owner_numbers.get(block[100:124])
        if owner is None or extended is not NOTHING:
            triple = (
                number(block[100:108]),
                number(block[108:116]) if extended.uid is None else extended.uid,
                number(block[116:124]) if extended.gid is None else extended.gid,
            )
            owner = owner_numbers.get(triple)
            if owner is None:
                owner = owner_numbers[triple] = len(owner_table)
                owner_table.append(triple)
            if extended is NOTHING:
                owner_numbers[block[100:124]] = owner

        paths.append(path)
        kinds.append(kind)
        sizes.append(stored)
        offsets.append(offset)
        times.append(time)
        owners.append(owner)
        count += 1

    if block:
        after = cursor.block()
        if after and after != ZERO:
            raise FormatError(f"entries follow the end of the archive (byte {cursor.at - BLOCK:,})")
    if run_end > run_start:
        runs.extend((run_start, run_end - run_start))
    return LayerIndex(
        paths=paths,
        kinds="".join(kinds),
        sizes=sizes,
        offsets=offsets,
        times=times,
        owners=owners,
        owner_table=owner_table,
        links=links,
        extras=extras,
        digests=digests,
        whiteouts=tuple(whiteouts),
        opaques=tuple(opaques),
        unsafe=tuple(unsafe),
        runs=runs,
        fingerprint=fingerprint.digest(),
        end=cursor.at,
    )


def _unusual(
    cursor: Cursor, block: bytes, extended: Extended, limits: Limits, start: int
) -> tuple[str, int, bytes, Extra | None]:
    """An entry's kind, content bytes, name, and what few entries have; moves past a sparse file's map."""
    flag = block[156]
    kind = _TYPES.get(flag)
    if kind is None:
        raise FormatError(
            f"it holds an entry of type {chr(flag)!r}, which no engine unpacks (byte {start:,})"
        )
    stored = number(block[124:136]) if extended.size is None else extended.size
    if stored < 0:
        raise FormatError("an entry claims a negative size")
    raw = extended.name if extended.name is not None else header.short_name(block)
    if flag == 0 and raw[-1:] == b"/":
        kind = FOLDER  # the oldest tar had no type for folders
    extra: Extra | None = None
    if kind == FILE:
        map_: sparse.Sparse | None = None
        if flag == _SPARSE:
            map_ = sparse.old_gnu(block, stored, cursor, limits)
        elif extended.sparse is not None:
            map_, real = sparse.pax(extended.sparse, stored, cursor, limits)
            raw = real or raw
        if map_ is not None:
            stored -= map_.header
            extra = Extra((), None, map_.size, map_.map)
    else:
        stored = 0
    if kind in (CHARACTER, BLOCK_DEVICE):
        extra = Extra((), (number(block[329:337]), number(block[337:345])))
    if extended.xattrs:
        extra = (extra or Extra())._replace(xattrs=extended.xattrs)
    return kind, stored, raw, extra


def _not_tar(at: int) -> str:
    if at == 0:
        return "its first 512 bytes are no tar header"
    return f"a tar header is damaged (byte {at:,})"
