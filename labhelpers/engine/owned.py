"""Containers that go with the process that made them, also when it is killed: see `labhelpers.owners`."""

from __future__ import annotations

from labhelpers.engine.client import Engine, engine_errors
from labhelpers.engine.shell import session
from labhelpers.errors import EngineError, EngineUnreachable
from labhelpers.labels import OWNER, WORKSHOP
from labhelpers.owners import claim
from labhelpers.places import places


def labels() -> dict[str, str]:
    """What to label a container with that must not outlive this process."""
    owner = claim()
    # Before the container is there: the watcher asks the engine for owners that have this mark only.
    owner.containers.touch()
    return {WORKSHOP: session(places()), OWNER: owner.name}


def remove_owned(engine: Engine, owner: str) -> list[str]:
    """Remove the containers of an owner that is no more; the names of all that were there.

    One that the engine does not let go is among them. Raises EngineUnreachable.
    """
    with engine_errors("remove what a killed process left"):
        found = engine.api.containers.list(
            all=True, filters={"label": f"{OWNER}={owner}"}, ignore_removed=True
        )
    for container in found:
        try:
            with engine_errors(f"remove {container.name}"):
                container.remove(force=True, v=True)
        except EngineUnreachable:
            raise
        except EngineError:
            continue  # it is on its way out; whoever asks again will see
    return [str(container.name) for container in found]
