"""Build the notebooks from their sources: `python notebooks/build.py [NAME …] [--check] [--no-execute]`.

    src/NN_topic.py  ->  NN_topic.ipynb             what a learner opens: no solutions, no outputs
                     ->  solutions/NN_topic.ipynb   executed on the real engine, with its outputs
    src/other.py     ->  slides/other.ipynb         slides, executed in the same way

Building twice gives the same bytes. Cells are always executed again: nothing is trusted because it is there.
The tags that a source's cells may carry are described in labhelpers/notebooks/convert.py.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from labhelpers.engine import connect, environment
from labhelpers.errors import LabError, NotebookError
from labhelpers.notebooks import convert
from labhelpers.notebooks.execute import Report, execute
from labhelpers.places import places

HERE = Path(__file__).resolve().parent


def targets(stem: str, *, root: Path) -> tuple[Path | None, Path]:
    """Where a source's notebooks go: (the learner's, none for slides; the executed one)."""
    if re.match(r"\d\d_", stem):
        return root / f"{stem}.ipynb", root / "solutions" / f"{stem}.ipynb"
    return None, root / "slides" / f"{stem}.ipynb"


def build(source: Path, *, root: Path, run: bool, told: Report) -> Iterator[tuple[Path, str]]:
    """Build one source: yields (file, text) for each of its notebooks, and writes none of them."""
    whole = convert.read_source(source.read_text(encoding="utf-8"), stem=source.stem)
    learner, executed = targets(source.stem, root=root)
    if learner:
        yield learner, convert.dump(convert.learner_notebook(whole))
    notebook = convert.solution_notebook(whole)
    golden = nbformat.read(executed, as_version=4) if executed.exists() else None
    if run:
        executed.parent.mkdir(exist_ok=True)
        execute(notebook, name=source.stem, folder=executed.parent, told=told)
        convert.tidy(notebook, golden)
    elif stale := convert.carry_over(notebook, golden):
        raise NotebookError(
            f"build {source.stem} without executing it",
            f"{len(stale)} of its cells changed since it was last executed, the first is {stale[0]}",
            "Leave --no-execute out.",
        )
    yield executed, convert.dump(notebook)


def difference(path: Path, old: str, new: str) -> str:
    """What differs between two texts of a notebook, in words of the notebook where that shows it."""
    before, after = (convert.readable(old) if old else []), convert.readable(new)
    if before == after:
        before, after = old.splitlines(), new.splitlines()
    names = (f"{path.name} (committed)", f"{path.name} (rebuilt)")
    return "\n".join(difflib.unified_diff(before, after, *names, n=2, lineterm=""))


def _progress(name: str) -> Report:
    """Which notebook, which cell of how many: one line that is redrawn, or one for each cell in a log."""
    began = time.monotonic()
    live = sys.stderr.isatty()

    def told(number: int, total: int, cell: NotebookNode) -> None:
        first = (cell.source.strip().splitlines() or [""])[0][:60]
        line = f"{name}  cell {number:2d} of {total}  {time.monotonic() - began:5.1f} s  {first}"
        sys.stderr.write(f"\r\x1b[K{line}" if live else f"{line}\n")
        sys.stderr.flush()

    return told


def _chosen(sources: list[Path], names: list[str]) -> list[Path]:
    """The sources that are asked for by stem or by number; all of them where none is asked for."""
    for name in names:
        if not any(name in (path.stem, path.stem.split("_")[0]) for path in sources):
            there = ", ".join(path.stem for path in sources)
            raise NotebookError(f"build {name}", "no source has this name", f"There are: {there}.")
    return [path for path in sources if not names or {path.stem, path.stem.split("_")[0]} & {*names}]


def reach_engine() -> None:
    """Let `docker …` in this process's notebooks reach the engine that the workshop uses."""
    os.environ.update(environment(connect(), places()))


def main(
    argv: list[str] | None = None, *, root: Path = HERE, prepare: Callable[[], None] = reach_engine
) -> int:
    """Build what is asked for. 0: done, or nothing differs; 1: a failure or a difference; 2: wrong use.

    `prepare` is called once before notebooks are executed.
    """
    parser = argparse.ArgumentParser(
        prog="notebooks/build.py", description="Build the notebooks from their sources."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="03, 03_containers, talk … (default: all)")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a committed file differs"
    )
    parser.add_argument(
        "--no-execute", action="store_true", help="keep committed outputs; fail where code has changed"
    )
    options = parser.parse_args(argv)
    try:
        sources = _chosen(sorted((root / "src").glob("*.py")), options.names)
    except NotebookError as unknown:
        print(f"build: {unknown.message}", file=sys.stderr)
        return 2
    try:
        if not options.no_execute:
            prepare()
    except LabError as missing:
        print(f"build: {missing.message}", file=sys.stderr)
        return 1
    status = 0
    for source in sources:
        began = time.monotonic()
        told = _progress(source.stem)
        differing = []
        try:
            for path, text in build(source, root=root, run=not options.no_execute, told=told):
                old = path.read_text(encoding="utf-8") if path.exists() else ""
                if old == text:
                    continue
                differing.append(str(path.relative_to(root)))
                if options.check:
                    status = 1
                    print(difference(path, old, text))
                else:
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(text, encoding="utf-8")
        except LabError as wrong:
            status = 1
            print(f"\nbuild: {wrong.message}\n{wrong.log}", file=sys.stderr)
            continue
        what = f"{'differs' if options.check else 'written'}: {', '.join(differing)}" if differing else "same"
        clear = "\r\x1b[K" if sys.stderr.isatty() else ""
        print(f"{clear}{source.stem}: {what} ({time.monotonic() - began:.1f} s)", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
