"""What a case says: the states in which an exercise's check must answer, and how they are brought about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exercises.bench import Bench


@dataclass(frozen=True)
class Do:
    """What somebody does. In this order: `files` are written (path in the learner's folder: text), `sh` is
    run there (with `set -e`), `call` is called; then the check is asked with the values `given`.
    """

    sh: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    call: Callable[[Bench], None] | None = None


Step = str | Do  # a string is its commands


@dataclass(frozen=True)
class Case:
    """All that is tried with one exercise.

    `before`: what the notebook's cells make before the exercise. `after`: exercises whose solution is made
    before, too. `untouched`: the values as they stand in the notebook. `solution`; `other`: other valid ways,
    by a name; `wrong`: for each named wrong answer one state, or several. `also`: further states that are
    "not yet" without a name. `cut`: what is answered when the engine goes away in the middle. `no_engine`:
    why the check never asks the engine, where it does not. `lasting`: why what was made on an earlier day
    still counts, where it does (an answer that is typed, for instance).
    """

    id: str
    solution: Step
    other: Mapping[str, Step]
    wrong: Mapping[str, Step | Sequence[Step]]
    before: Step = ""
    after: Sequence[str] = ()
    untouched: Mapping[str, Any] = field(default_factory=dict)
    also: Mapping[str, Step] = field(default_factory=dict)
    cut: str = "cannot check"
    no_engine: str = ""
    lasting: str = ""

    @property
    def number(self) -> str:
        return self.id[:2]

    def wrongs(self) -> list[tuple[str, int, Step]]:
        """(name, which of its states, how) of every wrong answer."""
        found = []
        for name, steps in self.wrong.items():
            several = [steps] if isinstance(steps, str | Do) else list(steps)
            found += [(name, number, step) for number, step in enumerate(several, 1)]
        return found


def do(step: Step) -> Do:
    return Do(step) if isinstance(step, str) else step
