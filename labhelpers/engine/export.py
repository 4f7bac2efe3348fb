"""An engine's images as the image core wants them: what is said of one, and its bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docker.errors import ImageNotFound

from labhelpers.engine.client import Engine, engine_errors
from labhelpers.errors import EngineError, ImageError

_FIX = "Pull or build it first, give a file, or read it from its registry with docker://NAME."


class EngineImages:
    """The images of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def inspect_image(self, name: str) -> dict[str, Any]:
        """What the engine says of an image. `ImageError` if it has none of that name; `EngineError` else."""
        try:
            with engine_errors(f"look for the image {name}"):
                found: dict[str, Any] = self._engine.api.api.inspect_image(name)  # type: ignore[no-untyped-call]
                return found
        except EngineError as error:
            if isinstance(error.__cause__, ImageNotFound):
                raise ImageError(
                    f"read the image {name}", f"the engine at {self._engine.host} has none of that name", _FIX
                ) from error
            raise

    def save(self, reference: str) -> Iterator[bytes]:
        """The image as `docker save` writes it, in chunks of bytes."""
        return self._engine.save(reference)
