"""Pushing and pulling through the engine, as it tells about it: one event for each step of each layer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from docker import auth

from labhelpers.engine.client import Engine, engine_errors
from labhelpers.errors import EngineError
from labhelpers.reference import Reference

Verb = Literal["push", "pull"]
# The engine gives a registry 15 s to answer its first question, and on a busy machine that may be too little.
_NO_ANSWER = "Client.Timeout exceeded"
_TRIES = 3


class Event(NamedTuple):
    """One step. `layer`: the beginning of its digest, "" for the image as a whole; `status`: as the engine
    says it ("Pushing", "Layer already exists"); `done` of `total` bytes, where it counts them.
    """

    layer: str
    status: str
    done: int | None = None
    total: int | None = None


def transfer(
    engine: Engine, verb: Verb, reference: Reference, login: tuple[str, str] | None
) -> Iterator[Event]:
    """Push or pull an image. Who stops reading stops it.

    `login`: a name and a password for the registry. EngineError with the engine's own words if it fails; a
    registry that does not answer in time is asked three times.
    """
    for left in reversed(range(_TRIES)):
        begun = False
        try:
            for event in _once(engine, verb, reference, login):
                begun = begun or bool(event.layer)
                yield event
        except EngineError as error:
            if begun or not left or _NO_ANSWER not in error.found:
                raise
        else:
            return


def _once(engine: Engine, verb: Verb, reference: Reference, login: tuple[str, str] | None) -> Iterator[Event]:
    tried = f"{verb} {reference.familiar}"
    repository = f"{reference.host}/{reference.path}"
    which = reference.digest or reference.tag or "latest"
    # Always given: the SDK would look for a login in the learner's own configuration.
    config = {"username": login[0], "password": login[1]} if login else {}
    call = getattr(engine.api.api, verb)
    with engine_errors(tried):
        events = call(repository, tag=which, stream=True, decode=True, auth_config=config)
        try:
            for said in events:
                if said.get("error"):
                    raise EngineError(tried, str(said["error"]), "Look at the registry's log.")
                yield _event(said)
        finally:
            # Closes the connection, and with it the work in the engine.
            events.close()


def _event(said: dict[str, Any]) -> Event:
    count = said.get("progressDetail") or {}
    return Event(
        str(said.get("id", "")), str(said.get("status", "")), count.get("current"), count.get("total")
    )


def stored_login(host: str, config: Path) -> tuple[str, str] | None:
    """The name and password that `docker login` stored for a registry in a configuration file, or None."""
    if not config.is_file():
        return None
    found = auth.load_config(str(config)).resolve_authconfig(host)
    if not found or not found.get("username"):
        return None
    return str(found["username"]), str(found.get("password") or "")
