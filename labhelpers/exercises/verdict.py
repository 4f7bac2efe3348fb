"""What a check answers: pass, not yet, or cannot check."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["pass", "not yet", "cannot check"]


@dataclass(frozen=True)
class Verdict:
    """One answer of a check.

    `state`: "cannot check" is never the learner's fault. `found`: what was seen, as a sentence. `next`: the
    next thing to look at, or what to do. `wrong`: the name of the wrong answer that was recognised.
    `error`: what kept the check from checking; not shown.
    """

    state: State
    found: str = ""
    next: str = ""
    wrong: str | None = None
    error: Exception | None = field(default=None, compare=False)

    @property
    def passed(self) -> bool:
        """Whether the exercise is done."""
        return self.state == "pass"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"state": self.state, "found": self.found, "next": self.next, "wrong": self.wrong}


def blank(value: object) -> bool:
    """Whether a value that the learner fills in is still as it stood in the notebook: None, "…" or empty."""
    return value is None or (isinstance(value, str) and value.strip() in ("", "…", "..."))
