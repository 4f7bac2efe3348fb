"""Which process made what: things that are to go with their maker, however that ends.

Each such process (a kernel, `./lab up`) holds a lock as their owner, under a random name. The lock is the
operating system's: it is free from the moment in which its holder ends, and nobody can be taken for its
holder, as another process could be by its number. What is made carries the name: containers as a label
(`labhelpers.engine.owned`), temporary folders in their path. A program that a kernel started is in its
session. `labhelpers.watch` removes what lost its owner.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from labhelpers.places import Places, places

_PATIENCE = 10.0  # seconds; what is done under the guard takes milliseconds
# A shell puts it in the background: it outlives this process and its terminal, and is nobody's child.
_BACKGROUND = 'log=$1; shift; "$@" >>"$log" 2>&1 </dev/null &'


@dataclass(frozen=True)
class Owner:
    """A process that holds what it made. `name`: a random one. `folder`: where its lock is."""

    name: str
    folder: Path
    lock: FileLock

    @property
    def containers(self) -> Path:
        """A mark: it has asked an engine for containers."""
        return self.folder / "containers"

    @property
    def session(self) -> Path:
        """The number of the session that it leads, if it leads one, as a kernel does."""
        return self.folder / "session"

    def lost_for(self) -> float:
        """Seconds since somebody first asked this of an owner that is no more."""
        mark = self.folder / "lost"
        if not mark.exists():
            mark.touch()
        return time.time() - mark.stat().st_mtime

    def forget(self) -> None:
        """Nothing of it is left."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.release()


_mine: dict[Path, tuple[int, Owner]] = {}
_one_thread = threading.Lock()


def _folder(where: Places) -> Path:
    return where.runtime / "owners"


@contextmanager
def _guard(where: Places) -> Iterator[Path]:
    """Between making an owner's folder and locking it, and while the watcher ends, nobody else looks."""
    folder = _folder(where)
    while True:
        where.runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
        guard = FileLock(folder / "guard.lock", timeout=_PATIENCE)
        try:
            guard.acquire()
            break
        except FileNotFoundError:
            continue  # `down` has just removed the folder
    try:
        yield folder
    finally:
        guard.release()


def temporary_of(where: Places, name: str) -> Path:
    """Where the temporary folders of an owner are."""
    return where.cache / "tmp" / name


def claim() -> Owner:
    """This process as an owner, until it ends; a watcher runs for it. Every call gives the same."""
    where = places()
    with _one_thread:
        pid, mine = _mine.get(where.runtime, (0, None))
        # A forked process is another one; and `down` may have taken the folder away.
        if mine is not None and pid == os.getpid() and mine.folder.exists():
            return mine
        with _guard(where) as folder:
            name = secrets.token_hex(8)
            owner = Owner(name, folder / name, FileLock(folder / name / "lock"))
            owner.folder.mkdir()
            owner.lock.acquire()
            if sys.platform != "win32" and os.getsid(0) == os.getpid():
                owner.session.write_text(str(os.getpid()))
            _mine[where.runtime] = os.getpid(), owner
            if not is_watched(where):
                _start_watcher(where)
        return owner


@contextmanager
def temporary() -> Iterator[Path]:
    """A temporary folder for this user alone: gone after the block, and with this process."""
    parent = temporary_of(places(), claim().name)
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)


def lost(where: Places) -> list[Owner]:
    """Owners whose process has ended. The caller holds their locks now, and forgets or releases each."""
    found: list[Owner] = []
    if not _folder(where).exists():
        return found
    with _guard(where) as folder:
        for one in _owners(folder):
            owner = Owner(one.name, one, FileLock(one / "lock", timeout=0))
            with contextlib.suppress(Timeout):
                owner.lock.acquire()
                found.append(owner)
    return found


def any_there(where: Places) -> bool:
    """Whether owners have a place; `./lab clean --engine` takes it away."""
    return _folder(where).exists()


def living(where: Places) -> bool:
    """Whether there is an owner whose process has not ended."""
    if not _folder(where).exists():
        return False
    with _guard(where) as folder:
        return any(_is_held(one / "lock") for one in _owners(folder))


def _owners(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_dir())


def _is_held(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except FileNotFoundError:
        return False


# -- the watcher's side


def is_watched(where: Places) -> bool:
    """Whether a watcher runs."""
    return _is_held(_folder(where) / "watch.lock")


def _start_watcher(where: Places) -> None:
    if sys.platform == "win32":
        return  # what is lost there, the next `up` or `clean` removes
    where.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = [sys.executable, "-m", "labhelpers.watch"]
    script = ["sh", "-c", _BACKGROUND, "sh", str(where.logs / "watch.log"), *command]
    subprocess.run(script, cwd=Path(__file__).parents[1], start_new_session=True, check=False)


def watch(where: Places) -> FileLock | None:
    """Become the watcher: the lock that says so, or None when there is one already."""
    lock = FileLock(_folder(where) / "watch.lock", timeout=1)  # others look whether it is free
    try:
        lock.acquire()
    except (Timeout, FileNotFoundError):
        return None
    return lock


def leave(where: Places, watcher: FileLock, *, anyway: bool = False) -> bool:
    """Be the watcher no longer; False, and nothing changed, while there are owners (unless `anyway`)."""
    with _guard(where) as folder:
        if _owners(folder) and not anyway:
            return False
        watcher.release()
        return True


def clear(where: Places) -> None:
    """Remove the folders of owners that are no more, unless there are others."""
    if _folder(where).exists():
        with _guard(where) as folder:
            if _owners(folder) or is_watched(where):
                return
            shutil.rmtree(folder, ignore_errors=True)
    # After a restart of the machine nobody knows its owners.
    shutil.rmtree(where.cache / "tmp", ignore_errors=True)
