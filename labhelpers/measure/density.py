"""How many fit: a growing number of copies at once, and what each more of them costs in memory."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass

from labhelpers.engine import Engine, connect
from labhelpers.engine.attached import Attached
from labhelpers.measure.compare import report, start_container
from labhelpers.measure.results import NAMES, Kind, size
from labhelpers.vm import Machine

_PATIENCE = 120.0
_FREE = "sed -n 's/^MemAvailable: *//p' /proc/meminfo; sleep 3600"


@dataclass(frozen=True)
class Density:
    """The memory of 1, 2, … copies at once, in bytes of their control groups, and the host's free memory.

    `totals`: for each kind, the sum after each more copy. `free`: what the host could give before.
    """

    totals: dict[Kind, tuple[int, ...]]
    free: int

    def each(self, kind: Kind) -> float:
        """What one copy costs: the sum of all of them, divided."""
        return self.totals[kind][-1] / len(self.totals[kind])

    def fit(self, kind: Kind) -> int:
        """How many would fit into the free memory at that cost: a calculation, not a measurement."""
        return int(self.free / self.each(kind))

    def __repr__(self) -> str:
        lines = [
            f"{NAMES[kind]}: {len(self.totals[kind])} at once took {size(self.totals[kind][-1])}, "
            f"{size(self.each(kind))} each"
            for kind in self.totals
        ]
        fits = " or ".join(f"{self.fit(kind):,} {NAMES[kind]}s" for kind in self.totals)
        return "\n".join([*lines, f"free memory: {size(self.free)}; by calculation room for {fits}"])


def density(image: str, *, containers: int = 8, machines: int = 3, engine: Engine | None = None) -> Density:
    """Start so many containers, then so many virtual machines, of one image, and ask for their memory.

    All of them are ended before this returns. Raises EngineError, MachineError.
    """
    engine = engine or connect()
    machine = Machine(image, engine=engine)
    script = report(False)
    totals: dict[Kind, tuple[int, ...]] = {}
    free = _free(engine, image)
    for kind, copies in (("container", containers), ("machine", machines)):
        with contextlib.ExitStack() as stack:
            started: list[Attached] = []
            sums = []
            for _ in range(copies):
                if kind == "container":
                    one = stack.enter_context(start_container(engine, image, script))
                else:
                    one = stack.enter_context(machine.boot(script)).attached
                started.append(one)
                one.line(lambda text: text == "end-of-report", time.monotonic() + _PATIENCE)
                sums.append(sum(each.memory() for each in started))
            totals[kind] = tuple(sums)  # type: ignore[index]
    return Density(totals, free)


def _free(engine: Engine, image: str) -> int:
    """What the host could give to new programs: MemAvailable, as a container sees it."""
    with start_container(engine, image, _FREE) as attached:
        line = attached.line(lambda text: bool(re.match(r"\d+ kB", text)), attached.started + _PATIENCE)
        return int(line.text.split()[0]) * 1024 if line else 0
