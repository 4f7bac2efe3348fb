"""What checks of notebooks about images ask: an image that was built today, and what it has above another."""

from __future__ import annotations

from typing import Any

from labhelpers.engine.images import BuildStep, build_steps
from labhelpers.exercises.look import Look, seconds_of
from labhelpers.view.words import instruction


def built(look: Look, reference: str) -> dict[str, Any] | None:
    """An image that the learner built, or None. Its age counts: that of its name.

    An image that comes from the cache whole is as old as it was; its name is given anew by each build.
    """
    found = look.image(reference)
    if found is not None:
        tagged = str((found.get("Metadata") or {}).get("LastTagTime") or "")
        when = tagged if tagged and not tagged.startswith("0001") else str(found["Created"])
        look.made(seconds_of(when), f"the image {reference}")
    return found


def layers_of(image: dict[str, Any]) -> list[str]:
    """The diff ids of an image's layers, base first."""
    return list(image["RootFS"].get("Layers") or ())


def steps_of(look: Look, image: dict[str, Any]) -> list[BuildStep]:
    """The build steps of an image, the oldest first."""
    return build_steps(look.engine, str(image["Id"]), len(layers_of(image)))


def newer_steps(look: Look, image: dict[str, Any], base: dict[str, Any]) -> list[BuildStep] | None:
    """The build steps above those of `base`; None if the image does not stand on it."""
    below = layers_of(base)
    if layers_of(image)[: len(below)] != below:
        return None
    return steps_of(look, image)[len(steps_of(look, base)) :]


def short(step: BuildStep) -> str:
    """A step as its author wrote it, cut to a length for a sentence, as code."""
    return f"`{instruction(step.created_by, longest=60)}`"
