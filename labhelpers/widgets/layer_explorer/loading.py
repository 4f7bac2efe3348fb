"""Reading what an explorer shows: from a name to an analysis, with progress and a way out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labhelpers.analysis.difference import Difference, difference
from labhelpers.analysis.waste import Analysis, analyse
from labhelpers.errors import FormatError, ImageError, LabError
from labhelpers.filetree import printable
from labhelpers.image import Image
from labhelpers.sources import default_cache, open_image, remember
from labhelpers.telling import Progress, Task
from labhelpers.view.explorer import Explorer
from labhelpers.view.writable import Writable

_EVERY = 0.1  # seconds between two words about progress


class Cancelled(Exception):
    """Somebody does not want it any more."""


@dataclass
class Opened:
    """What was read. `other`: what it is compared with; `shared`: diff id -> other local images with it.

    `built`: layer -> how a build came by it; `said`: what there is to say about that build.
    """

    analysis: Analysis
    other: tuple[Analysis, Difference] | None = None
    shared: Mapping[str, Sequence[str]] = field(default_factory=dict)
    built: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    said: str = ""
    container: Callable[[], Writable] | None = None

    def explorer(self) -> Explorer:
        """The view model of it."""
        return Explorer(
            self.analysis, other=self.other, shared=self.shared, built=self.built, container=self.container
        )


class Loading:
    """Progress that a widget shows, and that ends the work when somebody cancelled it."""

    def __init__(self, show: Callable[[dict[str, Any]], None], *, name: str) -> None:
        self.cancelled = False
        self.thread: threading.Thread | None = None
        self._show = show
        self._next = 0.0
        self._phase: dict[str, Any] = {"state": "loading", "title": f"Reading {printable(name)}", "done": 0}
        show(dict(self._phase))

    @contextmanager
    def task(self, title: str, *, unit: str = "bytes") -> Iterator[Task]:
        """Show one piece of work."""
        self._phase = {"state": "loading", "title": title, "done": 0, "total": 0}
        self._show(dict(self._phase))
        yield self

    def update(self, done: int | None = None, total: int | None = None, note: str | None = None) -> None:
        """Say how far it is; raises `Cancelled` when it need not go on."""
        if self.cancelled:
            raise Cancelled
        if done is not None:
            self._phase["done"] = done
        if total is not None:
            self._phase["total"] = total
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            self._show(dict(self._phase))


def open_source(source: Any, compare: Any, progress: Progress | None) -> Opened:
    """Read and analyse what `source` names, and what it is compared with.

    `ImageError` for what is no readable image.
    """
    analysis = analysis_of(source, progress)
    if compare is None:
        return Opened(analysis, shared=_shared(analysis))
    other = analysis_of(compare, progress)
    return Opened(analysis, (other, difference(analysis.image, other.image)))


def open_container(source: Any, name: str, progress: Progress | None) -> Opened:
    """Read a container's image (`source`, or what it was made from), with what the container wrote on top."""
    from labhelpers.engine import connect
    from labhelpers.engine.images import written

    engine = connect()

    def look() -> Writable:
        now = written(engine, name)
        return Writable(now.container, now.running, now.size, now.paths)

    try:
        opened = open_source(source or f"docker-daemon:{written(engine, name).image}", None, progress)
    except BaseException:
        engine.close()
        raise
    opened.container = look
    return opened


def analysis_of(source: Any, progress: Progress | None) -> Analysis:
    """The analysis of a name, a path, an image or an analysis."""
    if isinstance(source, Analysis):
        return source
    if not isinstance(source, str | Path | Image):
        raise ImageError(
            "find the image",
            f"{type(source).__name__} names none",
            "Give a name (python:3.12), a file or folder, or an image that was opened.",
        )
    opened = not isinstance(source, Image)
    image = (
        source if isinstance(source, Image) else open_image(source, cache=default_cache(), progress=progress)
    )
    try:
        found = analyse(image)
    except FormatError as error:
        raise ImageError(f"analyse {printable(image.source)}", str(error), error.fix) from error
    if opened:
        remember(image)
    return found


def _shared(analysis: Analysis) -> dict[str, list[str]]:
    """Which other local images have which of its layers; nothing where it was not read from an engine."""
    if not analysis.image.source.startswith("docker-daemon:"):
        return {}
    from labhelpers.engine import connect
    from labhelpers.engine.images import local_images

    try:
        engine = connect()
        try:
            images = local_images(engine)
        finally:
            engine.close()
    except LabError:
        return {}  # it was there a moment ago; what it shares is beside the point then
    return {
        layer.diff_id: sorted(
            image.name
            for image in images
            if layer.diff_id in image.diff_ids and image.id != analysis.image.config.digest
        )
        for layer in analysis.image.layers
    }
