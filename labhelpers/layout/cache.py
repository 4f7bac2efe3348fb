"""The cache of layer indexes, by diff id: a layer never changes, so it is read once.

A diff id is a claim of whoever wrote the image. An index is therefore used only where something vouches for
it: an engine or a registry digest (`trusted`), the same file as last time (`seen`: device, inode, size and
times), the same compressed blob, or the same headers (see `layers`). Files are written whole or not at all,
by rename; damaged ones are ignored; the folder is kept below a size by forgetting what was used least
recently. A cache that cannot be written is no error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from pathlib import Path

from labhelpers.errors import FormatError
from labhelpers.filetree.packed import VERSION, Packed, pack, unpack

_LARGEST = 512 << 20
_SMALL = 8 << 20
# A file that changed this lately might change again within the clock's resolution, unseen.
_SETTLED = 2_000_000_000


class IndexCache:
    """Indexes below `folder`, at most `size` bytes of them. Safe for several processes at once."""

    def __init__(self, folder: Path, *, size: int = _LARGEST) -> None:
        self._layers = folder / f"layers-{VERSION}"
        self._seen = folder / f"seen-{VERSION}"
        self._size = size

    def knows(self, diff_id: str) -> bool:
        """Whether an index is kept for a diff id, be it good or not."""
        return any((self._layers / _file_name(f"{diff_id} {trusted}")).exists() for trusted in (False, True))

    def load(self, diff_id: str, *, trusted: bool) -> Packed | None:
        """The index kept for a diff id; None if there is none, or it is damaged.

        Indexes that something vouches for are kept apart from those of files that only claim their diff ids.
        """
        path = self._layers / _file_name(f"{diff_id} {trusted}")
        try:
            packed = unpack(path.read_bytes())
        except (OSError, FormatError):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return packed

    def store(self, diff_id: str, packed: Packed, *, trusted: bool) -> None:
        """Keep an index."""
        self._write(self._layers / _file_name(f"{diff_id} {trusted}"), pack(packed))

    def load_note(self, key: str) -> object:
        """A small JSON value kept under any text; None if there is none, or it is damaged."""
        try:
            path = self._seen / _file_name(key)
            if path.stat().st_size > _SMALL:
                return None
            found = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return found["value"] if isinstance(found, dict) and found.get("key") == key else None

    def store_note(self, key: str, value: object) -> None:
        """Keep a small JSON value under any text."""
        self._write(self._seen / _file_name(key), json.dumps({"key": key, "value": value}).encode())

    def seen(self, identity: str) -> dict[str, str]:
        """What lies where in a file that has not changed: start of a blob -> "diff id, fingerprint"."""
        found = self.load_note(f"file {identity}")
        if not isinstance(found, dict):
            return {}
        return {str(start): what for start, what in found.items() if isinstance(what, str)}

    def mark_seen(self, identity: str, changed: int, blobs: dict[str, str]) -> None:
        """Remember what lies where in a file, unless it changed (ns since 1970) only just now."""
        if time.time_ns() - changed > _SETTLED:
            self.store_note(f"file {identity}", self.seen(identity) | blobs)

    def _write(self, path: Path, data: bytes) -> None:
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                with temporary.open("xb") as file:
                    file.write(data)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            self._forget(path.parent, keep=path.name)
        except OSError:
            return

    def _forget(self, folder: Path, keep: str) -> None:
        """Stay within bounds: an index is the last to go of those that were used since."""
        with os.scandir(folder) as entries:
            files = [(entry.stat(), entry) for entry in entries]
        total = sum(found.st_size for found, _ in files)
        if total <= self._size and len(files) <= 20_000:
            return
        for found, entry in sorted(files, key=lambda item: item[0].st_mtime_ns):
            if total <= self._size * 9 // 10 and len(files) <= 20_000:
                return
            if entry.name != keep:
                with contextlib.suppress(OSError):
                    Path(entry.path).unlink()
                total -= found.st_size


def _file_name(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
