"""Images in files and folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from labhelpers.errors import FormatError
from labhelpers.filetree import LayerIndex, Reader, StreamReader
from labhelpers.image import Image
from labhelpers.layout import archive, names
from labhelpers.layout.beside import scan_beside
from labhelpers.layout.blobs import FileBlob, OpenFile
from labhelpers.layout.content import LayerContent
from labhelpers.layout.inflate import InflateReader, sniff
from labhelpers.layout.layers import Meter, Options, StoredLayer, Watched, by_headers, load_layer
from labhelpers.layout.names import Source
from labhelpers.oci import Platform
from labhelpers.sources.assemble import assemble

Loaded = tuple[StoredLayer, LayerIndex, LayerContent]
_WORTH_A_THREAD = 256 << 10
_MOST_THREADS = 4


def open_path(source: Source, platform: Platform | None, options: Options) -> Image:
    """The image in a file or a folder. `FormatError` if there is none; `OSError` if it cannot be opened."""
    assert source.path is not None
    if source.path.is_dir():
        files: archive.Files = archive.FolderFiles(source.path)
        if source.transport == names.OCI_ARCHIVE:
            raise FormatError("it is a folder", "Say oci: instead.")
    else:
        file = OpenFile(source.path)
        if not file.size:
            raise FormatError("the file is empty")
        if (how := sniff(file.read_at(0, 4))) != "tar":
            return _open_compressed(source, file, how, platform, options)
        if source.transport == names.OCI:
            raise FormatError("it is a file", "Say oci-archive: instead.")
        files = archive.ArchiveFiles(file, options.limits)
    plan = archive.find(
        files, prefer=_preferred(source), name=source.image, platform=platform, limits=options.limits
    )
    loaded = _load(plan.layers, options)
    return assemble(_named(source, plan.format), plan.reference, plan.config, loaded)


def _load(layers: Sequence[StoredLayer], options: Options) -> list[Loaded]:
    """The layers: those that are read by their headers, by two processes where that is quicker (`beside`);
    those to be decompressed side by side, as zlib and hashing leave the interpreter free.
    """
    meter = Meter(options.task)
    cache = options.cache
    cold = [layer for layer in layers if cache is None or not cache.knows(layer.diff_id)]
    read = scan_beside([blob for layer in cold if (blob := by_headers(layer, options))], options.limits)

    def load(stored: StoredLayer) -> Loaded:
        blob = by_headers(stored, options)
        return stored, *load_layer(stored, options, meter, read.get(blob) if blob else None)

    large = sum(layer.how != "tar" and layer.blob.size > _WORTH_A_THREAD for layer in layers)
    if large < 2:
        return [load(layer) for layer in layers]
    from concurrent.futures import ThreadPoolExecutor  # not quick to import

    with ThreadPoolExecutor(min(large, os.cpu_count() or 1, _MOST_THREADS)) as pool:
        return list(pool.map(load, layers))


def _preferred(source: Source) -> str | None:
    if source.bare:
        return None
    return "docker" if source.transport == names.DOCKER_ARCHIVE else "oci"


def _named(source: Source, format_: str) -> Source:
    """A bare path under the transport that its file turned out to need."""
    if source.bare and source.transport == names.DOCKER_ARCHIVE and format_ == "oci":
        return source._replace(transport=names.OCI_ARCHIVE)
    return source


def _open_compressed(
    source: Source, file: OpenFile, how: str, platform: Platform | None, options: Options
) -> Image:
    # Only a compressed archive needs the machinery for streams.
    from labhelpers.layout import stream
    from labhelpers.sources.assemble import assemble_stream
    from labhelpers.sources.plans import keep, recall

    meter = Meter(options.task)
    blob = FileBlob(file, 0, file.size)

    def reopen(see: Callable[[memoryview], object] = lambda _: None) -> Reader:
        return InflateReader(Watched(StreamReader(blob.chunks()), see), how, limits=options.limits)

    key = f"stream {file.identity} {source.image} {_preferred(source)} {platform}"
    plan = recall(key, options, reopen)
    if plan is None:
        reader = reopen(meter.see)
        found = stream.read_archive(reader, options)
        reader.drain()  # a compressed file is whole if its last bytes are right
        plan = stream.find(
            found,
            prefer=_preferred(source),
            name=source.image,
            platform=platform,
            options=options,
            reopen=reopen,
        )
        keep(key, plan, options)
    return assemble_stream(_named(source, plan.format), plan, options)
