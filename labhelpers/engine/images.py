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


class Written(NamedTuple):
    """What a container wrote on top of its image. `image`: the image's id; `running`: whether it works now.

    `size`: bytes in its writable layer; `paths`: (path without a leading slash, "added", "modified" or
    "removed"), in order of path, folders included.
    """

    container: str
    image: str
    running: bool
    size: int
    paths: tuple[tuple[str, str], ...]


_KINDS = {0: "modified", 1: "added", 2: "removed"}


def written(engine: Engine, container: str) -> Written:
    """A container's writable layer, as `docker diff` tells it. `EngineError` if there is no such one."""
    with engine_errors(f"look at the container {container}", "See docker ps --all for those that there are."):
        found = engine.api.containers.get(container)
        listed = engine.api.api.containers(all=True, size=True, filters={"id": found.id})
        changes = found.diff() or []
    size = next((one.get("SizeRw") for one in listed), None)
    paths = sorted((str(one["Path"]).strip("/"), _KINDS.get(int(one["Kind"]), "modified")) for one in changes)
    return Written(
        str(found.name), str(found.attrs.get("Image", "")), found.status == "running", size or 0, tuple(paths)
    )
