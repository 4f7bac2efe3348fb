"""The wheels of a kit: what the lock file pins, for every release of the Python that runs here."""

from __future__ import annotations

import platform
import re
import sys
from pathlib import Path

from labhelpers.process import run

LOCK = Path(__file__).parents[2] / "requirements.lock"
# The minor version, as "3.11".
PYTHON = platform.python_version().rpartition(".")[0]
_OFFLINE = "Connect to the network: a kit is saved with one, and loaded without."
# A requirement with its hashes: the first line, and those that it continues on.
_PINNED = re.compile(r"^\w.*(?:\n .*)*", re.M)


def for_other_releases(lock: str, minor: str) -> str:
    """The requirements of a lock file that hang on the third number of this version, without that condition.

    A class's 3.11.2 may need what a teacher's 3.11.9 does not.
    """
    condition = re.compile(rf" ; python_full_version (?:<|>=) '{re.escape(minor)}\.\d+'(?= \\\n)")
    lines = (block for block in _PINNED.findall(lock) if condition.search(block))
    return "".join(condition.sub("", block) + "\n" for block in lines)


def download(folder: Path) -> None:
    """Fetch them into `folder`. Raises ProcessError when the package index cannot be reached."""
    folder.mkdir(parents=True)
    _fetch(folder, LOCK)
    for number, block in enumerate(_PINNED.findall(for_other_releases(LOCK.read_text(), PYTHON))):
        # One by one: pip refuses two versions of one package in one call.
        one = folder.with_name(f"other-{number}.txt")
        one.write_text(block + "\n")
        _fetch(folder, one)


def _fetch(folder: Path, requirements: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--dest", str(folder)]
    command += ["--requirement", str(requirements)]
    run(command, tried="fetch the Python packages", fix=_OFFLINE, timeout=1800)
