"""What sharing saves, against what `docker save` gives out: layers known by their digest, files added up."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import uuid

import pytest

from labhelpers import shared_layers
from labhelpers.engine import Engine, session
from labhelpers.labels import WORKSHOP
from labhelpers.places import places

pytestmark = pytest.mark.engine

BASE = "localhost:5005/lab/busybox:1"
SIZES = {"common": 100_000, "one": 30_000, "two": 50_000}  # bytes


def build(engine: Engine, tag: str, *files: str) -> None:
    """An image with a layer for each of these files on top of the base."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        steps = "".join(f"COPY {name} /{name}\n" for name in files)
        for name, data in (
            ("Dockerfile", f"FROM {BASE}\n{steps}".encode()),
            *((name, b"x" * SIZES[name]) for name in files),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    context.seek(0)
    engine.api.images.build(
        fileobj=context, custom_context=True, tag=tag, rm=True, labels={WORKSHOP: session(places())}
    )


def saved_layers(engine: Engine, tag: str) -> dict[str, int]:
    """Each layer's digest and its bytes, read from `docker save` with tarfile alone.

    An engine counts a symbolic link as its file system does: as long as what it says.
    """
    whole = io.BytesIO(b"".join(engine.api.images.get(tag).save()))
    found = {}
    with tarfile.open(fileobj=whole) as archive:

        def read(name: str) -> bytes:
            file = archive.extractfile(name)
            assert file is not None
            return file.read()

        for name in json.loads(read("manifest.json"))[0]["Layers"]:
            layer = read(name)
            with tarfile.open(fileobj=io.BytesIO(layer)) as inside:
                found[hashlib.sha256(layer).hexdigest()] = sum(
                    m.size if m.isreg() else len(m.linkname) if m.issym() else 0 for m in inside
                )
    return found


def test_the_bytes_saved_are_those_of_the_layers_that_both_images_have(engine: Engine) -> None:
    if engine.image_store() != "overlay2":
        pytest.skip("this engine's image store counts blocks of a disk, not bytes of files")
    mark = f"sharing-{uuid.uuid4().hex[:8]}"
    engine.api.images.pull(BASE)
    try:
        for name in ("one", "two"):
            build(engine, f"{mark}:{name}", "common", name)
        one, two = (saved_layers(engine, f"{mark}:{name}") for name in ("one", "two"))
        both = one.keys() & two.keys()
        base = sum(one[digest] for digest in both) - SIZES["common"]
        assert base == sum(saved_layers(engine, BASE).values())
        found = shared_layers(f"{mark}:*")
        assert found.saved == sum(one[digest] for digest in both) == base + 100_000
        assert found.summed == sum(one.values()) + sum(two.values()) == 2 * base + 280_000
        assert found.stored == sum((one | two).values()) == base + 180_000
        assert found.summed == sum(
            engine.api.images.get(f"{mark}:{name}").attrs["Size"] for name in ("one", "two")
        )
    finally:
        for name in ("one", "two"):
            engine.api.images.remove(f"{mark}:{name}", force=True)
