"""What an engine says about a registry, in words for people."""

from __future__ import annotations

from typing import cast

import pytest

from labhelpers.engine import Engine
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
