"""The workshop's own engine, for a Linux machine that has none.

Its programs come from the distribution's packages (see `packages`), its data, socket, bridge and log are
its own, and it binds no TCP port. It is never started beside a running daemon in the same network
namespace: a second one would take the first one's network away.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from labhelpers.engine import network, packages
from labhelpers.engine.client import Engine, open_engine
from labhelpers.errors import EngineError, EngineNotFound, EngineUnreachable, LabError
from labhelpers.places import Places
from labhelpers.process import as_root, is_root, run, tail
from labhelpers.progress import Progress
from labhelpers.wait import wait_until

ORIGIN = "the workshop's own engine"
_START_TIMEOUT = 60
_STOP_TIMEOUT = 40


def why_not() -> str | None:
    """Why no engine of our own can run here, or None when one can."""
    if sys.platform != "linux":
        return "the workshop's own engine runs on Linux only"
    if not is_root() and not shutil.which("sudo"):
        return "it needs root, or sudo"
    if packages.archive() is None:
        return "its programs come from Debian's or Ubuntu's packages, and this is neither"
    return None


def daemons() -> list[psutil.Process]:
    """Engines running in this network namespace, whoever started them."""
    mine = _net_namespace("self")
    found = []
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "dockerd" and _net_namespace(process.pid) in (mine, None):
            found.append(process)
    return found


def _net_namespace(pid: int | str) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return None


class Embedded:
    """The engine of one workshop, in that workshop's places."""

    def __init__(self, where: Places) -> None:
        self.where = where
        self.exec_root = where.runtime / "exec"
        self.pid_file = where.runtime / "docker.pid"
        self.state_file = where.runtime / "network.json"
        self.log_file = where.logs / "engine.log"
        self.config_file = where.data / "engine.json"

    @property
    def host(self) -> str:
        """Its address, as in DOCKER_HOST."""
        return f"unix://{self.where.socket}"

    def environment(self) -> dict[str, str]:
        """What its programs need to find each other."""
        return {"PATH": packages.search_path(self.where.prefix)}

    def process(self) -> psutil.Process | None:
        """Its daemon, if it runs."""
        return next(iter(self._daemons()), None)

    def _daemons(self) -> list[psutil.Process]:
        """Daemons started with our configuration. A pid file may be stale; the arguments are not."""
        return [p for p in self._leftovers() if p.name() == "dockerd"]

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self.where.runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with FileLock(self.where.runtime / "engine.lock", timeout=300):
                yield
        except Timeout as busy:
            raise EngineError(
                "take the engine's lock", "another ./lab has held it for five minutes", "End that one first."
            ) from busy

    def start(self, progress: Progress) -> Engine:
        """Start it, fetching its programs first where they are missing; when it runs, only connect.

        Raises EngineNotFound where it cannot run, EngineError when another daemon runs or it fails to start.
        """
        with self._lock():
            if self.process():
                return open_engine(self.host, ORIGIN, timeout=30)
            if reason := why_not():
                raise EngineNotFound(
                    "start an engine of the workshop's own",
                    reason,
                    "Install and start Docker Desktop, Docker Engine or Podman, then repeat ./lab up.",
                )
            if others := daemons():
                pid = others[0].pid
                raise EngineError(
                    "start an engine of the workshop's own",
                    f"a dockerd runs here already (process {pid}); a second one would break its network",
                    "Use that one (is its socket readable for you?), or stop it first.",
                )
            self._prepare(progress)
            with progress.task("Starting the engine", unit="steps") as task:
                self._cleanup_processes()
                self._network()
                self._launch()
                started = time.monotonic()
                engine = wait_until(
                    lambda: self._answers(started),
                    _START_TIMEOUT,
                    what="the workshop's own engine",
                    fix=f"Read {self.log_file}, then repeat ./lab up.",
                    log=self.log,
                )
                task.update(1, 1, f"{engine.version}, {engine.image_store()}")
            return engine

    def log(self) -> str:
        """The last lines of its log."""
        return tail(self.log_file.read_text(errors="replace")) if self.log_file.exists() else ""

    def _prepare(self, progress: Progress) -> None:
        archive = packages.archive()
        assert archive is not None
        has = [name for name in ("iptables", "ip", "mmdebstrap") if shutil.which(name, path=_system_path())]
        own, newer = packages.engine_packages(archive, has=has)
        packages.fetch(archive, self.where.prefix, own, newer, progress)
        if missing := packages.missing_libraries(self.where.prefix / "usr/sbin/dockerd"):
            raise EngineError(
                "run the engine's programs",
                f"this machine lacks {', '.join(missing)}",
                "Install the packages that hold them, then repeat ./lab up.",
            )

    def _network(self) -> None:
        env = self.environment()
        before = self._recorded()
        if before is None:
            before = network.record(env)
            # Written before anything changes: whatever ends this process, `stop` knows what to undo.
            self.state_file.write_text(before.dump())
        network.make_bridge(before, env)
        self._configure(before)

    def _recorded(self) -> network.Before | None:
        """What was recorded since this machine's last boot."""
        try:
            before = network.Before.load(self.state_file.read_text())
        except (OSError, ValueError, TypeError):
            return None
        return before if before.boot == network.boot_id() else None

    def _configure(self, before: network.Before) -> None:
        for folder in (self.where.data, self.where.engine_data, self.where.logs, self.exec_root):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        config: dict[str, object] = {
            "hosts": [self.host],
            "group": str(os.getgid()),
            "data-root": str(self.where.engine_data),
            "exec-root": str(self.exec_root),
            "pidfile": str(self.pid_file),
            "bridge": before.bridge,
            "default-address-pools": [{"base": network.networks_base(before.pool), "size": 24}],
            "init-path": str(self.where.prefix / "usr/bin/tini-static"),
            # A control group of our own can be removed afterwards.
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
            "cgroup-parent": f"/{self._cgroup}",
        }
        if driver := _storage_driver(self.where.engine_data):
            config["storage-driver"] = driver
        if os.environ.get("LABHELPERS_ENGINE_STORE") == "containerd":
            config["features"] = {"containerd-snapshotter": True}
            config.pop("storage-driver", None)
        self.config_file.write_text(json.dumps(config, indent=1))

    @property
    def _cgroup(self) -> str:
        return "labhelpers-" + self.where.runtime.name.removeprefix("labhelpers-")

    def _launch(self) -> None:
        if self.log_file.exists() and self.log_file.stat().st_size > 5_000_000:
            self.log_file.unlink()
        # A shell puts it in the background: it must outlive this process, its terminal and sudo.
        script = 'log=$1; shift; exec setsid "$@" >>"$log" 2>&1 </dev/null &'
        dockerd = [
            str(self.where.prefix / "usr/sbin/dockerd"),
            *("--config-file", str(self.config_file)),
            # Names of our own: a containerd of the machine would otherwise be shared. (Refused in the file.)
            *("--containerd-namespace", "labhelpers"),
            *("--containerd-plugins-namespace", "labhelpers-plugins"),
        ]
        path = f"PATH={packages.search_path(self.where.prefix)}"
        command = ["env", path, "sh", "-c", script, "sh", str(self.log_file), *dockerd]
        done = subprocess.run(as_root(command), check=False)
        if done.returncode:
            raise EngineError(
                "start the engine as root",
                f"sudo or the shell ended with status {done.returncode}",
                "Run ./lab up in a terminal where sudo can ask for your password, or as root.",
            )

    def _answers(self, started: float) -> Engine | None:
        try:
            return open_engine(self.host, ORIGIN, timeout=5)
        except EngineUnreachable:
            if time.monotonic() - started > 3 and not self._daemons():
                log = self.log()
                raise EngineError(
                    "start the workshop's own engine",
                    log.splitlines()[-1] if log else "it ended at once",
                    f"Read {self.log_file}, then repeat ./lab up.",
                    log=log,
                ) from None
            return None

    def stop(self) -> bool:
        """Stop it and everything in it, and put the machine's network back.

        True when there was something to stop. Works as well after the engine was killed, and twice.
        """
        if not self.where.runtime.exists():
            return False
        with self._lock():
            found = False
            if process := self.process():
                found = True
                self._end(process, signal.SIGTERM, _STOP_TIMEOUT)
            found = self._cleanup_processes() or found
            self._unmount()
            if before := self._recorded():
                found = True
                network.restore(before, self.environment())
            self.state_file.unlink(missing_ok=True)
            self._remove_cgroups()
            run(
                as_root(["rm", "-rf", str(self.exec_root), str(self.where.socket), str(self.pid_file)]),
                tried="remove the engine's sockets",
            )
        self._remove_runtime()
        return found

    def _remove_runtime(self) -> None:
        (self.where.runtime / "engine.lock").unlink(missing_ok=True)
        try:
            self.where.runtime.rmdir()
        except OSError:
            return  # something else of the workshop still runs there

    def remove(self) -> None:
        """Stop it and remove its programs, images, containers and logs: nothing of it remains."""
        self.stop()
        folders = [self.where.engine_data, self.where.prefix, self.config_file, self.log_file]
        folders.append(self.where.prefix.with_name(self.where.prefix.name + ".work"))
        if any(path.exists() for path in folders):
            run(as_root(["rm", "-rf", *map(str, folders)]), tried="remove the engine's data", timeout=600)

    def _end(self, process: psutil.Process, with_signal: int, timeout: float) -> None:
        """Signal a process of ours and wait until it is gone; kill it when it does not go."""
        for number in (with_signal, signal.SIGKILL):
            try:
                run(
                    as_root(["kill", f"-{int(number)}", str(process.pid)]), tried=f"end process {process.pid}"
                )
                process.wait(timeout)
                return
            except psutil.TimeoutExpired:
                continue
            except (psutil.NoSuchProcess, LabError):
                if not process.is_running():
                    return
        raise EngineError(
            f"stop the engine (process {process.pid})", "it does not end", "Restart the machine."
        )

    def _leftovers(self) -> list[psutil.Process]:
        """The engine's programs that run, known by our folders in their arguments."""
        marks = (str(self.exec_root), str(self.config_file))
        found = []
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
            except psutil.Error:
                continue
            program = Path(words[0]).name if words else ""
            if program.startswith(("containerd", "docker")) and any(m in w for m in marks for w in words):
                found.append(process)
        return found

    def _cleanup_processes(self) -> bool:
        """End what a killed engine left behind, its containers included."""
        left = self._leftovers()
        for process in left:
            try:
                children = process.children(recursive=True) if "shim" in process.name() else []
            except psutil.Error:
                children = []
            for one in [*children, process]:
                if one.is_running():
                    self._end(one, signal.SIGKILL, 10)
        return bool(left)

    def _unmount(self) -> None:
        """Take away mounts below our folders, the deepest first."""
        roots = (f"{self.exec_root}/", f"{self.where.engine_data}/", f"{self.where.runtime}/")
        mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for mount in sorted((m for m in mounts if m.startswith(roots)), key=len, reverse=True):
            run(as_root(["umount", "-l", mount]), tried=f"unmount {mount}")

    def _remove_cgroups(self) -> None:
        """Remove the engine's empty control groups; each may need a moment after its last process."""
        for _ in range(20):
            left = [path for path in Path("/sys/fs/cgroup").glob(f"**/{self._cgroup}") if path.is_dir()]
            if not left:
                return
            for path in left:
                folders = sorted((p for p in path.rglob("*") if p.is_dir()), key=lambda p: -len(str(p)))
                subprocess.run(
                    as_root(["rmdir", *map(str, folders), str(path)]), capture_output=True, check=False
                )
            time.sleep(0.1)


def _system_path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def _storage_driver(folder: Path) -> str | None:
    """The driver to ask for, or None to let the engine choose: overlay does not work on an overlay."""
    best = max(
        (
            p
            for p in psutil.disk_partitions(all=True)
            if str(folder).startswith(p.mountpoint.rstrip("/") + "/")
        ),
        key=lambda p: len(p.mountpoint),
        default=None,
    )
    if best is None or best.fstype != "overlay":
        return None
    return "fuse-overlayfs" if shutil.which("fuse-overlayfs") else "vfs"
