"""A class: many progress files as one table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labhelpers.errors import LabError
from labhelpers.exercises import book, record
from labhelpers.exercises.overview import Line, done, lines, predicted


@dataclass(frozen=True)
class Learner:
    """One learner's file. `name`: as they gave it, else the file's. `predictions`: (right, compared)."""

    name: str
    lines: tuple[Line, ...]
    predictions: tuple[int, int]


@dataclass(frozen=True)
class Class:
    """All of them, by name; and the files that could not be read, with why."""

    learners: tuple[Learner, ...]
    unread: tuple[tuple[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "learners": [
                {
                    "name": one.name,
                    "passed": done(list(one.lines)),
                    "exercises": {line.id: line.state for line in one.lines},
                    "predictions": {"right": one.predictions[0], "compared": one.predictions[1]},
                }
                for one in self.learners
            ],
            "unread": dict(self.unread),
        }

    def text(self) -> str:
        """A row for each learner, a column for each notebook; then the exercises where most are stuck."""
        numbers = book.notebooks()
        head = ["name", *numbers, "all", "predicted"]
        rows = [
            [
                one.name,
                *(_of([line for line in one.lines if line.id[:2] == number]) for number in numbers),
                _of(list(one.lines)),
                f"{one.predictions[0]}/{one.predictions[1]}",
            ]
            for one in self.learners
        ]
        widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
        text = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in [head, *rows]
        ]
        text += ["", *self._stuck(), *(f"Not read: {name}: {why}" for name, why in self.unread)]
        return "\n".join(text).rstrip()

    def _stuck(self) -> list[str]:
        tried: dict[str, int] = {}
        for one in self.learners:
            for line in one.lines:
                if line.state == "tried":
                    tried[line.id] = tried.get(line.id, 0) + 1
        worst = sorted(tried.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
        return [f"{count} tried {id} and have not passed it yet" for id, count in worst]


def _of(found: list[Line]) -> str:
    return f"{done(found)}/{len(found)}"


def collect(folder: Path) -> Class:
    """Read every *.json of a folder as a progress file. One that is none is named, and stops nothing."""
    learners, unread = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            data = record.parse(path.read_text(encoding="utf-8"))
            right, compared, _ = predicted(data)
            learners.append(Learner(data["name"] or path.stem, tuple(lines(data)), (right, compared)))
        except LabError as error:
            unread.append((path.name, error.found))
        except (ValueError, OSError, RecursionError) as error:
            unread.append((path.name, getattr(error, "strerror", None) or "it is not a progress file"))
    return Class(tuple(sorted(learners, key=lambda one: one.name.casefold())), tuple(unread))
