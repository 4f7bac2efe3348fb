"""Rooms: network namespaces with a workshop of their own, as good as a bare machine without any network.

An engine may run in one beside any other engine of this machine, and finds no way out: what works there
works without a network.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from support import ROOT

from labhelpers.places import Places
from labhelpers.wait import wait_until

_MINE = ("DOCKER_", "LAB", "JUPYTER", "XDG_")
START = """
from labhelpers.engine.embedded import Embedded
from labhelpers.places import places
from labhelpers.telling import Quiet
print(Embedded(places()).start(Quiet()))
"""
_STOP = """
from labhelpers.engine.embedded import Embedded
from labhelpers.places import places
Embedded(places())."""


def default_interrupt() -> None:
    """In a new process: let Ctrl-C end it, also where the tests run in the background and ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass
class Room:
    """A network namespace and a LABHELPERS_HOME. `prefix`: the folder with the engine's programs."""

    name: str
    home: Path
    prefix: Path

    @property
    def places(self) -> Places:
        """The folders of the workshop in this room."""
        return Places(self.home / "data", self.home / "cache", self.home / "run", self.home / "notebooks")

    @property
    def env(self) -> dict[str, str]:
        """The environment: this machine's, without what leads to another engine."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(_MINE)}
        path = [str(self.prefix / part) for part in ("bin", "usr/bin")]
        return {
            **env,
            "LABHELPERS_HOME": str(self.home),
            # The own engine or none: sockets in the shared file system lead out of the room.
            "DOCKER_HOST": f"unix://{self.places.socket}",
            "PATH": os.pathsep.join([*path, env["PATH"], "/usr/sbin", "/sbin"]),
            "PYTHONUNBUFFERED": "1",
        }

    def inside(self, *command: str | Path) -> list[str]:
        """The command, as it runs in this room."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *map(str, command)]

    def run(
        self, *command: str | Path, check: bool = True, text: str | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the room to its end; its standard error comes with the output."""
        done = subprocess.run(
            self.inside(*command),
            env={**self.env, **env},
            cwd=ROOT,
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}"
        return done

    def docker(self, *words: str, check: bool = True) -> str:
        """What `docker …` prints."""
        return self.run("docker", *words, check=check).stdout.strip()

    def lab(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the workshop's."""
        return self.run(sys.executable, "-m", "labhelpers", *words, check=False, **env)

    def open(self, *words: str, **env: str) -> Session:
        """Start a command of the workshop's and leave it running."""
        return self.spawn(sys.executable, "-m", "labhelpers", *words, **env)

    def spawn(self, *command: str | Path, **env: str) -> Session:
        """Start a command and leave it running."""
        self.home.mkdir(exist_ok=True)
        number, name = tempfile.mkstemp(dir=self.home.parent, prefix=f"{self.home.name}.out.")
        os.close(number)
        with Path(name).open("wb") as sink:
            process = subprocess.Popen(
                self.inside(*command),
                env={**self.env, **env},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=default_interrupt,
            )
        return Session(process, Path(name))

    def starting(self) -> Session:
        """An engine's start, under way."""
        return self.spawn(sys.executable, "-c", START)

    def start(self) -> None:
        """Start the room's engine."""
        self.run(sys.executable, "-c", START)

    def stop(self, how: str = "stop") -> None:
        """Stop the room's engine; `how` may be "remove"."""
        self.run(sys.executable, "-c", f"{_STOP}{how}()")

    @property
    def foreign_host(self) -> str:
        """Where `foreign_engine` listens."""
        return f"unix://{self.home}/theirs.sock"

    def foreign_engine(self, programs: Sequence[Path] = ()) -> Session:
        """Start an engine as a machine has it: somebody else's, with its own socket and data.

        `programs`: the folders with its programs; the room's own where none are given.
        """
        config = self.home / "theirs.json"
        paths = {"data-root": "theirs", "exec-root": "x", "pidfile": "theirs.pid"}
        settings = {name: str(self.home / path) for name, path in paths.items()}
        config.write_text(json.dumps({**settings, "hosts": [self.foreign_host]}))
        own = self.prefix / "usr/sbin"
        program = next(folder / "dockerd" for folder in [*programs, own] if (folder / "dockerd").exists())
        path = os.pathsep.join([*map(str, programs), self.env["PATH"], str(own)])
        session = self.spawn(program, "--config-file", config, PATH=path)
        session.prints("API listen on", 60)
        return session

    def dockerd(self) -> list[psutil.Process]:
        """The engines that run in this room."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                found += [process] if process.name() == "dockerd" else []
        return found

    def processes(self) -> list[psutil.Process]:
        """What runs in this room or from its folders, its engine's containers included."""
        mine = (Path("/run/netns") / self.name).stat().st_ino
        containers = re.compile(r"labhelpers-" + self.cgroup)
        found = []
        for process in psutil.process_iter():
            try:
                proc = Path(f"/proc/{process.pid}")
                here = (proc / "ns/net").stat().st_ino == mine
                ours = str(self.home) in " ".join(process.cmdline())
                inside = containers.search((proc / "cgroup").read_text())
                if (here or ours or inside) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    def running(self, *words: str) -> list[psutil.Process]:
        """Those of its processes in whose command one of these words is."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):  # it may end in between
                command = " ".join(process.cmdline())
                if any(word in command for word in words):
                    found.append(process)
        return found

    @property
    def cgroup(self) -> str:
        """The last part of the name of its engine's control group."""
        return hashlib.sha256(bytes(self.places.runtime)).hexdigest()[:12]

    def mounts(self) -> list[str]:
        """What is mounted in its folders."""
        return [m for m in Path("/proc/self/mountinfo").read_text().splitlines() if str(self.home) in m]

    def cgroups(self) -> list[str]:
        """Its engine's control groups."""
        # Not by a glob, which fails where a group goes away meanwhile.
        walk = os.walk("/sys/fs/cgroup")
        name = f"labhelpers-{self.cgroup}"
        return [str(Path(parent) / name) for parent, folders, _ in walk if name in folders]

    def traces(self) -> dict[str, object]:
        """What an engine may leave behind on a machine; equal before and after when it left nothing."""
        rules = {}
        for tool in ("iptables-save", "ip6tables-save"):
            text = re.sub(r"^#.*\n|\[\d+:\d+\]", "", self.run(tool, check=False).stdout, flags=re.M)
            # An empty table, as every `iptables -L` leaves one, filters nothing; only nft could remove it.
            rules[tool] = re.sub(r"^\*\w+\n(:[A-Z]+ ACCEPT *\n)*COMMIT\n", "", text, flags=re.M)
        forward = "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"
        return {
            "processes": [f"{p.pid} {p.name()}" for p in self.processes()],
            "links": [link["ifname"] for link in json.loads(self.run("ip", "-json", "link").stdout)],
            "routes": self.run("ip", "route", "show", "table", "all").stdout,
            "mounts": self.mounts(),
            "rules": rules,
            "settings": self.run("cat", *(f"/proc/sys/{name}" for name in forward)).stdout,
            "cgroups": self.cgroups(),
            "runtime": sorted(p.name for p in self.places.runtime.glob("*")),
        }

    def close(self) -> None:
        """End everything that runs here, and remove the room."""
        # Whatever fails here, the rest is still to be removed.
        with contextlib.suppress(Exception):
            self.stop("remove")
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        subprocess.run(["ip", "netns", "delete", self.name], check=False)
        for mount in Path("/proc/self/mountinfo").read_text().splitlines():
            if f" {self.home}/" in mount:
                subprocess.run(["umount", "-l", mount.split()[4]], check=False)
        shutil.rmtree(self.home, ignore_errors=True)
        for output in self.home.parent.glob(f"{self.home.name}.out.*"):
            output.unlink()


@dataclass
class Session:
    """A command that was started. `output`: the file that it prints into."""

    process: subprocess.Popen[bytes]
    output: Path

    def text(self) -> str:
        """All that it printed so far."""
        return self.output.read_text()

    def prints(self, pattern: str, timeout: float = 120) -> str:
        """Wait until it prints this, and return it."""

        def seen() -> str | None:
            if found := re.search(pattern, self.text(), re.M):
                return found.group()
            assert self.process.poll() is None, self.text()
            return None

        return wait_until(seen, timeout, what=pattern, log=self.text)

    def ends(self, number: int | None = None, timeout: float = 120) -> int:
        """Send it a signal, or none, and wait for its end; its exit status."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(timeout)

    def close(self) -> None:
        """End it, however."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@dataclass(frozen=True)
class Stock:
    """The class registry's image as an archive, the folder with all that it holds, and whose they are."""

    image: Path
    volume: Path
    session: str

    def fill(self, made: Room, host: str = "") -> None:
        """Give it all to the engine of a room, or to the one at `host`: what a first `up` would have made."""
        name = f"lab-registry-{self.session}"
        there = ["--host", host] if host else []
        made.docker(*there, "load", "-q", "-i", str(self.image))
        label = f"org.labhelpers.workshop={self.session}"
        made.docker(*there, "volume", "create", "--label", label, name)
        folder = made.docker(*there, "volume", "inspect", "-f", "{{.Mountpoint}}", name)
        shutil.copytree(self.volume, folder, dirs_exist_ok=True)
        made.places.data.mkdir(parents=True, exist_ok=True)
        (made.places.data / "session").write_text(self.session)


def sweep(prefix: Path) -> None:
    """Remove the rooms of test runs that were killed."""
    for path in Path("/run/netns").glob("lab-*-*"):
        owner = path.name.split("-")[1]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            # Another process of this run may be removing it at the same moment.
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                Room(path.name, Path(tempfile.gettempdir()) / path.name, prefix).close()


@contextlib.contextmanager
def room(prefix: Path, *, filled: bool = True) -> Iterator[Room]:
    """A new room, with the engine's programs or (`filled` false) without them; removed afterwards."""
    # A short path: sockets go below it.
    home = Path(tempfile.mkdtemp(prefix=f"lab-{os.getpid()}-"))
    made = Room(home.name, home, prefix)
    try:
        subprocess.run(["ip", "netns", "add", made.name], check=True)
        made.run("ip", "link", "set", "lo", "up")
        if filled:
            made.places.data.mkdir()
            made.places.prefix.symlink_to(prefix)
        yield made
    finally:
        made.close()
