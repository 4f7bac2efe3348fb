"""`explore("NAME")`: the short way to a layer explorer."""

from __future__ import annotations

from typing import Any

from labhelpers.widgets.layer_explorer.building import build
from labhelpers.widgets.layer_explorer.loading import open_container
from labhelpers.widgets.layer_explorer.widget import LayerExplorer


class Explore:
    """What `labhelpers.explore` is: a function, with `build` beside it."""

    build = staticmethod(build)

    def __call__(
        self, source: Any = None, *, compare: Any = None, container: str | None = None, wait: bool = True
    ) -> LayerExplorer:
        """Look into an image: its layers, its files, its waste. Show it by making it the last line of a cell.

        `source`: a name ("python:3.12"), a file or folder, or `docker://NAME`; `compare`: another one, to be
        held against it. `wait=False` comes back at once and shows progress in the widget, with a way to
        cancel; `wait` reads first, and interrupting the kernel cancels.
        `container`: a container's name; its writable layer stands on top of the image, and is looked at
        again every two seconds. Without a `source` it is the image that the container was made from.
        `ImageError` for what is no readable image; the message says what was found and what to do.
        """
        if container is not None:
            return LayerExplorer(
                source,
                wait=wait,
                opener=lambda what, _, progress: open_container(what, container, progress),
            )
        return LayerExplorer(source, compare=compare, wait=wait)


explore = Explore()
