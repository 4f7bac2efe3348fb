"""The layer explorer's lines: what the kernel does for an answer, and what crosses the wire."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from labhelpers.analysis.waste import analyse
from labhelpers.benchmarks.table import Result, median
from labhelpers.samples import sample_image
from labhelpers.view.explorer import Explorer

_FILES = 200_000
_FOLDER = 10_000
_RUNS = 5
_CODE = Path(__file__).parents[1] / "widgets" / "layer_explorer"


def cases(*, scale: float = 1.0) -> Iterator[Result]:
    """First picture, first message, a large folder, a filter over everything. No browser takes part."""
    files, folder = int(_FILES * scale), int(_FOLDER * scale)
    items = {f"usr/lib/package{n // 100:04d}/module_{n:06d}.py": b"x" for n in range(files - folder)}
    items.update({f"srv/large/file_{n:06d}": b"x" for n in range(folder)})
    analysis = analyse(sample_image([items, {"etc/last": b"1"}]))

    def first() -> object:
        explorer = Explorer(analysis)
        return explorer.picture(), explorer.answer({"what": "rows", "mode": "layer", "count": 80})

    yield _line(f"first picture and first rows, {files:,} files", "<= 0.3 s", 0.3, first)
    code = sum((_CODE / name).stat().st_size for name in ("layer_explorer.js", "layer_explorer.css"))
    size = code + len(json.dumps(Explorer(analysis).picture()).encode())
    yield Result(
        case=f"first message, {files:,} files (code, style and picture)",
        goal="< 100 kB",
        value=size / 1000,
        unit="kB",
        met=size < 100_000,
    )
    explorer = Explorer(analysis)
    ask = {"mode": "files", "layer": 0, "count": 80}
    explorer.answer({"what": "rows", **ask})
    explorer.answer({"what": "toggle", "path": "/srv", "open": True, **ask})

    def open_folder() -> object:
        explorer._rows.clear()
        explorer.answer({"what": "toggle", "path": "/srv", "open": True, **ask})
        return explorer.answer({"what": "toggle", "path": "/srv/large", "open": True, **ask})

    yield _line(f"opening a folder of {folder:,} entries", "<= 0.1 s", 0.1, open_folder)

    def filter_all() -> object:
        explorer._rows.clear()
        return explorer.answer({"what": "rows", "filter": "module_01", **ask})

    yield _line(f"filter over {files:,} files", "<= 0.3 s", 0.3, filter_all)


def _line(case: str, goal: str, limit: float, work: Callable[[], object]) -> Result:
    def clock() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    value = median(clock, _RUNS)
    note = "the kernel's part; drawing in the browser is not in it"
    return Result(case=f"explorer: {case}", goal=goal, value=value, met=value <= limit, note=note)
