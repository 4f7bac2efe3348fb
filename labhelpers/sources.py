"""Opening an image, wherever it is: one function for five kinds of source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from labhelpers.errors import FormatError, ImageError, LabError
from labhelpers.filetree import DEFAULT_LIMITS, LayerIndex, Limits, Reader, StreamReader, printable
from labhelpers.image import Image, Layer, layer_steps
from labhelpers.layout import archive, names, stream
from labhelpers.layout.blobs import FileBlob, OpenFile
from labhelpers.layout.cache import IndexCache
from labhelpers.layout.content import LayerContent
from labhelpers.layout.inflate import InflateReader, sniff
from labhelpers.layout.layers import Meter, Options, StoredLayer, Watched, content_of, load_layer
from labhelpers.layout.names import Source, parse_source
from labhelpers.oci import Config, Platform, parse_platform
from labhelpers.places import places
from labhelpers.progress import Progress, Quiet

_FIX = "Get the image again (docker save NAME -o FILE), or check which file it is."


def default_cache() -> IndexCache:
    """The cache in the user's cache folder."""
    return IndexCache(places().cache)


def open_image(
    source: str | Path,
    *,
    platform: str | None = None,
    verify: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    cache: IndexCache | None = None,
    progress: Progress | None = None,
) -> Image:
    """Read an image: its documents and the headers of its layers.

    `source`: see `names.parse_source`. `platform`: OS/ARCHITECTURE[/VARIANT], where there are several. `verify`:
    hash all content and hold it against every digest. `cache`: None for none (`default_cache()` is the user's).
    `progress`: told bytes; raising from it cancels, and leaves nothing behind.

    `ImageError` for what is no image, is damaged, or is beyond `limits`; `EngineError` and `RegistryError` from
    where the image is. Nothing is written but the cache.
    """
    found = parse_source(str(source))
    with (progress or Quiet()).task(f"Reading {printable(str(found))}") as task:
        options = Options(verify=verify, limits=limits, cache=cache, task=task)
        try:
            wanted = parse_platform(platform) if platform else None
            return _OPENERS[found.transport](found, wanted, options)
        except FormatError as error:
            raise ImageError(
                f"read the image {printable(str(found))}", str(error), error.fix or _FIX
            ) from error
        except LabError:
            raise
        except OSError as error:
            raise ImageError(
                f"read the image {printable(str(found))}", error.strerror or str(error), "Check the path."
            ) from error


def remember(image: Image) -> None:
    """Keep what an analysis found out about an image's content, so that the next look reads nothing again."""
    for layer in image.layers:
        layer.content.keep()


def _open_path(source: Source, platform: Platform | None, options: Options) -> Image:
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
    meter = Meter(options.task)
    loaded = [(stored, *load_layer(stored, options, meter)) for stored in plan.layers]
    return assemble(_named(source, plan.format), plan.reference, plan.config, loaded)


def _preferred(source: Source) -> str | None:
    if source.bare:
        return None
    return "docker" if source.transport == names.DOCKER_ARCHIVE else "oci"


def _named(source: Source, format_: str) -> Source:
    """A bare path under the transport that its file turned out to need."""
    if source.bare and source.transport == names.DOCKER_ARCHIVE and format_ == "oci":
        return replace(source, transport=names.OCI_ARCHIVE)
    return source


def _open_compressed(
    source: Source, file: OpenFile, how: str, platform: Platform | None, options: Options
) -> Image:
    meter = Meter(options.task)
    blob = FileBlob(file, 0, file.size)

    def reopen(see: Callable[[memoryview], object] = lambda _: None) -> Reader:
        return InflateReader(Watched(StreamReader(blob.chunks()), see), how, limits=options.limits)

    found = stream.read_archive(reopen(meter.see), options)
    plan = stream.find(
        found, prefer=_preferred(source), name=source.image, platform=platform, options=options, reopen=reopen
    )
    return assemble_stream(_named(source, plan.format), plan, options)


def assemble_stream(source: Source, plan: stream.StreamPlan, options: Options) -> Image:
    """The image of a stream that has passed."""
    loaded = []
    for layer in plan.layers:
        content = content_of(layer.packed, layer.stored, options)
        content.keep()
        loaded.append((layer.stored, layer.packed.index, content))
    return assemble(source, plan.reference, plan.config, loaded)


def assemble(
    source: Source,
    reference: str | None,
    config: Config,
    loaded: list[tuple[StoredLayer, LayerIndex, LayerContent]],
) -> Image:
    """The image made of layers that were read."""
    steps = layer_steps(config, len(loaded))
    return Image(
        source=str(source),
        reference=reference,
        config=config,
        layers=tuple(
            Layer(
                number=number,
                diff_id=stored.diff_id,
                digest=stored.digest,
                compressed_size=stored.blob.size if stored.blob.size >= 0 else None,
                created_by=steps[number],
                index=index,
                content=content,
            )
            for number, (stored, index, content) in enumerate(loaded)
        ),
    )


def _open_daemon(source: Source, platform: Platform | None, options: Options) -> Image:
    from labhelpers.engine.export import open_daemon  # the engine's client is not quick to import

    return open_daemon(source, platform, options)


def _open_registry(source: Source, platform: Platform | None, options: Options) -> Image:
    from labhelpers.registry.images import open_remote  # nor is HTTP

    return open_remote(source, platform, options)


_OPENERS: dict[str, Callable[[Source, Platform | None, Options], Image]] = {
    names.DAEMON: _open_daemon,
    names.REGISTRY: _open_registry,
    names.DOCKER_ARCHIVE: _open_path,
    names.OCI: _open_path,
    names.OCI_ARCHIVE: _open_path,
}
