"""What an engine leaves on a machine beside its network: processes, mounts and control groups.

An engine that ends in order leaves empty control groups; one that was killed leaves all of them.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from labhelpers.errors import EngineError, LabError
from labhelpers.process import as_root, run


def processes(marks: Sequence[str]) -> list[psutil.Process]:
    """The engine's programs that run: those with one of our own paths among their arguments.

    `marks`: paths that no other engine uses. A pid file may be stale; the arguments are not.
    """
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        program = Path(words[0]).name if words else ""
        ours = any(mark in word for mark in marks for word in words)
        if ours and program.startswith(("containerd", "docker")):
            found.append(process)
    return found


def end(process: psutil.Process, *, first: int = signal.SIGTERM, timeout: float = 10) -> None:
    """Signal a process of ours and wait until it is gone; kill it when that takes over `timeout` seconds.

    Raises EngineError when even that does not help.
    """
    for number in (first, signal.SIGKILL):
        try:
            run(as_root(["kill", f"-{int(number)}", str(process.pid)]), tried=f"end process {process.pid}")
            process.wait(timeout)
            return
        except psutil.TimeoutExpired:
            continue
        except (psutil.NoSuchProcess, LabError):
            if not process.is_running():
                return
    raise EngineError(f"stop the engine (process {process.pid})", "it does not end", "Restart the machine.")


def end_all(left: Sequence[psutil.Process]) -> None:
    """Kill what a killed engine left behind, the processes of its containers included."""
    for process in left:
        try:
            # A container's processes are the children of its shim.
            family = process.children(recursive=True) if "shim" in process.name() else []
        except psutil.Error:
            family = []
        for one in [*family, process]:
            if one.is_running():
                end(one, first=signal.SIGKILL)


def unmount(folders: Sequence[Path]) -> None:
    """Take away the mounts below these folders, the deepest first."""
    roots = tuple(f"{folder}/" for folder in folders)
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for mount in sorted((m for m in mounts if m.startswith(roots)), key=len, reverse=True):
        run(as_root(["umount", "-l", mount]), tried=f"unmount {mount}")


def remove_cgroups(name: str) -> None:
    """Remove the control group `name` and all below it from every hierarchy; no process is left in them."""
    root = Path("/sys/fs/cgroup")
    for _ in range(20):
        # Version 2 has one hierarchy, version 1 one for each controller.
        left = [path for path in (root / name, *root.glob(f"*/{name}")) if path.is_dir()]
        if not left:
            return
        for path in left:
            inner = sorted((p for p in path.rglob("*") if p.is_dir()), key=lambda p: -len(p.parts))
            subprocess.run(as_root(["rmdir", *map(str, inner), str(path)]), capture_output=True, check=False)
        time.sleep(0.1)  # the kernel takes a moment to let go of a group after its last process
