"""The class registry: its life in a real engine, with a session and a port of the test's own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest

from labhelpers.engine import Engine
from labhelpers.engine.clean import clean
from labhelpers.errors import PortTaken, RegistryError
from labhelpers.registry.server import ClassRegistry, check_port, listening
from labhelpers.stock import REGISTRY_IMAGE


def test_a_port_that_is_taken_is_named_with_who_has_it(taken: int) -> None:
    assert listening(taken)
    with pytest.raises(PortTaken) as caught:
        check_port(taken, "JupyterLab")
    assert caught.value.tried == f"open port {taken} for JupyterLab"
    assert f"(process {os.getpid()}) listens there already" in caught.value.found


def test_a_free_port_is_free(free: int) -> None:
    assert not listening(free)
    check_port(free, "JupyterLab")


@pytest.fixture
def own(engine: Engine, free: int) -> Iterator[ClassRegistry]:
    """A registry that nobody else uses."""
    made = ClassRegistry(engine, f"labtest-{secrets.token_hex(4)}", REGISTRY_IMAGE, port=free)
    yield made
    clean(engine, made.session)


@pytest.mark.engine
def test_its_life(own: ClassRegistry) -> None:
    assert own.container() is None
    assert not own.answers()
    assert own.stop() is False
    own.start()
    first = own.container()
    assert own.answers()
    assert own.tags() == []
    assert own.labels("lab/none", "1") is None
    own.start()
    assert own.container().id == first.id, "a second start changes nothing"
    published = first.attrs["HostConfig"]["PortBindings"]["5000/tcp"]
    assert [one["HostIp"] for one in published] == ["127.0.0.1"]
    assert own.stop() is True
    assert own.container() is None


@pytest.mark.engine
@pytest.mark.parametrize("how", ["kill", "pause", "remove"])
def test_what_happened_to_its_container_is_mended(how: str, own: ClassRegistry) -> None:
    own.start()
    first = own.container()
    volume = own.engine.api.volumes.get(own.name).attrs["CreatedAt"]
    getattr(first, how)(**({"force": True} if how == "remove" else {}))
    own.start()
    assert own.answers()
    assert own.container().id != first.id
    assert own.engine.api.volumes.get(own.name).attrs["CreatedAt"] == volume, "what it holds stays"


@pytest.mark.engine
def test_a_taken_port_ends_in_one_message_and_makes_nothing(engine: Engine, taken: int) -> None:
    registry = ClassRegistry(engine, f"labtest-{secrets.token_hex(4)}", REGISTRY_IMAGE, port=taken)
    with pytest.raises(PortTaken, match=f"open port {taken} for the class registry"):
        registry.start()
    assert registry.container() is None
    assert str(clean(engine, registry.session)) == "0 containers, 0 networks, 0 volumes, 0 images"


@pytest.mark.engine
def test_a_registry_that_is_gone_says_what_to_do(engine: Engine, free: int) -> None:
    registry = ClassRegistry(engine, "labtest", REGISTRY_IMAGE, port=free)
    with pytest.raises(RegistryError, match=r"Run \./lab up"):
        registry.tags()
    with pytest.raises(RegistryError, match=r"Run \./lab up"):
        registry.labels("lab/site", "1.0")
