"""From a stored blob to a layer's index: from the cache where it is certain, else by reading headers."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from labhelpers.errors import FormatError
from labhelpers.filetree import (
    DEFAULT_LIMITS,
    LayerIndex,
    Limits,
    Reader,
    StreamCursor,
    StreamReader,
    scan,
)
from labhelpers.filetree.packed import Packed
from labhelpers.layout.blobs import Blob, FileBlob
from labhelpers.layout.cache import IndexCache
from labhelpers.layout.content import LayerContent
from labhelpers.layout.inflate import InflateReader, sniff
from labhelpers.telling import Task

_END = bytes(1024)


class Options(NamedTuple):
    """How images are read. `verify`: hash every blob and every layer, and hold them against their digests.

    `cache`: None for none. `keep`: put what is read into it at once, not only when it is asked to.
    `task`: told the bytes read; it stops the work by raising from `update`.
    """

    verify: bool = False
    limits: Limits = DEFAULT_LIMITS
    cache: IndexCache | None = None
    keep: bool = True
    task: Task | None = None


class Meter:
    """Adds up the bytes that several layers read, and tells the task."""

    def __init__(self, task: Task | None) -> None:
        self.done = 0
        self._task = task
        self._lock = threading.Lock()

    def see(self, part: Any) -> None:
        """Count a part. Layers may be read side by side; the task hears from one of them at a time."""
        with self._lock:
            self.done += len(part)
            if self._task is not None:
                self._task.update(done=self.done)


class StoredLayer(NamedTuple):
    """A layer as a store holds it. `how`: "tar", "gzip" or "zstd".

    `digest`: of the blob, None where no descriptor names it. `trusted`: the store vouches for the diff id, as
    an engine does. `remote`: it crossed a network, so it is hashed while it does.
    """

    blob: Blob
    how: str
    diff_id: str
    digest: str | None = None
    trusted: bool = False
    remote: bool = False


class Hashes:
    """What to hash while bytes pass: the blob as stored, and what it expands to.

    None for what is not wanted.
    """

    def __init__(self, blob: Any = None, layer: Any = None, meter: Meter | None = None) -> None:
        self.blob = blob
        self.layer = layer
        self.meter = meter

    def see_blob(self, part: Any) -> None:
        """Bytes as stored."""
        if self.blob is not None:
            self.blob.update(part)
        if self.meter is not None:
            self.meter.see(part)

    def see_both(self, part: Any) -> None:
        """Bytes of a layer that is stored as it is."""
        self.see_blob(part)
        self.see_layer(part)

    def see_layer(self, part: Any) -> None:
        """Bytes of the uncompressed layer."""
        if self.layer is not None:
            self.layer.update(part)


def open_stream(blob: Blob, how: str, limits: Limits, hashes: Hashes | None = None) -> Reader:
    """The uncompressed layer from its beginning."""
    hashes = hashes or Hashes()
    if how == "tar":
        return Watched(StreamReader(iter(blob.chunks())), hashes.see_both)
    return InflateReader(
        Watched(StreamReader(iter(blob.chunks())), hashes.see_blob), how, limits=limits, see=hashes.see_layer
    )


class Watched(Reader):
    """A reader whose bytes somebody sees as they pass."""

    def __init__(self, below: Reader, see: Callable[[Any], object]) -> None:
        super().__init__()
        self._below = below
        self._see = see

    def _next(self) -> memoryview:
        found = self._below.some(1 << 20)
        self._see(found)
        return found


def load_layer(
    layer: StoredLayer, options: Options, meter: Meter, index: LayerIndex | None = None
) -> tuple[LayerIndex, LayerContent]:
    """The index and the content of a layer. `FormatError` if it is damaged or no layer.

    `index`: what was read of it by headers alone, if it was.
    """
    packed = None
    if options.cache is not None and not options.verify:
        packed = _from_cache(options.cache, layer, meter)
    if packed is None:
        packed, certain = (Packed(index=index), False) if index is not None else _read(layer, options, meter)
        if options.cache is not None and certain:
            options.cache.store(layer.diff_id, packed, trusted=True)
    content = content_of(packed, layer, options)
    if options.keep:
        content.keep()
    return packed.index, content


def content_of(packed: Packed, layer: StoredLayer, options: Options) -> LayerContent:
    """A way to the content of a layer that was indexed, which remembers what it hashed."""
    index, cache, blob = packed.index, options.cache, layer.blob
    known = mark_of(layer, index, index.digests)

    def keep(digests: dict[int, bytes]) -> None:
        if cache is None:
            return
        whole = {**index.digests, **digests}
        mark = mark_of(layer, index, whole)
        if layer.trusted or layer.remote:
            if mark != known:
                cache.store(layer.diff_id, replace(packed, index=replace(index, digests=whole)), trusted=True)
        elif isinstance(blob, FileBlob) and cache.seen(blob.file.identity).get(str(blob.start)) != mark:
            cache.store(layer.diff_id, replace(packed, index=replace(index, digests=whole)), trusted=False)
            cache.mark_seen(blob.file.identity, blob.file.changed, {str(blob.start): mark})

    if layer.how == "tar" and isinstance(blob, FileBlob):
        return LayerContent(index, read_at=blob.read_at, keep=keep)
    return LayerContent(index, stream=lambda: open_stream(blob, layer.how, options.limits), keep=keep)


def mark_of(layer: StoredLayer, index: LayerIndex, digests: Mapping[int, bytes]) -> str:
    """What a place in a file was read as: a diff id, headers, and the contents that were hashed."""
    hashed = hashlib.sha256(index.fingerprint)
    for number, digest in sorted(digests.items()):
        hashed.update(b"%d " % number + digest)
    return f"{layer.diff_id} {hashed.hexdigest()}"


def _from_cache(cache: IndexCache, layer: StoredLayer, meter: Meter) -> Packed | None:
    blob = layer.blob
    if layer.trusted:
        return cache.load(layer.diff_id, trusted=True)
    if layer.remote:
        packed = cache.load(layer.diff_id, trusted=True)
        return packed if packed is not None and layer.digest in packed.blobs else None
    packed = cache.load(layer.diff_id, trusted=False) or cache.load(layer.diff_id, trusted=True)
    if packed is None or not isinstance(blob, FileBlob) or sniff(blob.read_at(0, 4)) != layer.how:
        return None  # a wrong media type is wrong whatever is known of the blob
    seen = cache.seen(blob.file.identity).get(str(blob.start))
    if seen is not None and seen == mark_of(layer, packed.index, packed.index.digests):
        return packed
    if layer.how == "tar":
        # Another file: the same headers are the same entries, but say nothing about content.
        if _headers(blob, packed.index) == packed.index.fingerprint:
            return replace(packed, index=replace(packed.index, digests={}))
        return None
    if not packed.blobs:
        return None
    hashed = hashlib.sha256()
    for chunk in blob.chunks():
        hashed.update(chunk)
        meter.see(chunk)
    return packed if f"sha256:{hashed.hexdigest()}" in packed.blobs else None


def _headers(blob: FileBlob, index: LayerIndex) -> bytes:
    hashed = hashlib.sha256()
    runs = index.runs
    for at in range(0, len(runs), 2):
        hashed.update(blob.read_at(runs[at], runs[at + 1]))
    ended = blob.read_at(max(0, index.end - len(_END)), len(_END)) == _END or index.end == blob.size
    return hashed.digest() if ended and index.end <= blob.size else b""


def by_headers(layer: StoredLayer, options: Options) -> FileBlob | None:
    """The blob of a layer that is read by its headers alone; None for one whose bytes must all pass."""
    blob = layer.blob
    return blob if isinstance(blob, FileBlob) and layer.how == "tar" and not options.verify else None


def _read(layer: StoredLayer, options: Options, meter: Meter) -> tuple[Packed, bool]:
    """The index read anew, and whether its diff id is certain."""
    if plain := by_headers(layer, options):
        return Packed(index=scan(plain.cursor(), limits=options.limits)), False
    blob = layer.blob
    # All bytes pass: those of a compressed blob are worth a digest (a third of the layer), those of the layer
    # only where it was asked for.
    compressed = layer.how != "tar"
    hashes = Hashes(
        hashlib.sha256() if compressed or options.verify or layer.remote else None,
        hashlib.sha256() if options.verify or layer.remote else None,
        meter,
    )
    reader = open_stream(blob, layer.how, options.limits, hashes)
    index = scan(StreamCursor(reader), limits=options.limits)
    reader.drain()
    digest = f"sha256:{hashes.blob.hexdigest()}" if hashes.blob else None
    check_digests(layer, digest, f"sha256:{hashes.layer.hexdigest()}" if hashes.layer else None)
    packed = Packed(index=index, blobs=(digest,) if digest and (compressed or layer.remote) else ())
    return packed, layer.trusted or hashes.layer is not None


def check_digests(layer: StoredLayer, blob: str | None, uncompressed: str | None) -> None:
    """Hold what was computed against what the image claims.

    `FormatError` if a blob is not what it should be.
    """
    if blob and layer.digest and layer.digest.startswith("sha256:") and blob != layer.digest:
        raise FormatError(f"a layer is damaged: it should be {layer.digest[:19]}… and is {blob[:19]}…")
    if uncompressed and layer.diff_id.startswith("sha256:") and uncompressed != layer.diff_id:
        raise FormatError(
            f"a layer is damaged: its diff id should be {layer.diff_id[:19]}… and is {uncompressed[:19]}…"
        )
