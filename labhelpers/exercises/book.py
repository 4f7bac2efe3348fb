"""All exercises and predictions, found by their id. The modules are loaded when they are asked for."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from typing import TypeVar

import labhelpers.exercises
from labhelpers.errors import UsageError
from labhelpers.exercises.model import EXERCISES, PREDICTIONS, Exercise, Prediction

# Each notebook's title, and its exercises in the order in which they stand there.
NOTEBOOKS: dict[str, tuple[str, ...]] = {
    "00": ("Start here", "ready"),
    "01": ("Why containers", "matrix"),
    "02": ("Virtual machine or container", "measure", "resize", "one-kernel"),
    "03": ("Containers", "find-fault", "two-copies", "inspect", "clean-up"),
    "04": ("Images and layers", "count", "copy-on-write", "leaked-secret", "slim", "cache"),
    "05": ("Dockerfile", "entrypoint", "repair", "sent", "data"),
    "06": ("Registries", "push-pull", "travelled", "pin", "cloud-name"),
    "07": ("Compose", "repair", "survive", "lose-a-part", "scale"),
    "08": ("Data science", "same", "schedule", "serve"),
    "09": ("Build, ship, run", "ship", "run"),
    "10": ("Under the hood", "by-hand"),
}
T = TypeVar("T", Exercise, Prediction)


def notebooks() -> list[str]:
    """The numbers of the notebooks that have exercises."""
    return sorted({name[1:3] for name in _modules()})


def topic(number: str) -> str:
    """What a notebook is called: "Containers"."""
    return NOTEBOOKS[number][0]


def exercises(number: str | None = None) -> list[Exercise]:
    """The exercises of one notebook, or of all, in order."""
    _load(number)
    return [one for one in _sorted(EXERCISES.values()) if number in (None, one.notebook)]


def predictions(number: str | None = None) -> list[Prediction]:
    """The predictions of one notebook, or of all, in order."""
    _load(number)
    return [one for one in _sorted(PREDICTIONS.values()) if number in (None, one.notebook)]


def find_exercise(id: str) -> Exercise:
    """The exercise of this id. Raises UsageError with the nearest ids."""
    _load(str(id)[:2])
    if id not in EXERCISES:
        raise _unknown(id, "exercise", [one.id for one in exercises()])
    return EXERCISES[id]


def find_prediction(id: str) -> Prediction:
    """The prediction of this id. Raises UsageError with the nearest ids."""
    _load(str(id)[:2])
    if id not in PREDICTIONS:
        raise _unknown(id, "prediction", [one.id for one in predictions()])
    return PREDICTIONS[id]


def _modules() -> list[str]:
    there = pkgutil.iter_modules(labhelpers.exercises.__path__)
    return sorted(one.name for one in there if one.name[:1] == "e" and one.name[1:3].isdigit())


def _load(number: str | None) -> None:
    for name in _modules():
        if number in (None, name[1:3]):
            import_module(f"labhelpers.exercises.{name}")


def _sorted(found: Iterable[T]) -> list[T]:
    """By notebook, and there as in NOTEBOOKS; predictions stay in the order of their modules."""
    order = [f"{number}.{name}" for number, (_, *names) in NOTEBOOKS.items() for name in names]
    return sorted(
        found, key=lambda one: (one.notebook, order.index(one.id) if one.id in order else len(order))
    )


def _unknown(id: object, kind: str, known: list[str]) -> UsageError:
    near = get_close_matches(str(id), known, n=3, cutoff=0.5) or [
        one for one in known if one[:2] == str(id)[:2]
    ]
    fix = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known)}."
    return UsageError(f"find the {kind} {id}", "there is none of this id", fix)
