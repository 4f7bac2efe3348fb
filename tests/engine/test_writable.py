"""A container's writable layer, on the real engine: what it wrote, while it works."""

from __future__ import annotations

import uuid

import pytest

from labhelpers import explore
from labhelpers.engine import Engine, session
from labhelpers.engine.images import local_images, written
from labhelpers.errors import EngineError
from labhelpers.labels import WORKSHOP
from labhelpers.places import places
from labhelpers.stock import REGISTRY_IMAGE

pytestmark = pytest.mark.engine


def test_what_a_container_writes_stands_on_top_of_its_image(engine: Engine) -> None:
    image = "localhost:5005/lab/busybox:1"
    engine.api.images.pull(image)
    name = f"writable-{uuid.uuid4().hex[:8]}"
    container = engine.api.containers.run(
        image, ["sleep", "60"], name=name, detach=True, labels={WORKSHOP: session(places())}
    )
    try:
        shown = explore(container=name)
        assert shown._picture["container"]["paths"] == []
        assert "busybox" in repr(shown)
        container.exec_run(["sh", "-c", "mkdir /data && echo hello > /data/new && rm /bin/wget"])
        found = shown._explorer.answer({"what": "container"})
        assert ["added", "/data/new"] in found["paths"]
        assert ["removed", "/bin/wget"] in found["paths"]
        assert (found["state"], found["modified"]) == ("running", 0)
        assert written(engine, name).size >= 6
    finally:
        container.remove(force=True)
    with pytest.raises(EngineError, match=name):
        written(engine, name)


def test_local_images_know_their_layers(engine: Engine) -> None:
    found = {image.name: image for image in local_images(engine)}
    assert found[REGISTRY_IMAGE].diff_ids
