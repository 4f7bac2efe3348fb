"""The workshop's own engine, for a Linux machine that has none.

Its programs come from the distribution's packages (see `packages`), its data, socket, bridge and log are
its own, and it binds no TCP port. It is never started beside a running daemon in the same network
namespace: a second one would take the first one's network away.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psutil
from filelock import FileLock, Timeout

from labhelpers.engine import leftovers, network, packages, settings
from labhelpers.engine.client import Engine, open_engine
from labhelpers.errors import EngineError, EngineNotFound, EngineUnreachable
from labhelpers.places import Places
from labhelpers.process import as_root, is_root, run, tail
from labhelpers.telling import Progress
from labhelpers.wait import wait_until

ORIGIN = "the workshop's own engine"
_START_TIMEOUT, _STOP_TIMEOUT = 60, 40  # seconds


def why_not() -> str | None:
    """Why no engine of our own can run here, or None when one can."""
    if sys.platform != "linux":
        return "the workshop's own engine runs on Linux only"
    if not is_root() and not shutil.which("sudo"):
        return "it needs root, or sudo"
    if packages.archive() is None:
        return "its programs come from Debian's or Ubuntu's packages, and this is neither"
    return None


class Embedded:
    """The engine of one workshop, in that workshop's places."""

    def __init__(self, where: Places) -> None:
        self.where = where
        self.exec_root = where.runtime / "exec"
        self.pid_file = where.engine_pid
        self.state_file = where.engine_state
        self.log_file = where.logs / "engine.log"
        self.config_file = where.data / "engine.json"
        self.marks = (str(self.exec_root), str(self.config_file))

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
        return [p for p in leftovers.processes(self.marks) if p.name() == "dockerd"]

    def _end_left(self) -> bool:
        """End what an engine that was killed left: its programs, its containers, its shims' sockets.

        True when there was something to end.
        """
        sockets = leftovers.sockets(self.exec_root)
        left = [*leftovers.processes(self.marks), *leftovers.members(self._cgroup)]
        leftovers.end_all(left)
        if sockets:
            run(as_root(["rm", "-f", *sockets]), tried="remove the sockets of the engine's shims")
        return bool(left)

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

    def check(self) -> None:
        """Raise EngineNotFound where it cannot run, EngineError where another daemon runs beside it."""
        if reason := why_not():
            raise EngineNotFound(
                "start an engine of the workshop's own",
                reason,
                "Install and start Docker Desktop, Docker Engine or Podman, then repeat ./lab up.",
            )
        if others := leftovers.daemons():
            pid = others[0].pid
            raise EngineError(
                "start an engine of the workshop's own",
                f"a dockerd runs here already (process {pid}); a second one would break its network",
                "Use that one (is its socket readable for you?), or stop it first.",
            )

    def start(self, progress: Progress) -> Engine:
        """Start it, fetching its programs first where they are missing; when it runs, only connect.

        Raises what `check` raises, and EngineError when it fails to start.
        """
        with self._lock():
            if self.process():
                return self._wait()  # it may be starting still, when the one who started it was killed
            self.check()
            self._prepare(progress)
            with progress.task("Starting the engine", unit="steps") as task:
                self._end_left()
                # A killed engine leaves it, and by now the number may be another process's.
                self.pid_file.unlink(missing_ok=True)
                self._network()
                self._launch()
                engine = self._wait()
                task.update(1, 1, f"{engine.version}, {engine.image_store()}")
            return engine

    def _wait(self) -> Engine:
        started = time.monotonic()
        return wait_until(
            lambda: self._answers(started),
            _START_TIMEOUT,
            what="the workshop's own engine",
            fix=f"Read {self.log_file}, then repeat ./lab up.",
            log=self.log,
        )

    def log(self) -> str:
        """The last lines of its log."""
        return tail(self.log_file.read_text(errors="replace")) if self.log_file.exists() else ""

    def _prepare(self, progress: Progress) -> None:
        archive = packages.archive()
        assert archive is not None
        system = _system_path(self.where)
        has = [name for name in ("iptables", "ip", "mmdebstrap") if shutil.which(name, path=system)]
        if self.where.kit.exists():
            has.append("mmdebstrap")  # a kit brings the base image, which is made with it otherwise
        own, newer = packages.engine_packages(archive, has=has)
        kept = self.where.kit / "packages"
        packages.fetch(archive, self.where.prefix, own, newer, progress, kept=kept)
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
            before = replace(network.record(env), absent=leftovers.absent())
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
        config = settings.daemon(
            self.where, before, exec_root=self.exec_root, pid_file=self.pid_file, cgroup=self._cgroup
        )
        self.config_file.write_text(json.dumps(config, indent=1))

    @property
    def _cgroup(self) -> str:
        # By the whole path: two workshops on one machine must not share, and empty, one group.
        return "labhelpers-" + hashlib.sha256(bytes(self.where.runtime)).hexdigest()[:12]

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

    def stop(self, *, only_killed: bool = False) -> bool:
        """Stop it and everything in it, and put the machine's network back.

        True when there was something to stop. Works as well after the engine was killed, and twice.
        `only_killed`: do nothing unless it was killed, and left what `stop` removes.
        """
        if not self.where.runtime.exists():
            return False
        with self._lock():
            found = False
            process = self.process()
            if only_killed and (process or not self._recorded()):
                return False
            if process:
                found = True
                leftovers.end(process, timeout=_STOP_TIMEOUT)
            if self._end_left():
                found = True
            leftovers.unmount([self.exec_root, self.where.engine_data, self.where.runtime])
            if before := self._recorded():
                found = True
                network.restore(before, self.environment())
                leftovers.remove_empty(before.absent)
            self.state_file.unlink(missing_ok=True)
            leftovers.remove_cgroups(self._cgroup)
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


def _system_path(where: Places) -> str:
    """PATH without the prefix (the workshop's own terminals have it there): that is not the machine's."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    theirs = [folder for folder in folders if not folder.startswith(f"{where.data}/")]
    return os.pathsep.join([*theirs, "/usr/sbin", "/sbin"])
