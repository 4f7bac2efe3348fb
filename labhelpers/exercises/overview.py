"""All that was done, notebook by notebook: for one learner, and for a class."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from labhelpers.exercises import book
from labhelpers.exercises.panels import Panel
from labhelpers.exercises.record import Record
from labhelpers.widgets.look import panel


@dataclass(frozen=True)
class Line:
    """One exercise in one progress. `state`: "passed", "passed, solution seen", "tried" or "open"."""

    id: str
    title: str
    state: str
    tries: int
    hints: int


_STATES = {
    "passed": ("✓", "good"),
    "passed, solution seen": ("✓", "good"),
    "tried": ("○", "open"),
    "open": ("–", "plain"),
}
# Each notebook has a table, and all have their columns at the same places.
_STYLE = """<style>
section.lab-panel table.even { table-layout: fixed; }
section.lab-panel table.even th, section.lab-panel table.even td { width: auto; white-space: normal; }
</style>"""
_COLUMNS = (
    "<colgroup>" + "".join(f'<col style="width: {share}%">' for share in (23, 28, 27, 22)) + "</colgroup>"
)


def lines(data: Record, number: str | None = None) -> list[Line]:
    """Every exercise that there is (of one notebook), with what the progress says about it."""
    found = []
    for one in book.exercises(number):
        entry: dict[str, Any] = data["exercises"].get(one.id, {})
        passed, seen = entry.get("passed"), entry.get("solution")
        if passed:
            # Shown before it was passed: the times are of one form, so they compare as text.
            state = "passed, solution seen" if seen and seen <= passed else "passed"
        else:
            state = "tried" if entry.get("tries") else "open"
        found.append(Line(one.id, one.title, state, entry.get("tries", 0), entry.get("hints", 0)))
    return found


def predicted(data: Record, number: str | None = None) -> tuple[int, int, int]:
    """Of the predictions (of one notebook): how many were right, were compared, are there."""
    asked = book.predictions(number)
    kept = [data["predictions"].get(one.id, {}) for one in asked]
    seen = [one for one in kept if one.get("compared")]
    return sum(bool(one.get("right")) for one in seen), len(seen), len(asked)


def done(found: list[Line]) -> int:
    """How many of these are passed."""
    return sum(line.state.startswith("passed") for line in found)


def overview(data: Record) -> Panel:
    """The panel that `progress()` shows."""
    every = lines(data)
    title = f"{done(every)} of {len(every)} exercises passed"
    text, body = [title], []
    for number in book.notebooks():
        found = [line for line in every if line.id[:2] == number]
        right, seen, asked = predicted(data, number)
        told = f"{done(found)} of {len(found)}"
        made = f"{right} right of {seen}, {asked} in all" if seen else f"none of {asked} yet"
        guessed = f", predictions: {made}" if asked else ""
        name = f"{number} {book.topic(number)}"
        text.append(f"{name}: {told}{guessed}")
        rows = []
        for line in found:
            sign, kind = _STATES[line.state]
            effort = _effort(line)
            text.append(f"  {sign} {line.state:21}  {line.id:20}  {line.title}{effort and f' ({effort})'}")
            rows.append(
                f'<tr><td class="state {kind}"><span aria-hidden="true">{sign}</span> {line.state}</td>'
                f'<th scope="row">{escape(line.title)}</th><td><code>{line.id}</code></td>'
                f"<td>{effort}</td></tr>"
            )
        body.append(
            f"<h4>{escape(name)}</h4><p>{told}{guessed}</p>"
            f'<table class="even">{_COLUMNS}<tbody>{"".join(rows)}</tbody></table>'
        )
    return Panel("\n".join(text), _STYLE + panel(title, "".join(body)))


def _effort(line: Line) -> str:
    parts = [f"{line.tries} {'try' if line.tries == 1 else 'tries'}"] if line.tries else []
    parts += [f"{line.hints} {'hint' if line.hints == 1 else 'hints'}"] if line.hints else []
    return ", ".join(parts)
