"""What an engine and a registry say, or do not say, in words for people."""

from __future__ import annotations

import socket
from typing import cast

import pytest

from labhelpers.engine import Engine
from labhelpers.errors import RegistryError
from labhelpers.registry.api import RegistryApi
from labhelpers.registry.lesson import LessonRegistry


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("manifest for localhost:40139/none-06:1 not found: manifest unknown", "it has no such image"),
        ("login attempt to http://localhost:40139/v2/ failed with status: 401", "it asks for a login"),
        ("unauthorized: authentication required", "it asks for a login"),
        ("dial tcp 127.0.0.1:40139: connect: connection refused", "no registry answers there"),
        ("write /var/lib/registry/x: no space left on device", "the registry is full"),
        ("something new", "something new"),
    ],
)
def test_its_words(said: str, found: str) -> None:
    """A port is no status, whatever its digits are."""
    registry = LessonRegistry("registry-06", port=40139, engine=cast(Engine, None), env={}, image="none")
    assert registry.words(said)[0] == found


def test_a_registry_that_is_too_busy_is_there_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labhelpers.registry.api._ANSWER", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:  # who connects waits to be let in
        port = server.getsockname()[1]
        with pytest.raises(RegistryError, match=r"not answered for 0\.1 seconds\. The machine is busy"):
            RegistryApi(port, fix="Run ./lab up again.").tags("lab/site")
    with pytest.raises(RegistryError, match=r"no registry answers there\. Run \./lab up again"):
        RegistryApi(port, fix="Run ./lab up again.").tags("lab/site")
