"""What a layer holds, without its content: one immutable value of columns, light enough for millions of
entries.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

# Kinds, one character each, as the column stores them.
FILE, FOLDER, SYMLINK, HARDLINK, CHARACTER, BLOCK_DEVICE, FIFO = "fdlhcbp"
KINDS = {
    FILE: "file",
    FOLDER: "folder",
    SYMLINK: "symbolic link",
    HARDLINK: "hard link",
    CHARACTER: "character device",
    BLOCK_DEVICE: "block device",
    FIFO: "FIFO",
}
PERMISSIONS = 0o7777


class Extra(NamedTuple):
    """What few entries have. `size`: a sparse file's size as programs see it; -1 for any other.

    `sparse`: where its stored bytes belong, (offset, length) pairs, bytes.
    """

    xattrs: tuple[tuple[str, str], ...] = ()
    device: tuple[int, int] | None = None
    size: int = -1
    sparse: tuple[tuple[int, int], ...] = ()


_NO_EXTRA = Extra()


class Entry(NamedTuple):
    """One entry of a layer, made on demand from the columns.

    `path` without a leading slash ("" is the root). `kind`: one of `KINDS`. `size`: content bytes stored by
    this entry; `logical_size`: as programs see it (larger for a sparse file). `mode`: permission bits.
    `mtime`: nanoseconds since 1970. `link`: a symbolic link's text, or a hard link's target path.
    `offset`: where the content begins in the uncompressed layer, in bytes.
    """

    path: str
    kind: str
    size: int
    logical_size: int
    mode: int
    uid: int
    gid: int
    mtime: int
    link: str
    xattrs: tuple[tuple[str, str], ...]
    device: tuple[int, int] | None
    offset: int

    @property
    def metadata(self) -> tuple[object, ...]:
        """What `metadata` differences compare: mode, owner, time, extended attributes."""
        return self.mode, self.uid, self.gid, self.mtime, self.xattrs

    @property
    def substance(self) -> tuple[object, ...]:
        """What content means beside the bytes: the kind, a link's target, a device's numbers."""
        return self.kind, self.link, self.device


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LayerIndex:
    """The entries of one layer in archive order, as columns; names that are no files stand beside them.

    `paths`, `kinds`, `sizes` (content bytes as stored), `offsets` (of the content in the uncompressed layer),
    `times` (ns), `owners` (which of `owner_table`'s (mode, uid, gid)) have one item per entry; `links`,
    `extras` and `digests` (content) only where there is something to say.
    `whiteouts`: the paths they hide; `opaques`: the folders; `unsafe`: names that leave the root, as they
    stand in the archive. `runs`: (offset, length) pairs of all headers, one after the other; `fingerprint`:
    SHA-256 of those bytes, so that an index can be held against an archive without reading content. `end`:
    bytes read.
    """

    paths: Sequence[str]
    kinds: str
    sizes: array[int]
    offsets: array[int]
    times: array[int]
    owners: array[int]
    owner_table: Sequence[tuple[int, int, int]]
    links: Mapping[int, str] = field(default_factory=dict)
    extras: Mapping[int, Extra] = field(default_factory=dict)
    digests: Mapping[int, bytes] = field(default_factory=dict)
    whiteouts: tuple[str, ...] = ()
    opaques: tuple[str, ...] = ()
    unsafe: tuple[str, ...] = ()
    runs: array[int] = field(default_factory=lambda: array("q"))
    fingerprint: bytes = b""
    end: int = 0

    def __len__(self) -> int:
        return len(self.paths)

    def entry(self, number: int) -> Entry:
        """The entry with this number, counted from 0 in archive order."""
        mode, uid, gid = self.owner_table[self.owners[number]]
        extra = self.extras.get(number, _NO_EXTRA)
        size = self.sizes[number]
        return Entry(
            self.paths[number],
            self.kinds[number],
            size,
            size if extra.size < 0 else extra.size,
            mode & PERMISSIONS,
            uid,
            gid,
            self.times[number],
            self.links.get(number, ""),
            extra.xattrs,
            extra.device,
            self.offsets[number],
        )

    def holes(self, number: int) -> tuple[int, tuple[tuple[int, int], ...]]:
        """A sparse file's (size, map); (-1, ()) for any other. Part of what makes two contents the same."""
        extra = self.extras.get(number, _NO_EXTRA)
        return extra.size, extra.sparse

    def entries(self) -> Iterator[Entry]:
        """All entries, in archive order."""
        return map(self.entry, range(len(self.paths)))
