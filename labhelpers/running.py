"""The JupyterLab of a workshop: where it is written down, and how it is ended with all that it started."""

from __future__ import annotations

import json
import shutil
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from labhelpers.places import Places


@dataclass(frozen=True)
class Running:
    """A JupyterLab that runs.

    `pid`: the server's process. `url`: its address with the token. `owner`: whose it is, see
    labhelpers.owners. `ready`: it has answered.
    """

    pid: int
    url: str
    owner: str = ""
    ready: bool = True


def _state(where: Places) -> Path:
    return where.runtime / "jupyter.json"


def recorded(where: Places) -> Running | None:
    """The JupyterLab that was started last and not ended in order, whether it runs or not."""
    try:
        return Running(**json.loads(_state(where).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def running(where: Places) -> Running | None:
    """This workshop's JupyterLab, if one runs."""
    state = recorded(where)
    try:
        if state and any("jupyterlab" in word for word in psutil.Process(state.pid).cmdline()):
            return state
    except psutil.Error:
        pass
    return None


def write(where: Places, state: Running) -> None:
    """Write down which one runs; nobody else may read it, because of the token."""
    path = _state(where)
    fresh = path.with_suffix(".part")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(state)))
    fresh.replace(path)


def forget(where: Places) -> None:
    """Nothing is written down any more."""
    _state(where).unlink(missing_ok=True)


def end(pid: int) -> None:
    """End a JupyterLab and everything that it started: first politely, then not."""
    try:
        server = psutil.Process(pid)
        family = [*server.children(recursive=True), server]
    except psutil.NoSuchProcess:
        return
    try:
        server.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs(family, timeout=10)
    except psutil.NoSuchProcess:
        alive = family
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=5)


def end_of(where: Places, owner: str) -> bool:
    """End the JupyterLab of an owner that is no more; True when there was one, running or not.

    Nothing is done when another `./lab up` has taken over.
    """

    def is_theirs() -> bool:
        left = recorded(where)
        return left is not None and left.owner == owner

    if not is_theirs():
        return False
    if alive := running(where):
        end(alive.pid)
    if not is_theirs():
        return False
    tidy(where)
    forget(where)
    return True


def tidy(where: Places) -> None:
    """Remove what a JupyterLab that is no more left: its kernels, and the files with its token."""
    folder = where.runtime / "jupyter"
    for process in psutil.process_iter():
        try:
            # A kernel's arguments name the file in which it finds its server; only the server's own are here.
            if any(word.startswith(f"{folder}/kernel-") for word in process.cmdline()):
                end(process.pid)
        except psutil.Error:
            continue
    shutil.rmtree(folder, ignore_errors=True)


def stop(where: Places, *, timeout: float = 20) -> bool:
    """End this workshop's JupyterLab, whoever started it. True when one ran.

    `timeout`: seconds that its `./lab up` is given to tidy up after itself; a killed one holds no lock.
    """
    found = running(where)
    if found:
        end(found.pid)
        tidy(where)
    lock = where.runtime / "up.lock"
    if lock.exists():
        try:
            with FileLock(lock, timeout=timeout if found else 0):
                forget(where)
                lock.unlink(missing_ok=True)
        except Timeout:
            pass  # it is stuck elsewhere, and the server is gone; or it begins just now
    return found is not None
