"""What the benchmarks read, made here and the same each time: archives of given files and bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from labhelpers import oci

_BLOCK = 512
_MTIME = 1_700_000_000


class _Through(io.RawIOBase):
    """Counts and hashes what is written through it."""

    def __init__(self, below: IO[bytes] | gzip.GzipFile) -> None:
        super().__init__()
        self._below = below
        self.hashed = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.hashed.update(data)
        self.size += len(data)
        return self._below.write(data)

    def tell(self) -> int:
        return self.size


def names(files: int) -> Iterator[str]:
    """Names as a Python image has them: some levels deep, a hundred to a folder."""
    for number in range(files):
        yield f"usr/local/lib/python3.12/site-packages/package{number // 100:04d}/module_{number:06d}.py"


def write_layer(
    target: IO[bytes] | gzip.GzipFile, files: list[str], size: int, *, whiteouts: list[str] | None = None
) -> str:
    """A layer of `files` of `size` bytes each (whiteouts before them).

    Its diff id. Compresses by about two.
    """
    source = random.Random(7).randbytes(1 << 19).hex().encode() * 2
    through = _Through(target)
    with tarfile.open(fileobj=through, mode="w|", format=tarfile.GNU_FORMAT, bufsize=1 << 20) as archive:
        for name in whiteouts or []:
            folder, _, base = name.rpartition("/")
            archive.addfile(_info(f"{folder}/.wh.{base}", 0))
        for number, name in enumerate(files):
            start = number * 7919 % (len(source) // 4)
            content = (source * (1 + (start + size) // len(source)))[start : start + size]
            archive.addfile(_info(name, size), io.BytesIO(content))
    return f"sha256:{through.hashed.hexdigest()}"


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, _MTIME, 0o644
    return info


def docker_archive(
    path: Path, layers: list[list[str]], size: int, *, whiteouts: dict[int, list[str]] | None = None
) -> Path:
    """A docker archive with these files per layer, each of `size` bytes; `whiteouts` by layer."""
    diff_ids = []
    with path.open("wb") as file:
        for number, files in enumerate(layers):
            at = file.tell()
            file.write(bytes(_BLOCK))
            diff_ids.append(write_layer(file, files, size, whiteouts=(whiteouts or {}).get(number)))
            end = file.tell()
            file.seek(at)
            file.write(_info(f"{number}/layer.tar", end - at - _BLOCK).tobuf(tarfile.GNU_FORMAT))
            file.seek(end)
            file.write(bytes(-end % _BLOCK))
        _documents(file, diff_ids, [f"{number}/layer.tar" for number in range(len(layers))])
    return path


def _documents(file: IO[bytes], diff_ids: list[str], layers: list[str]) -> None:
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "history": [{"created_by": f"RUN step {number}"} for number in range(len(diff_ids))],
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        }
    ).encode()
    name = oci.sha256(config).partition(":")[2] + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": ["bench:1"], "Layers": layers}]).encode()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for document, data in ((name, config), ("manifest.json", manifest)):
            archive.addfile(_info(document, len(data)), io.BytesIO(data))


def gzip_archive(path: Path, layers: list[list[str]], size: int) -> tuple[Path, list[Path]]:
    """The same with gzip layers, and each layer's blob as a file of its own beside it (for `gzip -dc`)."""
    diff_ids, blobs = [], []
    for number, files in enumerate(layers):
        blob = path.with_suffix(f".{number}.gz")
        with gzip.open(blob, "wb", compresslevel=6) as packed:
            diff_ids.append(write_layer(packed, files, size))
        blobs.append(blob)
    with path.open("wb") as file:
        for number, blob in enumerate(blobs):
            data = blob.read_bytes()
            file.write(_info(f"{number}.tar.gz", len(data)).tobuf(tarfile.GNU_FORMAT) + data)
            file.write(bytes(-len(data) % _BLOCK))
        _documents(file, diff_ids, [f"{number}.tar.gz" for number in range(len(layers))])
    return path, blobs


def spread(files: int, layers: int) -> list[list[str]]:
    """`files` names over `layers` layers, evenly; one in a hundred replaces a file of the layer below."""
    every = [*names(files)]
    share = -(-files // layers)
    found = [every[at : at + share] for at in range(0, files, share)]
    for number in range(1, len(found)):
        for at in range(0, len(found[number]), 100):
            found[number][at] = found[number - 1][at + 1]
    return found
