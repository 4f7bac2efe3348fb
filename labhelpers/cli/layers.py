"""`./lab layers`: what an image's layers hold, and what every pull moves that nobody can see."""

from __future__ import annotations

import gc
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labhelpers.analysis.waste import Analysis, analyse
from labhelpers.errors import FormatError, ImageError, UsageError
from labhelpers.filetree import printable
from labhelpers.report import analysis_report, compare_report
from labhelpers.sources import default_cache, open_image, remember
from labhelpers.telling import Progress, Task
from labhelpers.units import human, parse_size

if TYPE_CHECKING:
    from labhelpers.analysis.difference import Difference

_STEP = 100


@click.command("layers")
@click.argument("source")
@click.option("--json", "json_file", metavar="FILE", help="Write everything as JSON; - is standard output.")
@click.option("--verify", is_flag=True, help="Hash all content and hold it against every digest.")
@click.option("--platform", metavar="OS/ARCH", help="Which image of a multi-platform one.")
@click.option("--top", type=click.IntRange(0), default=20, show_default=True, help="How many files to list.")
@click.option("--compare", metavar="SOURCE", help="Say what differs in another image.")
@click.option("--fail-above", metavar="SIZE", help="Exit with 1 if more than SIZE is reclaimable.")
@click.option("--min-efficiency", metavar="X", help="Exit with 1 below this efficiency (0.95 or 95%).")
@click.option("--no-cache", is_flag=True, help="Read everything anew, and keep nothing.")
def command(
    source: str,
    json_file: str | None,
    verify: bool,
    platform: str | None,
    top: int,
    compare: str | None,
    fail_above: str | None,
    min_efficiency: str | None,
    no_cache: bool,
) -> int:
    """Show the layers of an image, their sizes, and the bytes that later layers hide.

    SOURCE is a name (docker-daemon:NAME), a file or folder (docker-archive:, oci:, oci-archive:), or a
    registry's image (docker://NAME). Exit status: 0 fine, 1 beyond a limit that was given, 2 not an image.
    """
    most = None if fail_above is None else parse_size(fail_above)
    least = None if min_efficiency is None else _efficiency(min_efficiency)
    progress = _Line() if sys.stderr.isatty() else None

    def look(what: str) -> Analysis:
        cache = None if no_cache else default_cache()
        gc.disable()  # nothing here makes cycles, and looking for them costs 3 % of a first look
        try:
            image = open_image(
                what, platform=platform, verify=verify, cache=cache, keep=False, progress=progress
            )
            found = analyse(image)
        except FormatError as error:
            raise ImageError(f"analyse {printable(what)}", str(error), error.fix) from error
        finally:
            gc.enable()
        remember(image)
        return found

    analysis = look(source)
    if compare is None:
        _write(json_file, lambda: analysis_report(analysis), lambda: _people(analysis, top))
    else:
        from labhelpers.analysis.difference import difference  # not needed for one image

        other = look(compare)
        found = difference(analysis.image, other.image)
        remember(analysis.image)
        remember(other.image)
        _write(
            json_file,
            lambda: compare_report(analysis, other, found),
            lambda: _differences(analysis, other, found, top),
        )
    return _verdict(analysis, most, least)


def _verdict(analysis: Analysis, most: int | None, least: float | None) -> int:
    status = 0
    if most is not None and analysis.reclaimable_size > most:
        click.echo(
            f"lab: {human(analysis.reclaimable_size)} are reclaimable, more than {human(most)}.", err=True
        )
        status = 1
    if least is not None and analysis.efficiency < least:
        click.echo(f"lab: the efficiency is {analysis.efficiency:.4f}, less than {least:g}.", err=True)
        status = 1
    return status


def _efficiency(text: str) -> float:
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise UsageError(
            f"read {text!r} as an efficiency", "it is none", "It is between 0 and 1, as 0.95 or 95%."
        )
    return value


def _write(file: str | None, report: Callable[[], Any], lines: Callable[[], Iterator[str]]) -> None:
    if file is None:
        _print("\n".join(lines()))
        return
    text = json.dumps(report())
    if file == "-":
        _print(text)
        return
    text += "\n"
    try:
        Path(file).write_text(text, encoding="ascii")
    except OSError as error:
        raise UsageError(
            f"write {printable(file)}", error.strerror or str(error), "Give another file."
        ) from error


