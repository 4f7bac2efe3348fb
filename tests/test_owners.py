"""Owners and their watcher, with real processes that are really killed; without an engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import shared
from support import ROOT

from labhelpers import owners, watch
from labhelpers.places import Places, places
from labhelpers.wait import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no watcher is started there")
HOLD = """
import os, subprocess, sys
from labhelpers import owners
if sys.argv[1:]:
    subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
with owners.temporary() as folder:
    (folder / "file").touch()
    print(owners.claim().name, folder, flush=True)
    sys.stdin.read()
"""
Start = Callable[..., tuple[subprocess.Popen[str], str, Path]]


@pytest.fixture
def where(monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setenv("LABHELPERS_HOME", str(shared.short_home()))
    return places()


@pytest.fixture
def start(where: Places) -> Iterator[Start]:
    """Starts a process that owns a folder: the process, its name as an owner, the folder.

    `words`: a program that it starts. `kernel`: as JupyterLab starts a kernel, in a session of its own.
    """
    started = []

    def begin(*words: str, kernel: bool = False) -> tuple[subprocess.Popen[str], str, Path]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=kernel,
        )
        started.append(process)
        assert process.stdout is not None
        name, folder = process.stdout.readline().split()
        return process, name, Path(folder)

    yield begin
    for process in started:
        process.kill()
        process.communicate()
    wait_until(lambda: not owners.is_watched(where), 20, what="the watcher's end")


def watchers(where: Places) -> list[int]:
    """The watchers of this workshop."""
    found = []
    for process in psutil.process_iter():
        try:
            if "labhelpers.watch" in process.cmdline():
                found += (
                    [process.pid] if process.environ()["LABHELPERS_HOME"] == str(where.data.parent) else []
                )
        except (psutil.Error, KeyError):
            continue
    return found


def there(where: Places) -> list[str]:
    """The owners of which something is left, by name."""
    return [one.name for one in (where.runtime / "owners").iterdir() if one.is_dir()]


def test_what_a_killed_process_leaves_goes_and_what_a_living_one_has_stays(
    where: Places, start: Start
) -> None:
    killed, _, gone = start()
    living, name, stays = start()
    wait_until(lambda: owners.is_watched(where), 20, what="the watcher")
    wait_until(lambda: len(watchers(where)) == 1, 20, what="one watcher")
    killed.kill()
    wait_until(lambda: there(where) == [name], 20, what="the end of what it had")
    assert not gone.exists()
    assert (stays / "file").exists()
    living.communicate("")
    wait_until(lambda: not watchers(where), 20, what="the end of the watcher, with the last owner")
    assert list((where.cache / "tmp").iterdir()) == []


def test_what_a_killed_kernel_started_ends_with_it(where: Places, start: Start) -> None:
    """As far as it is in the kernel's session; without one, in a terminal say, it is the terminal's."""
    kernel, _, _ = start("sleep", "600", kernel=True)
    other, _, _ = start("sleep", "600")
    (ends,), (stays,) = (psutil.Process(one.pid).children() for one in (kernel, other))
    try:
        kernel.kill()
        other.kill()
        wait_until(lambda: there(where) == [], 20, what="the end of what they had")
        assert not ends.is_running()
        assert stays.is_running()
    finally:
        stays.kill()
    assert "ended sleep" in (where.logs / "watch.log").read_text()


def test_without_a_watcher_the_next_sweep_does_it(where: Places, start: Start) -> None:
    process, _, folder = start()
    (watcher,) = wait_until(lambda: watchers(where), 20, what="the watcher")
    psutil.Process(watcher).kill()
    assert owners.lost(where) == []
    assert owners.living(where)
    process.kill()
    process.wait()
    assert watch.sweep(where) == []
    assert not folder.exists()
    owners.clear(where)
    assert not (where.runtime / "owners").exists()
    assert not (where.cache / "tmp").exists()


def test_an_owners_folder_of_which_nothing_is_known_is_left(where: Places, start: Start) -> None:
    """Of another machine's, perhaps, whose data folder is the same: on doubt, it stays."""
    unknown = where.cache / "tmp" / "0123456789abcdef"
    unknown.mkdir(parents=True)
    start()
    watch.sweep(where)
    assert unknown.exists()


def test_a_forked_process_is_an_owner_of_its_own(where: Places, start: Start) -> None:
    start()  # its watcher is there already
    code = """
import os
from labhelpers import owners
mine = owners.claim().name
assert owners.claim().name == mine
child = os.fork()
other = owners.claim().name
print(other == mine, flush=True)
if child:
    os.waitpid(child, 0)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == ["False", "True"], done.stderr
