"""Opening an image, wherever it is: one function for five kinds of source."""

from __future__ import annotations

from pathlib import Path

from labhelpers.errors import EngineError, FormatError, ImageError, RegistryError
from labhelpers.filetree import DEFAULT_LIMITS, Limits, printable
from labhelpers.image import Image
from labhelpers.layout.cache import IndexCache
from labhelpers.layout.layers import Options
from labhelpers.layout.names import DAEMON, REGISTRY, Source, parse_source
from labhelpers.oci import Platform, parse_platform
from labhelpers.places import places
from labhelpers.sources.files import open_path
from labhelpers.telling import Progress, Quiet

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
    keep: bool = True,
    progress: Progress | None = None,
) -> Image:
    """Read an image: its documents and the headers of its layers.

    `source`: see `names.parse_source`. `platform`: OS/ARCHITECTURE[/VARIANT], where there are several.
    `verify`: hash all content and hold it against every digest. `cache`: None for none (`default_cache()` is
    the user's). `keep`: False for who will call `remember` anyway: what is read is then written once.
    `progress`: told bytes; raising from it cancels, and leaves nothing behind.

    `ImageError` for what is no image, is damaged, is beyond `limits`, or cannot be had from its engine or
    registry. Nothing is written but the cache.
    """
    found = parse_source(str(source))
    shown = printable(str(found))
    with (progress or Quiet()).task(f"Reading {shown}") as task:
        options = Options(verify=verify, limits=limits, cache=cache, keep=keep, task=task)
        try:
            return _open(found, parse_platform(platform) if platform else None, options)
        except FormatError as error:
            raise ImageError(f"read the image {shown}", str(error), error.fix or _FIX) from error
        except (EngineError, RegistryError) as error:
            raise ImageError(f"read the image {shown}", error.found, error.fix) from error
        except OSError as error:
            raise ImageError(
                f"read the image {shown}", error.strerror or str(error), "Check the path."
            ) from error


def remember(image: Image) -> None:
    """Keep what an analysis found out about an image's content, so that the next look reads nothing again."""
    for layer in image.layers:
        layer.content.keep()


def _open(source: Source, platform: Platform | None, options: Options) -> Image:
    # What speaks to engines and registries is not quick to import, and most looks are at files.
    if source.transport == DAEMON:
        from labhelpers.sources.daemon import open_daemon

        return open_daemon(source, platform, options)
    if source.transport == REGISTRY:
        from labhelpers.sources.remote import open_remote

        return open_remote(source, platform, options)
    return open_path(source, platform, options)
