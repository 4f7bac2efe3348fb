"""How the command line shows work and results: for a terminal, and as plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

console = Console(highlight=False, soft_wrap=True)


class _Line:
    """A task as two plain lines, one when it starts and one when it ends: nothing moves in a log."""

    def update(self, done: int | None = None, total: int | None = None, note: str | None = None) -> None:
        """Say nothing."""


class _Bar:
    """A task as a moving line."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.id = progress.add_task("", total=None, note="")
        self.note = ""

    def update(self, done: int | None = None, total: int | None = None, note: str | None = None) -> None:
        """Move the bar."""
        self.note = note or self.note
        self.progress.update(self.id, completed=done, total=total, note=self.note)


class Show:
    """Progress in a terminal: what runs, for how long, how far; what is done stays as a line."""

    @contextmanager
    def task(self, title: str, *, unit: str = "bytes") -> Iterator[_Line | _Bar]:
        """One piece of work."""
        started = time.monotonic()
        if sys.stdout.isatty():
            columns = [
                SpinnerColumn(),
                TextColumn(title, markup=False),
                BarColumn(bar_width=20),
                TimeElapsedColumn(),
                TextColumn("{task.fields[note]}", markup=False, style="dim"),
            ]
            with Progress(*columns, console=console, transient=True) as bar:
                yield _Bar(bar)
        else:
            console.print(f"… {title}", markup=False)
            yield _Line()
        console.print(f"✓ {title} ({time.monotonic() - started:.1f} s)", markup=False)
