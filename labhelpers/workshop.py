"""Setting the workshop up, and taking it down again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from labhelpers.engine import Engine, choose, discover, session
from labhelpers.engine.clean import Removed, clean
from labhelpers.engine.embedded import ORIGIN, Embedded
from labhelpers.engine.shell import ensure_client
from labhelpers.errors import EngineNotFound
from labhelpers.kit import bring_images
from labhelpers.places import Places
from labhelpers.registry.server import ClassRegistry
from labhelpers.stock import REGISTRY_IMAGE, ensure_stock
from labhelpers.telling import Progress, Quiet


@dataclass(frozen=True)
class Ready:
    """A workshop that can be used: its engine, the environment for `docker …`, the class registry."""

    engine: Engine
    env: dict[str, str]
    registry: ClassRegistry


def find_or_start(where: Places, progress: Progress, *, may_start: Callable[[], None]) -> Engine:
    """The engine that this machine's settings lead to, or one of our own.

    `may_start` is called before one of our own is started for the first time; it raises to refuse.
    """
    try:
        engine = choose(discover()).engine
        assert engine is not None
    except EngineNotFound:
        own = Embedded(where)
        if not where.prefix.exists():
            own.check()
            may_start()
        engine = own.start(progress)
    return engine


def set_up(where: Places, progress: Progress, *, may_start: Callable[[], None] = lambda: None) -> Ready:
    """Bring up everything that is missing: engine, client, class registry, stock images.

    A second call finds it all there and is quick. Raises LabError with what to do.
    """
    engine = find_or_start(where, progress, may_start=may_start)
    env = ensure_client(engine, where, progress)
    bring_images(engine, env, where, progress)
    registry = ensure_stock(engine, env, where, progress, own_engine=engine.origin == ORIGIN)
    return Ready(engine, env, registry)


def take_down(where: Places) -> list[str]:
    """Stop what the workshop started, and return what that was: the class registry, and our own engine."""
    stopped = []
    try:
        engine = choose(discover()).engine
        if engine and ClassRegistry(engine, session(where), REGISTRY_IMAGE).stop():
            stopped.append("the class registry")
    except EngineNotFound:
        pass
    if Embedded(where).stop():
        stopped.append(ORIGIN)
    return stopped


def clean_up(where: Places) -> Removed:
    """Remove everything that this workshop made in the engine, by its label."""
    own = Embedded(where)
    started = False
    try:
        engine = choose(discover()).engine
    except EngineNotFound:
        if not where.engine_data.exists():
            return Removed()
        # What it made is in an engine that does not run: start it for as long as this takes.
        engine, started = own.start(Quiet()), True
    assert engine is not None
    removed = clean(engine, session(where))
    if started:
        own.stop()
    return removed
