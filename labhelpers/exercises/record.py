"""The learner's progress: one JSON file that they own. docs/exercises.md describes its format.

Written whole or not at all, under a lock, so that a crash or a second kernel loses nothing. What cannot be
read is moved aside, never overwritten.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from labhelpers.errors import LabError
from labhelpers.places import places

FORMAT = "labhelpers-progress"
VERSION = 1
VARIABLE = "LABHELPERS_PROGRESS"
_PATIENCE = 10  # seconds that another kernel may take to write
Record = dict[str, Any]


def progress_file() -> Path:
    """Where the progress is kept: $LABHELPERS_PROGRESS, or progress.json in the workshop's data."""
    given = os.environ.get(VARIABLE)
    return Path(given).expanduser() if given else places().data / "progress.json"


def now() -> str:
    """This moment, in UTC: "2026-01-31T10:20:30Z"."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def empty() -> Record:
    """A progress in which nothing has happened."""
    return {"format": FORMAT, "version": VERSION, "name": "", "exercises": {}, "predictions": {}}


def parse(text: str) -> Record:
    """A progress file's text. ValueError where it is damaged, LabError where it is of a later version."""
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("version"), int):
        raise ValueError("it is not a progress file")
    if data["version"] > VERSION:
        raise LabError(
            "read the progress",
            f"it is of version {data['version']}, and this workshop knows {VERSION}",
            "Update the workshop; the file stays as it is.",
        )
    for part in ("exercises", "predictions"):
        kept = data.get(part)
        if not isinstance(kept, dict) or not all(isinstance(entry, dict) for entry in kept.values()):
            raise ValueError(f"its {part} are not what they should be")
    if not isinstance(data.get("name"), str):
        raise ValueError("its name is not text")
    return data


def read(path: Path | None = None) -> Record:
    """The progress as it is kept; an empty one where there is none yet, or where it is damaged."""
    path = progress_file() if path is None else path
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return empty()


@contextmanager
def change(path: Path | None = None) -> Iterator[Record]:
    """The progress, to be changed in place; written when the block ends without an error.

    A damaged file is first moved to NAME.damaged-N.json beside it. Raises LabError where it cannot be kept.
    """
    path = progress_file() if path is None else path
    tried = f"keep your progress in {path}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=_PATIENCE):
            data = _read_or_set_aside(path)
            yield data
            _write(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    except Timeout as busy:
        raise LabError(tried, "another program holds it", "Try again in a moment.") from busy
    except OSError as refused:
        fix = f"Free some disk space, or set {VARIABLE} to a file that can be written."
        raise LabError(tried, refused.strerror or str(refused), fix) from refused


def _read_or_set_aside(path: Path) -> Record:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return empty()
    except (ValueError, RecursionError):
        number = 1
        while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
            number += 1
        path.rename(aside)
        return empty()


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def exercise_entry(data: Record, id: str) -> Record:
    """What is kept about one exercise; made where there is nothing yet."""
    fresh = {"tries": 0, "passed": None, "hints": 0, "solution": None, "last": None}
    entry: Record = data["exercises"].setdefault(id, {})
    for key, value in fresh.items():
        entry.setdefault(key, value)
    return entry