def _print(text: str) -> None:
    """To standard output, whatever it can show, and for as long as somebody reads."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        click.echo(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer would fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _people(analysis: Analysis, top: int) -> Iterator[str]:
    image = analysis.image
    yield f"{printable(image.reference or image.source)}  {image.platform}  {image.config.digest[:19]}"
    yield (
        f"content {human(analysis.size)} in {len(image.layers)} layers, {analysis.files:,} files; "
        f"reclaimable {human(analysis.reclaimable_size)}; efficiency {analysis.efficiency:.1%}"
    )
    yield ""
    head = ("layer", "content", "stored as", "reclaimable", "added", "modified", "removed", "made by")
    rows = [head]
    steps = iter(image.empty_history)
    step = next(steps, None)
    for number in (None, *range(len(image.layers))):
        if number is not None:
            layer, report = image.layers[number], analysis.layers[number]
            stored = "?" if layer.compressed_size is None else human(layer.compressed_size)
            counts = (f"{report.added:,}", f"{report.modified:,}", f"{report.removed:,}")
            waste = human(report.reclaimable_size) if report.reclaimable_size else "-"
            rows.append((str(number), human(report.size), stored, waste, *counts, _step(layer.created_by)))
        while step is not None and step.after_layer == number:
            rows.append(("", "", "", "", "", "", "", _step(step.created_by)))
            step = next(steps, None)
    yield from _table(rows)
    if analysis.reclaimable and top:
        yield ""
        yield "Reclaimable: stored, moved by every pull, seen by nobody"
        listed = [("content", "stored in", "hidden in", "why", "path")]
        listed += [
            (
                human(item.size),
                str(item.stored_in),
                str(item.hidden_in),
                item.reason.value,
                printable(f"/{item.path}"),
            )
            for item in analysis.reclaimable[:top]
        ]
        yield from _table(listed)
        if (more := len(analysis.reclaimable) - top) > 0:
            yield f"… and {more:,} more (--top, or --json for all)"
    if analysis.unsafe:
        yield ""
        yield f"Unsafe names, never followed ({len(analysis.unsafe):,}):"
        yield from (f"  layer {item.layer}: {printable(item.path)}" for item in analysis.unsafe[:top])


def _step(text: str) -> str:
    """An instruction as its author wrote it, in one line."""
    text = text.removeprefix("/bin/sh -c ").removeprefix("#(nop)").strip().removesuffix("# buildkit").strip()
    text = printable(" ".join(text.split()))
    return text if len(text) <= _STEP else text[: _STEP - 1] + "…"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Columns, numbers to the right; the last column is text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    for row in rows:
        yield "  ".join(
            [*(cell.rjust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]
        ).rstrip()


def _differences(first: Analysis, second: Analysis, found: Difference, top: int) -> Iterator[str]:
    yield f"A {printable(first.image.source)}"
    yield f"B {printable(second.image.source)}"
    shared = sum(layer.size for layer in first.layers[: found.shared])
    yield f"shared base: {found.shared} layers, content {human(shared)}"
    for name, analysis in (("A", first), ("B", second)):
        yield (
            f"only {name}: {len(analysis.layers) - found.shared} layers; in all "
            f"content {human(analysis.size)}, reclaimable {human(analysis.reclaimable_size)}"
        )
    yield (
        f"files in B: {found.count('added'):,} more, {found.count('removed'):,} gone, "
        f"{found.count('modified'):,} modified"
    )
    listed = [("change", "bytes", "path")]
    for item in sorted(found.files, key=lambda item: (-abs(item.size), item.path))[:top]:
        what = item.kind if item.content or item.kind != "modified" else "metadata"
        listed.append((what, f"{item.size:+,}", printable(f"/{item.path}")))
    yield from _table(listed) if found.files else ()
    if (more := len(found.files) - top) > 0:
        yield f"… and {more:,} more (--top, or --json for all)"


class _Line(Progress):
    """Progress on one line of a terminal, gone when the work is."""

    @contextmanager
    def task(self, title: str, *, unit: str = "bytes") -> Iterator[Task]:
        """Show a task after a moment, ten times a second at most."""
        shown = _Shown(title)
        try:
            yield shown
        finally:
            shown.clear()


class _Shown:
    def __init__(self, title: str) -> None:
        self._title = title
        self._next = time.monotonic() + 0.5
        self._wide = 0

    def update(self, done: int | None = None, total: int | None = None, note: str | None = None) -> None:
        """Say how far it is."""
        if done is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + 0.1
        text = f"{self._title}: {human(done)}" + (f" of {human(total)}" if total else "")
        sys.stderr.write("\r" + text.ljust(self._wide))
        sys.stderr.flush()
        self._wide = len(text)

    def clear(self) -> None:
        """Take the line away."""
        if self._wide:
            sys.stderr.write("\r" + " " * self._wide + "\r")
            sys.stderr.flush()
