"""Images in an engine, whatever its image store: one `docker save`, unless every layer is known."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

from labhelpers.errors import FormatError
from labhelpers.filetree import Reader, StreamReader
from labhelpers.image import Image
from labhelpers.layout import stream
from labhelpers.layout.ahead import ahead
from labhelpers.layout.layers import Meter, Options, Watched
from labhelpers.layout.names import Source
from labhelpers.oci import Platform
from labhelpers.sources.assemble import assemble_stream
from labhelpers.sources.plans import keep, recall
from labhelpers.sources.socket import SocketImages

_UNIX = "unix:///"


class Images(Protocol):
    """What is needed of an engine."""

    def inspect_image(self, name: str) -> dict[str, Any]:
        """What the engine says of an image. `ImageError` if it has none of that name."""

    def save(self, reference: str) -> Iterator[bytes]:
        """The image as `docker save` writes it, in chunks."""


def _engine() -> Images:
    host = os.environ.get("DOCKER_HOST", "")
    if host.startswith(_UNIX):  # what is named need not be looked for, and looking takes the SDK
        return SocketImages(host.removeprefix("unix://"))
    from labhelpers.engine import connect

    engine = connect()
    if engine.host.startswith(_UNIX):
        return SocketImages(engine.host.removeprefix("unix://"), engine.origin)
    from labhelpers.engine.export import EngineImages

    return EngineImages(engine)


def open_daemon(
    source: Source, platform: Platform | None, options: Options, *, engine: Images | None = None
) -> Image:
    """The image of that name in the engine (the one that this machine's settings lead to, if None is given).

    `ImageError` if it is not there; `EngineError` if no engine answers. The engine vouches for diff ids: it
    checked them when it took the image in.
    """
    found = engine or _engine()
    said = found.inspect_image(source.name)
    identity, size = str(said.get("Id", "")), said.get("Size")

    def reopen() -> Reader:
        return StreamReader(found.save(source.name))

    key = f"engine {identity} {platform}"
    plan = recall(key, options, reopen) if identity else None
    if plan is None:
        if options.task is not None and isinstance(size, int) and size > 0:
            options.task.update(total=size)
        meter = Meter(options.task)
        try:
            coming = StreamReader(ahead(found.save(source.name)))
            # To the archive's end: an engine closes only after it has removed what it exported, which takes a
            # quarter of a second for a large image.
            passed = stream.read_archive(Watched(coming, meter.see), options)
        except FormatError as error:
            raise FormatError(
                str(error), "Try again, or save the image to a file and look at that."
            ) from error
        plan = stream.find(
            passed, prefer=None, name=None, platform=platform, options=options, reopen=reopen, trusted=True
        )
        if identity:
            keep(key, plan, options)
    tags = said.get("RepoTags") or []
    named = source.name if ":" in source.name or "@" in source.name else None
    if source.name.startswith("sha256:") or named is None:
        named = str(tags[0]) if tags else None
    return assemble_stream(source, replace(plan, reference=named), options)
