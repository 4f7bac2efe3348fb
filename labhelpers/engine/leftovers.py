"""What an engine has, and leaves, on a machine beside its network: processes, mounts and control groups.

An engine that ends in order leaves empty control groups; one that was killed leaves all of them.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from labhelpers.errors import EngineError, LabError, WaitTimeout
from labhelpers.process import as_root, run
from labhelpers.wait import wait_until

# Folders that an engine makes outside its own, whatever its configuration says.
FOLDERS = ("/opt/containerd", "/run/containerd", "/run/docker", "/run/runc")
# Where containerd puts its shims' sockets, whatever its own folder is.
_SOCKETS = "/run/containerd/s/"


def absent(folders: Sequence[str] = FOLDERS) -> list[str]:
    """Those of the folders that are not there."""
    return [folder for folder in folders if not Path(folder).exists()]


def remove_empty(folders: Sequence[str]) -> None:
    """Remove these folders as far as nothing but empty folders is in them: another engine's stay."""
    for folder in folders:
        if Path(folder).is_dir():
            command = ["find", folder, "-depth", "-type", "d", "-empty", "-delete"]
            run(as_root(command), tried=f"remove the empty folder {folder}")


def sockets(exec_root: Path) -> list[str]:
    """The sockets of an engine's shims, which outlive them when they are killed: its tasks name them."""
    if not exec_root.exists():
        return []
    # What goes away meanwhile needs no removal: whatever `find` says of it is no failure.
    script = 'find "$1" -name address -exec sed -n s,^unix://,,p {} + 2>/dev/null; :'
    found = run(
        as_root(["sh", "-c", script, "sh", str(exec_root)]), tried="look for what the engine left"
    ).split()
    return [name for name in found if name.startswith(_SOCKETS)]


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


def daemons() -> list[psutil.Process]:
    """Engines running in this network namespace, whoever started them."""
    mine = _net_namespace("self")
    found = []
    for process in psutil.process_iter(["name", "status"]):
        # One that ended and was not reaped (pid 1 of a container seldom does) harms nobody.
        if process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        if process.info["name"] == "dockerd" and _net_namespace(process.pid) in (mine, None):
            found.append(process)
    return found


def _net_namespace(pid: int | str) -> str | None:
    link = Path(f"/proc/{pid}/ns/net")
    try:
        return str(link.readlink())
    except PermissionError:
        # Only root may ask of another user's process; an engine inside a container is not beside ours.
        try:
            return run(as_root(["readlink", str(link)]), tried=f"look at process {pid}").strip()
        except LabError:
            return None
    except OSError:
        return None


def end(process: psutil.Process, *, first: int = signal.SIGTERM, timeout: float = 10) -> None:
    """Signal a process of ours and wait until it is gone; kill it when that takes over `timeout` seconds.

    Raises EngineError when even that does not help.
    """
    for number in (first, signal.SIGKILL):
        try:
            run(as_root(["kill", f"-{int(number)}", str(process.pid)]), tried=f"end process {process.pid}")
            if _gone(process, timeout):
                return
        except LabError:
            if _gone(process, 0):
                return
    raise EngineError(f"stop the engine (process {process.pid})", "it does not end", "Restart the machine.")


def _gone(process: psutil.Process, timeout: float) -> bool:
    """Whether it ended within `timeout` seconds; its parent need not have asked for its exit status."""

    def ended() -> bool:
        try:
            return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    try:
        return wait_until(ended, timeout, what=f"the end of process {process.pid}", every=0.05)
    except WaitTimeout:
        return False


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
    """Take away the mounts below these folders, the deepest first.

    And of a folder on itself, which an engine makes of its data; another disk mounted there stays.
    """
    roots = tuple(f"{folder}/" for folder in folders)
    mounts = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        root, mount = line.split()[3:5]
        on_itself = root != "/" and mount.endswith(root) and Path(mount) in folders
        if mount.startswith(roots) or on_itself:
            mounts.append(mount)
    for mount in sorted(mounts, key=len, reverse=True):
        run(as_root(["umount", "-l", mount]), tried=f"unmount {mount}")


def _cgroups(name: str) -> list[Path]:
    """The control group `name`: version 2 has one hierarchy, version 1 one for each controller."""
    root = Path("/sys/fs/cgroup")
    return [path for path in (root / name, *root.glob(f"*/{name}")) if path.is_dir()]


def members(name: str) -> list[psutil.Process]:
    """The processes in the control group `name`: containers, also those whose shim was killed."""
    pids: set[int] = set()
    for group in _cgroups(name):
        for path in group.rglob("cgroup.procs"):
            try:
                pids.update(map(int, path.read_text().split()))
            except OSError:
                continue
    found = []
    for pid in sorted(pids):
        try:
            found.append(psutil.Process(pid))
        except psutil.NoSuchProcess:
            continue
    return found


def remove_cgroups(name: str) -> None:
    """Remove the control group `name` and all below it from every hierarchy; no process is left in them."""
    for _ in range(20):
        left = _cgroups(name)
        if not left:
            return
        for path in left:
            inner = sorted((p for p in path.rglob("*") if p.is_dir()), key=lambda p: -len(p.parts))
            subprocess.run(as_root(["rmdir", *map(str, inner), str(path)]), capture_output=True, check=False)
        time.sleep(0.1)  # the kernel takes a moment to let go of a group after its last process
