"""The image core's lines: each beside the program that only moves the same bytes, in turns, in one run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from labhelpers.benchmarks import inputs
from labhelpers.benchmarks.table import Result
from labhelpers.errors import LabError
from labhelpers.places import places

# As ./lab starts it.
_LAYERS = [sys.executable, "-P", str(Path(__file__).parents[1] / "__main__.py"), "layers"]
_FILES = 20_000
_RUNS = 5
_MEMORY = """
import re, sys
from labhelpers.sources import open_image
from labhelpers.analysis.waste import analyse
def peak():
    return int(re.search("VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1]) * 1024
before = peak()
analysis = analyse(open_image(sys.argv[1]))
print(peak() - before, sum(len(layer.index) for layer in analysis.image.layers))
"""
_TIME = """
import gc, sys, time
from labhelpers.sources import open_image
from labhelpers.analysis.waste import analyse
best = 1e9
for _ in range(5):
    start = time.process_time()
    analysis = analyse(open_image(sys.argv[1]))
    best = min(best, time.process_time() - start)
    entries = sum(len(layer.index) + len(layer.index.whiteouts) for layer in analysis.image.layers)
    del analysis
print(best, entries)
"""


def cases(*, scale: float = 1.0, image: str | None = None) -> Iterator[Result]:
    """Every line, as it is measured. `scale` below 1 makes the inputs smaller, for a quick look.

    `image`: a name in the engine to measure; None for the largest there is.
    """
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as name:
        folder = Path(name)
        files = int(_FILES * scale)
        yield from _archive(folder, files)
        yield _whiteouts(folder, files)
        yield from _many(folder, files)
        yield _gzip(folder, files)
    yield _engine(image)


def _lab(source: str, cache: Path | None) -> Callable[[], float]:
    """The whole process, from its start to its end, with a cache of its own."""
    argv = [*_LAYERS, source, "--json", os.devnull]
    environment = {**os.environ, "LABHELPERS_HOME": str(cache)} if cache else dict(os.environ)
    return lambda: _clock(argv + ([] if cache else ["--no-cache"]), environment)


def _clock(argv: list[str], environment: dict[str, str] | None = None) -> float:
    start = time.perf_counter()
    subprocess.run(argv, stdout=subprocess.DEVNULL, env=environment, check=True)
    return time.perf_counter() - start


def _in_turns(*measures: Callable[[], float]) -> list[float]:
    """The medians of some measures taken in turns, so that all meet the same machine."""
    rounds = [[measure() for measure in measures] for _ in range(_RUNS + 1)][1:]  # the first warms up
    return [sorted(times)[_RUNS // 2] for times in zip(*rounds, strict=True)]


def _archive(folder: Path, files: int) -> Iterator[Result]:
    path = inputs.docker_archive(folder / "big.tar", inputs.spread(files, 6), 35_000)
    size = f"{path.stat().st_size / 1e6:.0f} MB docker archive, 6 layers, {files:,} files"
    number = iter(range(1000))
    first, second, cat, start = _in_turns(
        lambda: _lab(str(path), folder / f"cache-{next(number)}")(),
        _lab(str(path), folder / "cache"),
        lambda: _cat(path),
        lambda: _clock([*_LAYERS, "--help"]),
    )
    yield Result(
        case=f"{size}: first look, whole process",
        goal="<= 5 x cat and <= 1.0 s",
        value=first,
        limit="cat FILE > /dev/null",
        limit_value=cat,
        met=first <= 5 * cat and first <= 1.0,
        note=f"of which {start:.3f} s are the start of Python and the command line; the page cache is warm",
    )
    cold_first, cold_cat = _cold(path, folder)
    yield Result(
        case=f"{size}: first look, from the disk",
        goal="<= 5 x cat (the disk alone may take longer than a second)",
        value=cold_first,
        limit="cat FILE > /dev/null",
        limit_value=cold_cat,
        met=cold_first <= 5 * cold_cat,
        note="the file was dropped from the page cache before each run",
    )
    yield Result(
        case=f"{size}: second look, whole process",
        goal="<= 0.2 s",
        value=second,
        limit="cat FILE > /dev/null",
        limit_value=cat,
        met=second <= 0.2,
    )
    path.unlink()


def _cat(path: Path) -> float:
    return _clock(["cat", str(path)])


def _cold(path: Path, folder: Path) -> tuple[float, float]:
    number = iter(range(1000))

    def dropped(measure: Callable[[], float]) -> float:
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return measure()

    first, cat = _in_turns(
        lambda: dropped(_lab(str(path), folder / f"cold-{next(number)}")),
        lambda: dropped(lambda: _cat(path)),
    )
    return first, cat


def _inside(path: Path) -> tuple[float, int]:
    """Seconds of processor to open and analyse in a process that has started, and the entries that it saw."""
    done = subprocess.run(
        [sys.executable, "-c", _TIME, str(path)], capture_output=True, text=True, check=True
    )
    seconds, entries = done.stdout.split()
    return float(seconds), int(entries)


def _whiteouts(folder: Path, files: int) -> Result:
    """2,000 whiteouts over 20,000 files, against as many entries that remove nothing."""
    every = [*inputs.names(files)]
    gone = every[:: max(1, files // (files // 10))][: files // 10]
    plain = inputs.docker_archive(folder / "plain.tar", [every, [f"{name}.new" for name in gone]], 100)
    white = inputs.docker_archive(folder / "white.tar", [every, []], 100, whiteouts={1: gone})
    (one, entries), (two, hidden) = min(_inside(plain), _inside(plain)), min(_inside(white), _inside(white))
    value, limit = two / hidden * 1e6, one / entries * 1e6
    return Result(
        case=f"{len(gone):,} whiteouts over {files:,} files, per entry",
        goal="no slower than without whiteouts (<= 1.1 x, for noise)",
        value=value,
        unit="us",
        limit="as many entries without whiteouts",
        limit_value=limit,
        met=value <= 1.1 * limit,
    )


def _many(folder: Path, files: int) -> Iterator[Result]:
    """Ten times the entries: time and memory of each stay what they are."""
    few = inputs.docker_archive(folder / "few.tar", inputs.spread(files, 6), 100)
    many = inputs.docker_archive(folder / "many.tar", inputs.spread(files * 10, 6), 100)
    (one, entries), (two, all_entries) = min(_inside(few), _inside(few)), min(_inside(many), _inside(many))
    value, limit = two / all_entries * 1e6, one / entries * 1e6
    yield Result(
        case=f"{all_entries:,} entries, per entry",
        goal=f"the same as {entries:,} (<= 1.25 x, for noise and caches of the processor)",
        value=value,
        unit="us",
        limit=f"the same with {entries:,}",
        limit_value=limit,
        met=value <= 1.25 * limit,
    )
    for path in (few, many):
        done = subprocess.run(
            [sys.executable, "-c", _MEMORY, str(path)], capture_output=True, text=True, check=True
        )
        memory, seen = map(int, done.stdout.split())
        yield Result(
            case=f"peak memory at {seen:,} entries, per entry",
            goal="<= 1024 bytes",
            value=memory / seen,
            unit="bytes",
            met=memory / seen <= 1024,
        )


def _gzip(folder: Path, files: int) -> Result:
    path, blobs = inputs.gzip_archive(folder / "gzip.tar", inputs.spread(files // 3, 6), 35_000)
    names = [str(blob) for blob in blobs]
    number = iter(range(1000))
    first, zcat = _in_turns(
        lambda: _lab(str(path), folder / f"gzip-{next(number)}")(),
        lambda: _clock(["gzip", "-dc", *names]),
    )
    return Result(
        case=f"{path.stat().st_size / 1e6:.0f} MB of gzip layers: first look, whole process",
        goal="<= 1.3 x decompressing",
        value=first,
        limit="gzip -dc BLOBS > /dev/null",
        limit_value=zcat,
        met=first <= 1.3 * zcat,
    )


def _engine(image: str | None) -> Result:
    case, goal = "an image in the engine: first look, whole process", "<= 1.1 x docker save"
    try:
        from labhelpers.engine import connect
        from labhelpers.engine import environment as shell

        engine = connect()
        images = engine.api.images.list()
        environment = {**os.environ, **shell(engine, places())}
    except LabError as error:
        return Result(case=case, goal=goal, note=error.found)
    largest = max((item for item in images if item.tags), key=lambda item: item.attrs["Size"], default=None)
    if image is None and largest is None:
        return Result(case=case, goal=goal, note="the engine holds no image")
    name = str(image or (largest and largest.tags[0]))
    docker = shutil.which("docker", path=environment["PATH"])
    if docker is None:
        return Result(case=case, goal=goal, note="there is no docker command line to hold it against")
    number = iter(range(1000))
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as folder:
        first, save = _in_turns(
            lambda: _fresh(name, Path(folder) / str(next(number)), environment),
            lambda: _clock([docker, "save", name], environment),
        )
    return Result(
        case=f"{name} in the engine ({engine.image_store()}): first look, whole process",
        goal=goal,
        value=first,
        limit="docker save IMAGE > /dev/null",
        limit_value=save,
        met=first <= 1.1 * save,
    )


def _fresh(name: str, cache: Path, environment: dict[str, str]) -> float:
    argv = [*_LAYERS, f"docker-daemon:{name}", "--json", os.devnull, "--no-cache"]
    return _clock(argv, environment)
