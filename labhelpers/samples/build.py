"""Layers and images in five lines: names and contents in, an `Image` out."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from labhelpers import oci
from labhelpers.filetree import FileCursor, scan
from labhelpers.filetree.cursor import DIGEST
from labhelpers.image import Image, Layer, layer_steps

MTIME = 1_700_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One entry of a layer in full. `type`: a tar type flag; `link`: a link's target; `pax`: PAX records."""

    content: bytes = b""
    type: bytes = tarfile.REGTYPE
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = MTIME
    link: str = ""
    device: tuple[int, int] = (0, 0)
    pax: Mapping[str, str] | None = None


# bytes: a file; None: a folder; text: a symbolic link; Node: anything.
Item = bytes | None | str | Node
Layered = Mapping[str, Item] | Iterable[tuple[str, Item]]


def hard_link(target: str) -> Node:
    """A hard link to `target`."""
    return Node(type=tarfile.LNKTYPE, link=target)


def node(item: Item) -> Node:
    """What a short form stands for."""
    if isinstance(item, Node):
        return item
    if item is None:
        return Node(type=tarfile.DIRTYPE, mode=0o755)
    if isinstance(item, str):
        return Node(type=tarfile.SYMTYPE, link=item, mode=0o777)
    return Node(content=item)


def layer_tar(items: Layered, *, format: int = tarfile.PAX_FORMAT) -> bytes:
    """A layer as an uncompressed tar archive. Pairs instead of a mapping allow a name to stand twice.

    The value of a name is its content; None for a folder, text for a symbolic link, a `Node` for the rest.
    """
    buffer = io.BytesIO()
    pairs = items.items() if isinstance(items, Mapping) else items
    with tarfile.open(fileobj=buffer, mode="w", format=format, encoding="utf-8") as archive:
        for name, item in pairs:
            made = node(item)
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.uid, info.gid = made.type, made.mode, made.uid, made.gid
            info.mtime, info.linkname, info.size = made.mtime, made.link, len(made.content)
            info.devmajor, info.devminor = made.device
            info.pax_headers = dict(made.pax or {})
            archive.addfile(info, io.BytesIO(made.content))
    return buffer.getvalue()


def make_config(tars: Sequence[bytes], **changes: Any) -> bytes:
    """The config of an image of these layers; `changes` replace its fields (None removes one)."""
    config: dict[str, Any] = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["sh"]},
        "history": [{"created_by": f"step {number}"} for number in range(len(tars))],
        "rootfs": {"type": "layers", "diff_ids": [oci.sha256(tar) for tar in tars]},
    }
    config.update(changes)
    return json.dumps({key: value for key, value in config.items() if value is not None}).encode()


def _part(data: bytes, start: int, size: int) -> bytes:
    return data[start : start + size]


class _InMemory:
    """The content of a layer that is held in memory."""

    def __init__(self, tar: bytes, offsets: Sequence[int], sizes: Sequence[int]) -> None:
        self._tar = tar
        self._offsets = offsets
        self._sizes = sizes

    def digest(self, number: int) -> bytes:
        """What identifies the content of a regular file."""
        return hashlib.sha256(self.read(number)).digest()[:DIGEST]

    def read(self, number: int, *, start: int = 0, size: int | None = None) -> bytes:
        """Up to `size` bytes of a regular file from `start` on."""
        first, last = self._offsets[number], self._offsets[number] + self._sizes[number]
        end = last if size is None else min(last, first + start + size)
        return self._tar[first + start : end]

    def keep(self) -> None:
        """Nothing to keep."""


def sample_image(layers: Sequence[Layered], **config: Any) -> Image:
    """An image in memory, base layer first; `config` replaces fields of its configuration."""
    tars = [layer_tar(layer) for layer in layers]
    parsed = oci.parse_config(make_config(tars, **config))
    steps = layer_steps(parsed, len(tars))
    made = []
    for number, tar in enumerate(tars):
        index = scan(FileCursor(partial(_part, tar), 0, len(tar)))
        made.append(
            Layer(
                number=number,
                diff_id=parsed.diff_ids[number],
                digest=None,
                compressed_size=None,
                created_by=steps[number],
                index=index,
                content=_InMemory(tar, index.offsets, index.sizes),
            )
        )
    return Image(source="sample:", reference=None, config=parsed, layers=tuple(made))
