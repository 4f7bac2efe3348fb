"""How long work tells people where it is, whoever shows it: a terminal, a log, a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Task(Protocol):
    """One piece of work under way."""

    def update(self, done: int | None = None, total: int | None = None, note: str | None = None) -> None:
        """Say how far it is: `done` of `total` in the task's unit, with a note."""


class Progress(Protocol):
    """Shows tasks. Implementations decide how; work only reports."""

    def task(self, title: str, *, unit: str = "bytes") -> AbstractContextManager[Task]:
        """A context manager around one piece of work; it ends well or with the exception that leaves it."""


class _Quiet:
    def update(self, done: int | None = None, total: int | None = None, note: str | None = None) -> None:
        """Say nothing."""


class Quiet:
    """Progress that shows nothing."""

    @contextmanager
    def task(self, title: str, *, unit: str = "bytes") -> Iterator[Task]:
        """A task that shows nothing."""
        yield _Quiet()
