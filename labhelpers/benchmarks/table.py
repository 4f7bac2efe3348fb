"""The table of benchmarks: what is measured, how it is shown, and where the results are kept."""

from __future__ import annotations

import csv
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FIELDS = (
    "date",
    "case",
    "value",
    "unit",
    "limit",
    "limit_value",
    "ratio",
    "goal",
    "met",
    "python",
    "machine",
    "note",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line. `value` in `unit` (seconds, bytes per entry, microseconds per entry).

    `limit`: what it is held against, with its own value measured in the same run; `ratio`: the one over the
    other. `met`: None if the line was not run; `note` then says why.
    """

    case: str
    goal: str
    value: float | None = None
    unit: str = "s"
    limit: str = ""
    limit_value: float | None = None
    met: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The value over its limit; None where there is none."""
        return self.value / self.limit_value if self.value is not None and self.limit_value else None

    def line(self) -> str:
        """The result for people."""
        if self.met is None:
            return f"{'not run':8} {self.case}: {self.note}"
        against = (
            ""
            if self.ratio is None
            else f", {self.ratio:.2f} x {self.limit} ({self.limit_value:.3f} {self.unit})"
        )
        note = f" [{self.note}]" if self.note else ""
        verdict = "ok" if self.met else "MISSED"
        return f"{verdict:8} {self.case}: {self.value:.3f} {self.unit}{against}; goal {self.goal}{note}"


def machine() -> str:
    """This machine in one line: processor, number of them, memory, system. No names of people or hosts."""
    processor = platform.processor() or platform.machine()
    memory = 0
    try:
        for row in Path("/proc/cpuinfo").read_text().splitlines():
            if row.startswith("model name"):
                processor = row.partition(":")[2].strip()
                break
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        pass
    system = f"{platform.system()} {platform.release()}"
    return f"{processor}, {os.cpu_count()} processors, {memory / 1e9:.0f} GB, {system}"


def append(path: Path, results: list[Result]) -> None:
    """Add results to a history; its first line is made with it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(FIELDS)
        for result in results:
            met = {True: "yes", False: "no", None: "not run"}[result.met]
            numbers = [_number(result.value), result.unit, result.limit, _number(result.limit_value)]
            tail = [
                _number(result.ratio),
                result.goal,
                met,
                platform.python_version(),
                machine(),
                result.note,
            ]
            writer.writerow([date, result.case, *numbers, *tail])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def median(measure: Callable[[], float], runs: int) -> float:
    """The median of some runs."""
    return sorted(measure() for _ in range(runs))[runs // 2]
