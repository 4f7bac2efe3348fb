"""A trial run of a learner's image: how it ends and what it prints, in a container that is removed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import requests

from labhelpers.engine import engine_errors
from labhelpers.engine.owned import labels
from labhelpers.errors import EngineError, EngineUnreachable
from labhelpers.exercises.look import Look

_PATIENCE = 6.0  # seconds that an image of an exercise is given to end; they take a tenth of one
_MOST = 200  # lines of output that are looked at


@dataclass(frozen=True)
class Trial:
    """How a trial run ended.

    `status`: the exit code, or None where there is none. `output`: what it printed on both streams.
    `refused`: why it could not be started, in the engine's words, or "". `endless`: it was still running,
    and was ended.
    """

    status: int | None
    output: str = ""
    refused: str = ""
    endless: bool = False


def try_image(
    look: Look,
    image: str,
    *words: str,
    number: str,
    env: Mapping[str, str] | None = None,
    entrypoint: str | None = None,
) -> Trial:
    """Stands for `docker run --rm IMAGE WORDS…`, without a network. `number`: the notebook's, for its name.

    What the image does wrong is in the answer; raises EngineError only for what the engine does wrong.
    """
    api = look.engine.api
    with engine_errors(f"try the image {image}"):
        box = api.containers.create(
            image,
            list(words) or None,
            name=f"trial-{secrets.token_hex(4)}-{number}",
            environment=dict(env or {}),
            entrypoint=entrypoint,
            labels=labels(),
            network_disabled=True,
        )
        try:
            try:
                with engine_errors(f"start the image {image}"):
                    box.start()
            except EngineUnreachable:
                raise
            except EngineError as refused:
                return Trial(None, refused=refused.found)

            # One long request, not many short ones; where it fails, the next tells what became of the engine.
            try:
                status = int(box.wait(timeout=_PATIENCE)["StatusCode"])
            except requests.exceptions.RequestException:
                box.reload()
                return Trial(None, endless=True)
            output = box.logs(tail=_MOST).decode(errors="replace").strip()
            return Trial(status, output)
        finally:
            box.remove(force=True, v=True)


def short(trial: Trial) -> str:
    """The end of what a trial printed, fit for a sentence."""
    lines = (trial.output or trial.refused).splitlines()
    return lines[-1].rstrip(".")[:160] if lines else "nothing"
