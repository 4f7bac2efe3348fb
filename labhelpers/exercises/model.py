"""Exercises and predictions, and how a module declares them. docs/exercises.md shows it on one page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from labhelpers.exercises.look import Look
from labhelpers.exercises.verdict import Verdict, blank

__all__ = ["EXERCISES", "PREDICTIONS", "Exercise", "Look", "Prediction", "Verdict", "blank"]
__all__ += ["exercise", "prediction"]

Check = Callable[..., Verdict]
# Filled by the modules as they are loaded; see `labhelpers.exercises.book`.
EXERCISES: dict[str, Exercise] = {}
PREDICTIONS: dict[str, Prediction] = {}
_ID = re.compile(r"\d\d\.[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    `id`: the notebook's number and a short name, "03.find-fault". `hints`: in the order in which they are
    shown. `solution`: commands, as a learner would type them. `wrong`: the wrong answers that the check
    recognises, each with the next thing to look at. `look`: the check itself.
    """

    id: str
    title: str
    goal: str
    success: str
    hints: tuple[str, ...]
    solution: str
    wrong: Mapping[str, str]
    look: Check

    @property
    def notebook(self) -> str:
        """The number of its notebook: "03"."""
        return self.id[:2]


@dataclass(frozen=True)
class Prediction:
    """A question that is answered before something is run.

    `options`: the answers to choose from, by letter; empty where a number is asked for. `truth`: the right
    letter or number; a function of what was measured, where it is measured; None where there is no right
    answer, only a comparison. `because`: why.
    """

    id: str
    question: str
    options: Mapping[str, str]
    truth: str | float | Callable[[Any], str | float] | None
    because: str

    @property
    def notebook(self) -> str:
        """The number of its notebook."""
        return self.id[:2]


def exercise(
    id: str,
    *,
    title: str,
    goal: str,
    success: str,
    hints: tuple[str, ...],
    solution: str,
    wrong: Mapping[str, str],
) -> Callable[[Check], Check]:
    """Declare the check below as an exercise. Raises ValueError for a declaration that is not whole."""
    if not _ID.fullmatch(id) or id in EXERCISES:
        raise ValueError(f"{id!r} is not an id like 03.find-fault, or is taken")
    if not (title and goal and success and hints and solution and all(wrong.values())):
        raise ValueError(
            f"{id} lacks a title, a goal, a success, a hint, a solution, or words for a wrong one"
        )

    def declare(check: Check) -> Check:
        EXERCISES[id] = Exercise(id, title, goal, success, tuple(hints), solution, dict(wrong), check)
        return check

    return declare


def prediction(
    id: str,
    *,
    question: str,
    because: str,
    options: Mapping[str, str] | None = None,
    truth: str | float | Callable[[Any], str | float] | None = None,
) -> None:
    """Declare a prediction. Raises ValueError where its truth is none of its options."""
    if not _ID.fullmatch(id) or id in PREDICTIONS:
        raise ValueError(f"{id!r} is not an id like 03.published, or is taken")
    options = dict(options or {})
    if isinstance(truth, str) and truth not in options:
        raise ValueError(f"the truth of {id} is none of its options")
    PREDICTIONS[id] = Prediction(id, question, options, truth, because)
