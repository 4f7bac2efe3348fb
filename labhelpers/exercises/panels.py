"""What learners see: each panel as HTML in a notebook, and as text elsewhere, the same every time."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from labhelpers.errors import LabError
from labhelpers.exercises import outcome as outcomes
from labhelpers.exercises.model import Exercise, Prediction
from labhelpers.exercises.outcome import Outcome
from labhelpers.exercises.verdict import Verdict
from labhelpers.widgets.look import panel, rich

# A sign, a word and a colour each: none of the three has to be seen for the others to be understood.
STATES = {
    "pass": ("✓", "pass", "good"),
    "not yet": ("○", "not yet", "open"),
    "cannot check": ("?", "cannot check", "bad"),
}
_HINT, _SOLUTION = ("→", "hint", "plain"), ("→", "solution", "plain")


@dataclass(frozen=True)
class Panel:
    """Something shown. `text`: its lines; `html`: the same as a card. `verdict`: what a check answered."""

    text: str
    html: str
    verdict: Verdict | None = None

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def made(
    title: str,
    lines: list[str],
    *,
    state: tuple[str, str, str],
    code: str = "",
    verdict: Verdict | None = None,
) -> Panel:
    """A panel of a heading, some sentences, and code below them."""
    lines = [line for line in lines if line]
    sign, word, _ = state
    text = [f"{sign} {word} · {title}", *(f"  {line}" for line in lines)]
    text += [f"    {line}".rstrip() for line in code.splitlines()]
    body = "".join(f"<p>{rich(line)}</p>" for line in lines)
    body += f"<pre><code>{escape(code)}</code></pre>" if code else ""
    return Panel("\n".join(text), panel(title, body, state=state), verdict)


def verdict(exercise: Exercise, found: Verdict, unkept: str = "") -> Panel:
    """What a check answered."""
    lines = [found.found, f"→ {found.next}" if found.next else ""]
    if found.state == "not yet":
        lines.append(f'Stuck? `hint("{exercise.id}")` shows a hint, and one more each time.')
    if found.state == "cannot check":
        lines.append("This says nothing about your work.")
    return made(exercise.title, [*lines, unkept], state=STATES[found.state], verdict=found)


def trouble(error: LabError) -> Panel:
    """An error for people, in place of a traceback."""
    found = Verdict("cannot check", error.found, error.fix, error=error)
    return made(
        f"Could not {error.tried}",
        [error.found, f"→ {error.fix}"],
        state=STATES["cannot check"],
        verdict=found,
    )


def hints(exercise: Exercise, shown: int) -> Panel:
    """The first `shown` hints."""
    lines = [f"{number}. {one}" for number, one in enumerate(exercise.hints[:shown], 1)]
    left = len(exercise.hints) - shown
    more = (
        f"{left} more: run this again."
        if left
        else f'That was the last. `solution("{exercise.id}")` shows it done.'
    )
    return made(exercise.title, [*lines, more], state=_HINT)


def solution(exercise: Exercise) -> Panel:
    """The solution, which is kept as shown."""
    after = "Your progress says that you looked. Do it once with your own hands."
    return made(exercise.title, [after], state=_SOLUTION, code=exercise.solution.strip("\n"))


def unanswered(asked: Prediction) -> Panel:
    """A prediction whose blank is untouched."""
    *most, last = asked.options or ("a number",)
    what = f"{', '.join(most)} or {last}" if most else last
    return made(
        asked.question,
        [*_options(asked), f"Write {what} in place of the dots, before you run the next cell."],
        state=("○", "predict", "open"),
    )


def committed(asked: Prediction, answer: outcomes.Answer, *, stands: bool) -> Panel:
    """A prediction that is kept."""
    note = "You have seen the result already, so your first prediction stands." if stands else ""
    return made(
        asked.question, [f"You say {outcomes.named(asked, answer)}", note], state=("●", "predicted", "plain")
    )


def compared(asked: Prediction, result: Outcome) -> Panel:
    """A prediction, and what happened."""
    state = {
        True: ("✓", "as predicted", "good"),
        False: ("≠", "otherwise", "open"),
        None: ("●", "seen", "plain"),
    }
    lines = [outcomes.words(asked, result), asked.because]
    return made(asked.question, lines, state=state[result.right])


def _options(asked: Prediction) -> list[str]:
    return [f"{letter}) {words}" for letter, words in asked.options.items()]
