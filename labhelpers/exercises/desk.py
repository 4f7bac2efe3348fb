"""What a learner calls in a notebook: `check`, `hint`, `solution`, `predict`, `progress`. None raises."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from labhelpers.errors import LabError
from labhelpers.exercises import book, panels, record
from labhelpers.exercises.judge import judge
from labhelpers.exercises.model import Exercise
from labhelpers.exercises.outcome import outcome, valid
from labhelpers.exercises.overview import overview
from labhelpers.exercises.panels import Panel
from labhelpers.exercises.verdict import Verdict, blank

P = ParamSpec("P")


def _for_people(function: Callable[P, Panel]) -> Callable[P, Panel]:
    """An error for people becomes a panel: a learner's cell never shows a traceback."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Panel:
        try:
            return function(*args, **kwargs)
        except LabError as error:
            return panels.trouble(error)

    return call


def try_once(exercise: Exercise, given: dict[str, Any], *, folder: Path) -> tuple[Verdict, str]:
    """Check an exercise and keep the result: the verdict, and why it could not be kept ("" if it was)."""
    verdict = judge(exercise, given, folder=folder)
    if verdict.state == "cannot check":
        return verdict, ""
    try:
        with record.change() as data:
            entry = record.exercise_entry(data, exercise.id)
            entry["tries"] += 1
            entry["last"] = {"at": record.now(), "state": verdict.state, "wrong": verdict.wrong}
            if verdict.passed and not entry["passed"]:
                entry["passed"] = record.now()
    except LabError as error:
        return verdict, error.message
    return verdict, ""


@_for_people
def check(id: str, **given: Any) -> Panel:
    """Look whether exercise `id` is done: pass, not yet (with what to look at), or cannot check.

    `given`: values that the exercise asks for, check("03.inspect", exit_code=3). The result is a panel;
    `.verdict` holds it for programs. Kept in the progress.
    """
    exercise = book.find_exercise(id)
    verdict, unkept = try_once(exercise, given, folder=Path.cwd())
    return panels.verdict(exercise, verdict, unkept)


@_for_people
def hint(id: str) -> Panel:
    """Show the next hint of exercise `id`, with those before it. How many were shown is kept."""
    exercise = book.find_exercise(id)
    with record.change() as data:
        entry = record.exercise_entry(data, id)
        entry["hints"] = min(entry["hints"] + 1, len(exercise.hints))
        shown = entry["hints"]
    return panels.hints(exercise, shown)


@_for_people
def solution(id: str) -> Panel:
    """Show the solution of exercise `id`. That it was shown is kept."""
    exercise = book.find_exercise(id)
    with record.change() as data:
        entry = record.exercise_entry(data, id)
        entry["solution"] = entry["solution"] or record.now()
    return panels.solution(exercise)


@_for_people
def predict(id: str, answer: Any = None, *, saw: Any = None) -> Panel:
    """Commit to an answer, predict("03.published", "b"); afterwards compare: predict("03.published").

    `answer`: one of the letters, or a number where one is asked for; a blank one is not kept. `saw`: what
    was measured, where the truth depends on it. Once the truth was shown, the prediction stands.
    """
    asked = book.find_prediction(id)
    if answer is not None:
        if blank(answer):
            return panels.unanswered(asked)
        answer = valid(asked, answer)
        with record.change() as data:
            kept = data["predictions"].setdefault(id, {"answer": None, "compared": None, "right": None})
            stands = bool(kept["compared"]) and kept["answer"] != answer
            if not stands:
                kept["answer"], kept["at"] = answer, record.now()
        return panels.committed(asked, kept["answer"], stands=stands)
    with record.change() as data:
        kept = data["predictions"].get(id)
        if kept is None or kept["answer"] is None:
            return panels.compared(asked, outcome(asked, None, saw))
        result = outcome(asked, kept["answer"], saw)
        kept["right"], kept["compared"] = result.right, kept["compared"] or record.now()
    return panels.compared(asked, result)


@_for_people
def progress() -> Panel:
    """What you have done so far: every exercise and prediction, notebook by notebook."""
    return overview(record.read())
