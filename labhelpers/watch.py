"""The watcher: a process beside all others that removes what a killed one leaves, within seconds.

It is started with the first owner of a workshop (see `labhelpers.owners`) and ends with the last. Idle, it
tries a few locks once a second, and asks no engine for anything. What is not certain stays: an owner is lost
only when the operating system gave its lock free, and only what carries that owner's name is removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable

import psutil

from labhelpers import owners, running
from labhelpers.errors import LabError, WaitTimeout
from labhelpers.places import Places, places
from labhelpers.wait import wait_until

_EVERY = 1.0  # seconds between two looks
_LATE = 5.0  # a container that was asked for in its maker's last moment may come so many seconds later
_PATIENCE = 60.0  # seconds that an engine is given to answer, and until what needs root is tried again
_GRACE = 3.0  # seconds that a program is given to end in order
_MOST_LOG = 200_000  # bytes


def sweep(where: Places, told: Callable[[str], None] = lambda _: None, *, at_once: bool = False) -> list[str]:
    """Remove what lost owners left; the names of those that are not to be forgotten yet.

    An owner with containers is looked at for some seconds more, unless `at_once`: some may come late. What an
    engine holds that does not answer stays, and is tried again.
    """
    remaining = []
    for owner in owners.lost(where):
        gone = False
        try:
            _remove(where, owner, told)
            gone = at_once or not owner.containers.exists() or owner.lost_for() > _LATE
        except (LabError, OSError, psutil.Error) as error:
            told(f"{owner.name}: {error}")
        if gone:
            owner.forget()
        else:
            remaining.append(owner.name)
            owner.lock.release()
    return remaining


def _remove(where: Places, owner: owners.Owner, told: Callable[[str], None]) -> None:
    if running.end_of(where, owner.name):
        told(f"{owner.name}: ended JupyterLab, whose ./lab up is gone")
    if ended := _end_session(owner):
        told(f"{owner.name}: ended {', '.join(ended)}")
    folder = owners.temporary_of(where, owner.name)
    if folder.exists():
        shutil.rmtree(folder)
    if owner.containers.exists():
        # Loaded when there is something to do: it is several times what the watcher needs to wait.
        from labhelpers.engine import connect
        from labhelpers.engine.owned import remove_owned

        engine = connect()
        try:
            if names := remove_owned(engine, owner.name):
                told(f"{owner.name}: removed {', '.join(names)}")
        finally:
            engine.close()


def _end_session(owner: owners.Owner) -> list[str]:
    """End what a lost owner started and left running, a `docker build` say; the names of the programs."""
    try:
        number = int(owner.session.read_text())
    except (OSError, ValueError):
        return []
    with contextlib.suppress(psutil.NoSuchProcess):
        if psutil.Process(number).status() != psutil.STATUS_ZOMBIE:
            return []  # a newcomer: no process gets the number of a session in which another one lives
    found = []
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(process.pid) == number and process.status() != psutil.STATUS_ZOMBIE:
                process.terminate()
                found.append(process)
    for process in psutil.wait_procs(found, timeout=_GRACE)[1]:
        with contextlib.suppress(psutil.Error):
            process.kill()
    return [process.info["name"] for process in found]


def tidy_engine(where: Places) -> bool:
    """Remove what the workshop's own engine left when it was killed. True when it was."""
    if not where.engine_state.exists():
        return False
    try:
        process = psutil.Process(int(where.engine_pid.read_text()))
        if process.name() == "dockerd" and process.status() != psutil.STATUS_ZOMBIE:
            return False
    except (OSError, ValueError, psutil.Error):
        pass
    from labhelpers.engine.embedded import Embedded

    # It looks again, with the engine's lock: it may just be starting, or stopping.
    return Embedded(where).stop(only_killed=True)


def settle(where: Places) -> None:
    """Before something is taken down: remove what is lost, and let a watcher end that has no more to do."""
    sweep(where, at_once=True)
    try:
        wait_until(
            lambda: not owners.is_watched(where) or owners.living(where), 3 * _EVERY, what="the watcher's end"
        )
    except WaitTimeout:
        return  # it is busy with what this process could not remove


class _Log:
    """Lines of the watcher's log, each said once; bounded."""

    def __init__(self, where: Places) -> None:
        self.path = where.logs / "watch.log"
        self._said: set[str] = set()

    def __call__(self, text: str) -> None:
        if text in self._said or not self.path.parent.is_dir():
            return
        self._said.add(text)
        if self.path.exists() and self.path.stat().st_size > _MOST_LOG:
            self.path.unlink()
        with self.path.open("a") as log:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")


def watch(where: Places) -> None:
    """Watch until there is nothing to watch, or until this process is asked to end."""
    lock = owners.watch(where)
    if lock is None:
        return
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    told = _Log(where)
    lonely, again = time.monotonic(), 0.0
    while not ended.wait(_EVERY) and owners.any_there(where):
        now = time.monotonic()
        if now >= again:
            try:
                if tidy_engine(where):
                    told("the engine was killed: removed what it left")
            except (LabError, OSError, psutil.Error) as error:
                told(str(error))
                again = now + _PATIENCE
        sweep(where, told)
        if owners.living(where):
            lonely = now
        if owners.leave(where, lock, anyway=now - lonely > _PATIENCE):
            return
    lock.release()


if __name__ == "__main__":
    watch(places())
