"""The images in an engine and the layers that they are made of, as the engine tells them."""

from __future__ import annotations

from typing import NamedTuple

from labhelpers.engine.client import Engine, engine_errors


class LocalImage(NamedTuple):
    """One image. `name`: its first tag, or the beginning of its id where it has none.

    `id`: the digest that the engine knows it by. `diff_ids`: its layers, base first.
    """

    name: str
    id: str
    diff_ids: tuple[str, ...]


def local_images(engine: Engine) -> list[LocalImage]:
    """Every image in the engine, in order of name. `EngineError` if it stops answering."""
    found = []
    with engine_errors("list the engine's images"):
        for item in engine.api.images.list():
            layers = (item.attrs.get("RootFS") or {}).get("Layers") or ()
            identity = str(item.id)
            name = item.tags[0] if item.tags else identity.partition(":")[2][:12]
            found.append(LocalImage(str(name), identity, tuple(map(str, layers))))
    return sorted(found)
