"""An initramfs: a filesystem that a kernel unpacks into memory when it boots.

Its form is a cpio archive, "newc" (Linux, Documentation/driver-api/early-userspace/buffer-format.rst): for
each file a header of hexadecimal numbers, its name and its content, each padded to four bytes.
"""

from __future__ import annotations

import io
import stat
import tarfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import IO

_KINDS = {
    tarfile.DIRTYPE: stat.S_IFDIR,
    tarfile.SYMTYPE: stat.S_IFLNK,
    tarfile.CHRTYPE: stat.S_IFCHR,
    tarfile.BLKTYPE: stat.S_IFBLK,
    tarfile.FIFOTYPE: stat.S_IFIFO,
}
_CHUNK = 1 << 20
_BLOCK = 512  # of a tar archive


class _Writer:
    """Writes entries one after the other. `size`: bytes written."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._inode = 0
        self.size = 0

    def entry(
        self,
        name: str,
        mode: int,
        *,
        owner: tuple[int, int] = (0, 0),
        device: tuple[int, int] = (0, 0),
        time: int = 0,
        size: int = 0,
        content: IO[bytes] | None = None,
        inode: int = 0,
    ) -> int:
        """Write one file of `size` bytes; returns its inode. With the `inode` of another it is that file."""
        if not inode:
            self._inode += 1
            inode = self._inode
        raw = name.encode(errors="surrogateescape") + b"\0"
        links = 2 if stat.S_ISREG(mode) else 1
        numbers = (inode, mode, *owner, links, time, size, 0, 0, *device, len(raw), 0)
        self._write(b"070701" + b"".join(b"%08X" % (number & 0xFFFFFFFF) for number in numbers) + raw)
        self._pad(4)
        left = size
        while content is not None and left:
            chunk = content.read(min(left, _CHUNK))
            if not chunk:
                raise EOFError(f"{name} is shorter than its header says")
            self._write(chunk)
            left -= len(chunk)
        self._pad(4)
        return inode

    def end(self) -> None:
        """Write what ends an archive."""
        self.entry("TRAILER!!!", 0)
        self._pad(_BLOCK)

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self.size += len(data)

    def _pad(self, to: int) -> None:
        self._write(b"\0" * (-self.size % to))


def from_tar(exported: IO[bytes], out: IO[bytes]) -> int:
    """Write the tar archive of a filesystem (as `docker export` gives it) as an initramfs; returns its bytes.

    `exported` must be seekable. Hard links stay links.
    """
    writer = _Writer(out)
    inodes: dict[str, int] = {}
    with tarfile.open(fileobj=exported, mode="r:") as archive:
        for member in archive:
            name = member.name.strip("/")
            content: IO[bytes] | None = None
            size = inode = 0
            if member.islnk():
                # The kernel links a name whose inode it has seen.
                inode = inodes.get(member.linkname.strip("/"), 0)
            elif member.issym():
                target = member.linkname.encode(errors="surrogateescape")
                content, size = io.BytesIO(target), len(target)
            elif member.isfile():
                content, size = archive.extractfile(member), member.size
            inodes[name] = writer.entry(
                name,
                _KINDS.get(member.type, stat.S_IFREG) | (member.mode & 0o7777),
                owner=(member.uid, member.gid),
                device=(member.devmajor, member.devminor) if member.isdev() else (0, 0),
                time=int(member.mtime),
                size=size,
                content=content,
                inode=inode,
            )
    writer.end()
    return writer.size


def from_files(files: Mapping[str, bytes]) -> bytes:
    """A small initramfs of files that anyone may read and run; folders come before what is in them."""
    out = io.BytesIO()
    writer = _Writer(out)
    folders: set[str] = set()
    for name, data in files.items():
        for above in reversed(PurePosixPath(name).parents[:-1]):
            if str(above) not in folders:
                folders.add(str(above))
                writer.entry(str(above), stat.S_IFDIR | 0o755)
        writer.entry(name, stat.S_IFREG | 0o755, size=len(data), content=io.BytesIO(data))
    writer.end()
    return out.getvalue()
