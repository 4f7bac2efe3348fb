"""What was measured, as plain data: runs, their medians and spreads, and a table of them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from labhelpers.units import human

Kind = Literal["container", "machine"]
NAMES: dict[Kind, str] = {"container": "container", "machine": "virtual machine"}


@dataclass(frozen=True)
class Run:
    """One start, measured.

    `number`: 0 is the warm-up, which counts in no median. `start`: seconds to the program's first line.
    `memory`: bytes of its control group; `resident`: bytes that its processes hold, shared pages counted in
    each. `processes`: how many the program sees around itself, kernel threads included. `kernel`, `boot_id`:
    what it sees of its kernel. `work`: seconds for a fixed amount of work, where that was measured.
    """

    kind: Kind
    number: int
    start: float
    memory: int
    resident: int
    processes: int
    kernel: str
    boot_id: str
    work: float | None = None


@dataclass(frozen=True)
class Spread:
    """A median with the smallest and the largest value that it stands for."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Of at least one value."""
        found = sorted(values)
        return cls(statistics.median(found), found[0], found[-1])

    def text(self, form: Callable[[float], str]) -> str:
        """As "0.24 s (0.20 s to 0.31 s)"."""
        return f"{form(self.median)} ({form(self.low)} to {form(self.high)})"


def seconds(value: float) -> str:
    """A time in seconds."""
    return f"{value:.2f} s"


def size(value: float) -> str:
    """A number of bytes."""
    return human(int(value))


def count(value: float) -> str:
    """A number of things."""
    return f"{value:g}"


@dataclass(frozen=True)
class Comparison:
    """The same image run both ways, in turns.

    `runs`: in the order in which they were made. `how`: how the machine ran, in words. `disk`: the bytes that
    one more copy takes. `given`: the memory that the machine was given, in bytes.
    """

    image: str
    runs: tuple[Run, ...]
    accelerator: str
    how: str
    disk: dict[Kind, int]
    given: int

    def of(self, kind: Kind) -> list[Run]:
        """The runs of one kind that count."""
        return [run for run in self.runs if run.kind == kind and run.number > 0]

    def spread(self, kind: Kind, value: Callable[[Run], float]) -> Spread:
        """Median and spread of a value of one kind's runs."""
        return Spread.of(value(run) for run in self.of(kind))

    @property
    def ratio(self) -> Spread:
        """How many times longer the machine took to start than the container of the same turn."""
        pairs = zip(self.of("machine"), self.of("container"), strict=True)
        return Spread.of(machine.start / container.start for machine, container in pairs)

    @property
    def same_kernel(self) -> bool:
        """Whether containers and machines ran on one and the same kernel."""
        return len({run.boot_id for run in self.runs}) == 1

    def rows(self) -> list[dict[str, Any]]:
        """Every run as one row of plain values, the warm-up included."""
        return [asdict(run) for run in self.runs]

    def table(self) -> list[tuple[str, str, str]]:
        """What is compared: (what, container, virtual machine), in words."""

        def line(
            what: str, value: Callable[[Run], float], form: Callable[[float], str]
        ) -> tuple[str, str, str]:
            one, two = self.spread("container", value), self.spread("machine", value)
            return what, one.text(form), two.text(form)

        def both(what: str, said: Callable[[Kind], str]) -> tuple[str, str, str]:
            return what, said("container"), said("machine")

        first = {run.kind: run.start for run in self.runs if run.number == 0}
        return [
            line("start to first line", lambda run: run.start, seconds),
            both("the first start, not counted", lambda kind: seconds(first[kind])),
            line("memory of its control group", lambda run: run.memory, size),
            line("resident memory of its processes", lambda run: run.resident, size),
            ("memory set aside beforehand", "none", size(self.given)),
            both("disk for one more copy", lambda kind: size(self.disk[kind])),
            line("processes that it sees", lambda run: run.processes, count),
            both("kernel", lambda kind: self.of(kind)[0].kernel.partition("-")[0]),
            both("boot id, its beginning", self.boots),
            self._work(line),
        ]

    def boots(self, kind: Kind) -> str:
        """The boot ids that one kind's runs saw, in words."""
        ids = {run.boot_id for run in self.of(kind)}
        return f"{next(iter(ids))[:8]}, the same in all" if len(ids) == 1 else f"{len(ids)} different ones"

    def _work(self, line: Callable[..., tuple[str, str, str]]) -> tuple[str, str, str]:
        if all(run.work is not None for run in self.runs):
            return line("a fixed amount of work", lambda run: run.work or 0.0, seconds)
        left_out = "left out: emulation says nothing of a machine's speed"
        return ("a fixed amount of work", left_out, left_out)
