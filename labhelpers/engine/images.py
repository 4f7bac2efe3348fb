"""The images in an engine and the layers that they are made of, as the engine tells them."""

from __future__ import annotations

from typing import NamedTuple

from docker.errors import ImageNotFound, NotFound

from labhelpers.engine.client import Engine, engine_errors
from labhelpers.errors import EngineError


class LocalImage(NamedTuple):
    """One image. `name`: its first tag, and how many more it has; the beginning of its id where it has none.

    `id`: the digest that the engine knows it by. `diff_ids`: its layers, base first.
    """

    name: str
    id: str
    diff_ids: tuple[str, ...]


def local_images(engine: Engine) -> list[LocalImage]:
    """Every image in the engine, in order of name. `EngineError` if it stops answering."""
    found = []
    with engine_errors("list the engine's images"):
        for told in engine.api.api.images():
            try:
                item = engine.api.images.get(str(told["Id"]))
            except ImageNotFound:
                continue  # it was removed while the others were looked at
            layers = (item.attrs.get("RootFS") or {}).get("Layers") or ()
            identity = str(item.id)
            more = f" (+{len(item.tags) - 1})" if len(item.tags) > 1 else ""
            name = f"{item.tags[0]}{more}" if item.tags else identity.partition(":")[2][:12]
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


# The instructions that can make a layer even where they store no byte, the likeliest first.
_MAKERS = ("RUN", "COPY", "ADD", "WORKDIR")


class BuildStep(NamedTuple):
    """One step of an image's history. `layer`: the number of the layer that it made (0 is the base), or None.

    `created_by`: the step as the engine tells it. `size`: bytes.
    """

    created_by: str
    size: int
    layer: int | None


def build_steps(engine: Engine, image: str, layers: int) -> list[BuildStep]:
    """The history of an image of so many layers, the oldest step first. `EngineError` if there is none such.

    The engine does not say which steps made a layer. Those with bytes did; of the others, as many as are
    missing, by the instruction that they hold.
    """
    with engine_errors(f"ask for the history of {image}"):
        told = [*reversed(engine.api.api.history(image))]  # type: ignore[no-untyped-call]
    texts = [str(step.get("CreatedBy") or "") for step in told]
    sizes = [int(step.get("Size") or 0) for step in told]

    def rank(number: int) -> tuple[int, int]:
        verb = texts[number].partition(" ")[0]
        empty = 1 + (_MAKERS.index(verb) if verb in _MAKERS else len(_MAKERS))
        return (0 if sizes[number] else empty), number

    made = sorted(sorted(range(len(told)), key=rank)[:layers])
    numbers = {step: layer for layer, step in enumerate(made)}
    return [BuildStep(texts[at], sizes[at], numbers.get(at)) for at in range(len(told))]


def layer_sizes(engine: Engine) -> list[tuple[LocalImage, tuple[int, ...]]]:
    """Every image in the engine with the bytes of each of its layers, base first, as the engine counts them.

    `EngineError` if the engine stops answering.
    """
    found = []
    for image in local_images(engine):
        count = len(image.diff_ids)
        try:
            steps = build_steps(engine, image.id, count)
        except EngineError as error:
            if isinstance(error.__cause__, NotFound):
                continue  # it was removed in the meantime
            raise
        sizes = [step.size for step in steps if step.layer is not None]
        found.append((image, (*sizes, *[0] * (count - len(sizes)))))
    return found
