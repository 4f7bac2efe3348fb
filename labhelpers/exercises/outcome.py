"""A prediction held against what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from labhelpers.errors import UsageError
from labhelpers.exercises.model import Prediction

Answer = str | float


@dataclass(frozen=True)
class Outcome:
    """How a prediction compared. `right`: None where there was none, or where there is no right answer."""

    answer: Answer | None
    truth: Answer | None
    right: bool | None


def valid(asked: Prediction, answer: Any) -> Answer:
    """The learner's answer as it is kept. Raises UsageError where it is none of the possible ones."""
    tried = f"keep your prediction {asked.id}"
    if asked.options:
        letter = str(answer).strip().rstrip(").").lower()
        if letter not in asked.options:
            *most, last = asked.options
            raise UsageError(
                tried, f"{answer!r} is none of its answers", f"Write {', '.join(most)} or {last}."
            )
        return letter
    try:
        number = float(str(answer).strip())
    except ValueError:
        raise UsageError(tried, f"{answer!r} is not a number", "Write a number, without its unit.") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise UsageError(tried, f"{answer!r} is not a number", "Write a number, without its unit.")
    return int(number) if number.is_integer() else number


def outcome(asked: Prediction, answer: Answer | None, saw: Any = None) -> Outcome:
    """Hold an answer (None: there is none) against the truth, or against what was measured (`saw`).

    Raises UsageError where the truth has to be measured and `saw` is missing.
    """
    truth: Answer | None
    if callable(asked.truth):
        if saw is None:
            tried, fix = f"compare the prediction {asked.id}", f'Write predict("{asked.id}", saw=…).'
            raise UsageError(tried, "what was measured is missing", fix)
        truth = asked.truth(saw)
    else:
        truth = saw if asked.truth is None else asked.truth
    right = None if answer is None or asked.truth is None else answer == truth
    return Outcome(answer, truth, right)


def words(asked: Prediction, result: Outcome) -> str:
    """The outcome as a sentence."""
    said, was = named(asked, result.answer), named(asked, result.truth)
    if result.truth is None:
        return f"You said {said}" if result.answer is not None else "You made no prediction."
    if result.answer is None:
        return f"You made no prediction. It was {was}"
    if result.right:
        short = _short(result.answer)
        return f"You said {short}, and {short} it was{was.removeprefix(short)}"
    return f"You said {said} It was {was}"


def named(asked: Prediction, answer: Answer | None) -> str:
    """An answer as the end of a sentence: "b: No." or "12."."""
    words = asked.options.get(answer, "") if isinstance(answer, str) else ""
    return f"{_short(answer)}: {words.rstrip('.')}." if words else f"{_short(answer)}."


def _short(answer: Answer | None) -> str:
    return f"{answer:.4g}" if isinstance(answer, float) else str(answer)
