"""The doctor in a notebook: what works on this machine, what does not, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from labhelpers.doctor import Check, examine
from labhelpers.widgets.look import panel

# A sign, a word and a colour each: none of the three has to be seen for the other two to be understood.
_STATES = {
    True: ("✓", "works", "good"),
    None: ("–", "optional", "plain"),
    False: ("✗", "needs you", "bad"),
}


def _short(text: str) -> str:
    """The same text with this workshop's folder and the home folder left out of paths: easier to read."""
    ours = Path(__file__).resolve().parents[2]
    return text.replace(f"{ours}/", "").replace(f"{Path.home()}/", "~/")


class DoctorPanel:
    """What the doctor found, as a table in a notebook and as lines of text elsewhere."""

    def __init__(self, checks: Iterable[Check]) -> None:
        self.checks = tuple(checks)

    @property
    def ready(self) -> bool:
        """Whether the workshop can run: nothing that is needed is missing."""
        return not self.needs_you

    @property
    def needs_you(self) -> list[str]:
        """The names of what does not work and should, in order."""
        return [check.name for check in self.checks if check.ok is False]

    @property
    def verdict(self) -> str:
        """The result in one sentence."""
        if self.ready:
            return "Everything that the workshop needs is here."
        if len(self.needs_you) == 1:
            return f"One thing needs you: {self.needs_you[0]}."
        return f"{len(self.needs_you)} things need you: {', '.join(self.needs_you)}."

    def __repr__(self) -> str:
        lines = [self.verdict]
        for check in self.checks:
            sign, word, _ = _STATES[check.ok]
            lines.append(f"{sign} {word:9}  {check.name}: {_short(check.detail)}")
            if check.fix and not check.ok:
                lines.append(f"             what to do: {check.fix}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = []
        for check in self.checks:
            sign, word, kind = _STATES[check.ok]
            found = escape(_short(check.detail))
            if check.fix and not check.ok:
                found += f'<span class="fix">→ {escape(check.fix)}</span>'
            rows.append(
                f'<tr><td class="state {kind}"><span aria-hidden="true">{sign}</span> {word}'
                f'</td><th scope="row">{escape(check.name)}</th><td>{found}</td></tr>'
            )
        head = '<tr><th scope="col">State</th><th scope="col">What</th><th scope="col">Found</th></tr>'
        return panel(self.verdict, f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>")


def doctor_panel() -> DoctorPanel:
    """Look at the engine, the images, the registry and this machine; the command is `./lab doctor`."""
    return DoctorPanel(examine())
