from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from labhelpers.engine.leftovers import absent, daemons, end, processes, remove_empty
from labhelpers.process import is_root
from labhelpers.wait import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux") or not is_root(), reason="Linux, root")


@pytest.fixture
def unreaped(tmp_path: Path) -> Iterator[psutil.Process]:
    """A process called dockerd whose father never asks for its exit status, as pid 1 of many a container."""
    program = tmp_path / "dockerd"
    shutil.copy("/bin/sleep", program)
    father = subprocess.Popen(["sh", "-c", f"{program} 600 & exec sleep 600"])
    try:
        child = wait_until(
            lambda: next((p for p in psutil.Process(father.pid).children() if p.name() == "dockerd"), None),
            10,
            what="the child",
        )
        yield child
    finally:
        for process in (*psutil.Process(father.pid).children(), psutil.Process(father.pid)):
            process.kill()
        father.wait()


def test_an_engine_that_runs_is_seen_and_one_that_ended_unreaped_is_not(unreaped: psutil.Process) -> None:
    assert unreaped.pid in [p.pid for p in daemons()]
    end(unreaped, timeout=20)
    assert unreaped.status() == psutil.STATUS_ZOMBIE
    assert unreaped.pid not in [p.pid for p in daemons()]


def test_only_programs_of_an_engine_with_our_paths_are_ours(unreaped: psutil.Process, tmp_path: Path) -> None:
    assert [p.pid for p in processes([str(tmp_path)])] == [unreaped.pid], "not the shell with the same words"
    assert processes(["/nowhere/else"]) == []


def test_only_empty_folders_are_removed(tmp_path: Path) -> None:
    (tmp_path / "empty/inner/more").mkdir(parents=True)
    (tmp_path / "used/inner/empty").mkdir(parents=True)
    (tmp_path / "used/inner/file").touch()
    names = [str(tmp_path / name) for name in ("empty", "used", "never")]
    assert absent(names) == names[2:]
    remove_empty(names)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "inner", "used"]
