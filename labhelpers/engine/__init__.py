"""The container engine: finding one, running one of our own, talking to it. Only here is the SDK imported."""

from __future__ import annotations

from labhelpers.engine.client import Engine, engine_errors, open_engine
from labhelpers.engine.discover import Candidate, Found, choose, connect, discover
from labhelpers.engine.shell import environment, session

__all__ = [
    "Candidate",
    "Engine",
    "Found",
    "choose",
    "connect",
    "discover",
    "engine_errors",
    "environment",
    "open_engine",
    "session",
]
