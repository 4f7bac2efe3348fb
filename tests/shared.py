"""One workshop for all processes of a test run, and which tests may run beside each other.

The first process decides where the workshop lives and takes it down; whichever needs it first brings it up.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from filelock import FileLock, Timeout
from support import ROOT, Up, cannot

from labhelpers.engine import leftovers
from labhelpers.engine.embedded import Embedded, why_not
from labhelpers.places import places
from labhelpers.process import is_root
from labhelpers.registry.server import PORT, listening
from labhelpers.wait import wait_until

_VARIABLE = "LAB_TEST_RUN"  # the folder of this run, for the processes that pytest-xdist starts
# `./lab test` runs what failed once more: "first" leaves its workshop to it, "second" goes on with that one.
_ROUND = os.environ.get("LAB_TEST_ROUND")
_START = 900  # seconds
_HOME = Path(tempfile.gettempdir()) / f"labhelpers-test-{os.getuid() if hasattr(os, 'getuid') else ''}"
# Held while a run lives, however it ends: what lies in the folder of one that is gone can be removed.
_LOCK = FileLock(f"{_HOME}.lock")
# Folders that engines make and that were not there when this run began. Each engine removes those that it
# did not find; of several at once, none was the first and the last.
_absent: list[str] = []
# It serves the other processes too, after the end of the one that started it.
_IN_THE_BACKGROUND = 'out=$1; shift; "$@" > "$out" 2>&1 < /dev/null & echo $!'

# The first group brings the workshop up; tests that need none of it, or only the engine's programs, are done
# meanwhile. Then come the groups that take longest, so that none of them is begun when the others have ended.
_FIRST = (
    "tests/owner/test_embedded.py",
    "tests/owner/test_engines.py",
    "tests/test_lab.py",
    "tests/test_house.py",
    "tests/browser/test_slides.py",
    "tests/test_fuzz.py",
    "tests/test_oracle.py",
    "tests/test_tar.py",
    "tests/test_sources.py",
    "tests/notebooks/test_build.py",
    "tests/notebooks/test_committed.py",
    "tests/notebooks/test_coverage.py",
    "tests/test_layers_command.py",
    "tests/test_tree.py",
    "tests/kit/",
    "notebook 08",
    "notebook 02",
    "browser",
    "notebook",
    "owner",
)


def group(nodeid: str) -> str:
    """Which tests run one after the other, in one process: those of one notebook use the same names."""
    if nodeid.startswith("tests/owner/"):
        return nodeid.split("::")[0]
    if nodeid.startswith("tests/browser/") and "test_slides" not in nodeid:
        return "browser"  # one JupyterLab, whose theme is everybody's
    if found := re.search(r"\[(\d\d)[_.]", nodeid):
        return f"notebook {found.group(1)}"
    return nodeid.split("::")[0]


def order(nodeid: str) -> int:
    """The place of a test's group: 0 is first."""
    name = group(nodeid)
    return next((i for i, start in enumerate(_FIRST) if start in name), len(_FIRST))


def folder() -> Path:
    """The folder that the processes of this run share."""
    return Path(os.environ[_VARIABLE])


def temporary() -> Path:
    """A folder of this run for programs that leave their temporary files behind; it goes with the run."""
    path = folder() / "tmp"
    path.mkdir(exist_ok=True)
    return path


def short_home() -> Path:
    """A new LABHELPERS_HOME; below pytest's folders the paths of its sockets would be too long."""
    return Path(tempfile.mkdtemp(dir=temporary()))


def begin() -> Path | None:
    """Decide where this run's workshop lives: a folder of its own, or None for the user's own.

    What a killed run left there is removed first. LAB_TEST_HOME=DIR keeps such a folder between runs.
    """
    os.environ[_VARIABLE] = tempfile.mkdtemp(prefix="labhelpers-run-")
    _absent[:] = leftovers.absent()
    if given := os.environ.get("LAB_TEST_HOME"):
        os.environ["LABHELPERS_HOME"] = given
        return None
    if "LABHELPERS_HOME" in os.environ:
        return None
    try:
        _LOCK.acquire(blocking=False)
    except Timeout:
        return None  # another run is at it, and shares its workshop
    if not (_ROUND == "second" and _HOME.exists()):
        _remove()
        if Embedded(places()).process() or listening(PORT):
            _unlock()
            return None
    os.environ["LABHELPERS_HOME"] = str(_HOME)
    return _HOME


def end(home: Path | None, *, failed: bool) -> None:
    """Take down what this run brought up. `failed`: tests ran, and some failed."""
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int((folder() / "up.pid").read_text()))
        if "up" in process.cmdline():
            process.terminate()
            process.wait(60)
    if home and not (failed and _ROUND == "first"):
        _remove()
    if _absent and is_root():
        leftovers.remove_empty(_absent)
    shutil.rmtree(folder(), ignore_errors=True)
    if _LOCK.is_locked:
        _unlock()


def _unlock() -> None:
    _LOCK.release()
    Path(_LOCK.lock_file).unlink(missing_ok=True)


def _remove() -> None:
    if _HOME.exists():
        # With an engine of somebody else's, what these tests made in it goes first.
        command = [sys.executable, "-m", "labhelpers", "clean", "--engine"]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "LABHELPERS_HOME": str(_HOME)}, check=True)
    shutil.rmtree(_HOME, ignore_errors=True)


def _started() -> int:
    """`./lab up`, started by whoever needs it first; the number of its process."""
    out, pid = folder() / "up.out", folder() / "up.pid"
    with FileLock(folder() / "up.lock", timeout=60):
        if not pid.exists():
            command = ["sh", "-c", _IN_THE_BACKGROUND, "sh", out, ROOT / "lab", "up", "--no-browser", "--yes"]
            started = subprocess.run(
                command, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, text=True, check=True
            )
            pid.write_text(started.stdout)
        return int(pid.read_text())


def bring_up(enough: Callable[[], bool] = lambda: False) -> Up:
    """`./lab up` as a person starts it, once for all processes of this run.

    `enough`: what is needed of it is there, also before it says where it is: its `address` is "" then.
    """
    number, out = _started(), folder() / "up.out"

    def far() -> Up | None:
        text = out.read_text()
        if found := re.search(r"http://127\.0\.0\.1\S+token=\S+", text):
            return Up(found.group(), text)
        if not _runs(number):
            if (reason := why_not()) and "Could not start an engine of the workshop's own" in text:
                cannot(f"no engine runs here, and none can be brought: {reason}")
            pytest.fail(f"./lab up ended:\n{text}")
        return Up("", text) if enough() else None

    return wait_until(far, _START, what="./lab up", log=out.read_text)


def _runs(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def keep_times(took: list[tuple[float, str]]) -> None:
    """Keep how long checks of exercises took: seconds and the exercise's id, from any process of this run."""
    with (folder() / "checks").open("a") as file:  # what one process appends at once stays together
        file.write("".join(f"{seconds:.3f} {id}\n" for seconds, id in took))


def slowest_check() -> str:
    """One line about all checks of this run, "" if there was none."""
    kept = folder() / "checks"
    took = [line.split() for line in kept.read_text().splitlines()] if kept.exists() else []
    if not took:
        return ""
    seconds, id = max((float(seconds), id) for seconds, id in took)
    return f"slowest check of an exercise: {id} {seconds:.2f} s, of {len(took)} checks"


def one_at_a_time(number: str) -> FileLock:
    """The lock of a notebook: whoever uses its names (`…-NN`) and ports holds it meanwhile."""
    return FileLock(folder() / f"notebook-{number}.lock", timeout=1200)
