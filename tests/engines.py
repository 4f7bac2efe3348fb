"""The engines that the workshop is tried on, each in a room of its own: old, new with either store, Podman.

The old engine and Podman come from Debian 12's packages, unpacked and not installed; the new one from the
workshop's own prefix.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from rooms import START, Room
from support import cannot

from labhelpers.wait import wait_until


def unpacked(folder: Path, *packages: str) -> list[Path]:
    """The programs of Debian packages, in a folder of their own; the folders that hold them."""
    if not shutil.which("apt-get"):
        cannot("other engines come from Debian's packages, and there is no apt-get")
    done = subprocess.run(
        ["apt-get", "download", "-qq", *packages], cwd=folder, capture_output=True, text=True
    )
    files = [*folder.glob("*.deb")]
    if done.returncode or not files:
        cannot(f"the packages {', '.join(packages)} cannot be had: {done.stderr.strip()[-200:]}")
    for file in files:
        subprocess.run(["dpkg", "-x", file, folder / "root"], check=True)
    return [folder / "root/usr/sbin", folder / "root/usr/bin"]


def home_of(folder: Path) -> dict[str, str]:
    """The environment of programs that were unpacked with their libraries, and trust what is in this test."""
    settings = folder / "home/.config/containers"
    settings.mkdir(parents=True)
    (settings / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    libraries = ":".join(str(place) for place in (folder / "root/usr/lib").glob("*-linux-gnu*"))
    return {**os.environ, "HOME": str(folder / "home"), "LD_LIBRARY_PATH": libraries}


def answers(path: Path) -> bool:
    """Whether an engine answers at this socket."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: x\r\n\r\n")
        return b"OK" in connection.recv(4096)
    return False


@contextmanager
def _overlay2(made: Room) -> Iterator[str]:
    made.start()
    yield f"unix://{made.places.socket}"


@contextmanager
def _containerd(made: Room) -> Iterator[str]:
    made.run(sys.executable, "-c", START, LABHELPERS_ENGINE_STORE="containerd")
    yield f"unix://{made.places.socket}"


def _folder(made: Room) -> Path:
    folder = made.home / "other"
    folder.mkdir()
    return folder


@contextmanager
def _old(made: Room) -> Iterator[str]:
    path = unpacked(_folder(made), "docker.io", "containerd", "runc")
    session = made.foreign_engine(path)
    try:
        yield made.foreign_host
    finally:
        session.close()


# What Podman's packages would have put into /etc and /usr/libexec.
_PODMAN = """
[containers]
default_ulimits = []
log_driver = "k8s-file"
[engine]
init_path = "{root}/usr/bin/catatonit"
cgroup_manager = "cgroupfs"
events_logger = "file"
helper_binaries_dir = ["{root}/usr/lib/podman", "{root}/usr/libexec/podman", "{root}/usr/bin"]
conmon_path = ["{root}/usr/bin/conmon"]
# Which would start runc, and Podman again at a container's end, with an empty environment.
conmon_env_vars = [{environment}]
# crun 1.8 refuses control groups of both versions side by side.
runtime = "runc"
[engine.runtimes]
runc = ["{root}/usr/sbin/runc"]
[network]
network_backend = "netavark"
network_config_dir = "{home}/networks"
"""
_INSECURE = '[[registry]]\nlocation = "localhost:5005"\ninsecure = true\n'
PODMAN = ("podman", "conmon", "crun", "libgpgme11", "libassuan0", "libgpg-error0", "libdevmapper1.02.1")
PODMAN += ("libsubid4", "libyajl2", "libseccomp2")


@contextmanager
def _podman(made: Room) -> Iterator[str]:
    folder = _folder(made)
    path = unpacked(
        folder,
        *PODMAN,
        "netavark",
        "aardvark-dns",
        "catatonit",
        "runc",
    )
    environment = home_of(folder)
    settings = folder / "home/.config/containers"
    (settings / "registries.conf").write_text(_INSECURE)
    wanted = {name: environment[name] for name in ("HOME", "LD_LIBRARY_PATH")}
    wanted["PATH"] = os.pathsep.join([*map(str, path), made.env["PATH"]])
    wanted["CONTAINERS_CONF"] = str(settings / "containers.conf")
    wanted["CONTAINERS_REGISTRIES_CONF"] = str(settings / "registries.conf")
    (settings / "containers.conf").write_text(
        _PODMAN.format(
            root=folder / "root",
            home=folder,
            environment=", ".join(json.dumps(f"{name}={value}") for name, value in wanted.items()),
        )
    )
    # Where root's Podman keeps the addresses it gave, whatever folders it is told of.
    addresses = Path("/run/containers")
    there = addresses.exists()
    where = folder / "podman.sock"
    places = ["--root", folder / "data", "--runroot", folder / "run", "--tmpdir", folder / "tmp"]
    words = [*places, "system", "service", "--time", "0", f"unix://{where}"]
    session = made.spawn(path[1] / "podman", *words, **wanted)
    try:
        wait_until(lambda: answers(where), 60, what="Podman", log=session.text)
        yield f"unix://{where}"
        # While it can still take their network namespaces away.
        made.run("sh", "-c", f"docker -H unix://{where} ps -aq | xargs -r docker -H unix://{where} rm -f")
    finally:
        session.close()
        if not there:
            shutil.rmtree(addresses, ignore_errors=True)
        for mount in Path("/proc/self/mountinfo").read_text().splitlines():
            if f" {folder}/" in mount:
                subprocess.run(["umount", "-l", mount.split()[4]], check=False)


# By the name that `./lab test --engines NAME,…` takes.
KINDS: dict[str, Callable[[Room], AbstractContextManager[str]]] = {
    "20.10": _old,
    "26.1": _overlay2,
    "26.1-containerd": _containerd,
    "podman": _podman,
}
# What is different there: test -> what happens, and why. docs/engines.md says it to people.
_LESSON = "tests/registry/test_lesson.py::"
_ENGINE = "tests/engine/test_"
_WAY = "tests/exercises/test_exercises.py::test_another_valid_way_passes"
_HTTP = "builds without BuildKit's options, and speaks plain HTTP only to registries that it was told of"
DIFFER: dict[str, dict[str, str]] = {
    "podman": {
        "tests/compose/test_project.py": "its health checks are run by systemd, which is not in such a room",
        f"{_WAY}[03.find-fault-beside-a-failed-copy]": "what failed to start stays as if it held the port",
        f"{_ENGINE}writable.py::test_what_a_container_writes_stands_on_top_of_its_image": "lists /etc, too",
        f"{_ENGINE}clean.py::test_only_what_has_the_label_of_this_session_goes": "docker.io/library/NAME",
        f"{_ENGINE}clean.py::test_what_something_foreign_uses_is_kept_and_named": "the network goes, too",
        **dict.fromkeys((f"{_LESSON}{name}" for name in ("TestTravel", "TestWhatGoesWrong")), _HTTP),
        **dict.fromkeys(
            (f"{_LESSON}{name}" for name in ("TestPassword", "test_a_cache_asks_upstream_once")), _HTTP
        ),
    },
}


@dataclass(frozen=True)
class Outcome:
    """What became of the tests on one engine. `reasons`: of each that did not pass."""

    kind: str
    version: str
    counts: Counter[str]
    reasons: list[str]


_OUTCOMES = pytest.StashKey[list[Outcome]]()


def wanted(config: pytest.Config) -> list[str]:
    """The engines that `--engines` names; none where it is not given."""
    given = config.getoption("--engines")
    names = list(KINDS) if given == "all" else given.split(",") if given else []
    if unknown := {*names} - {*KINDS}:
        raise pytest.UsageError(
            f"--engines: there is no {', '.join(unknown)}; all, or some of {', '.join(KINDS)}"
        )
    return names


def outcomes(config: pytest.Config) -> list[Outcome]:
    """What this run has seen so far."""
    return config.stash.setdefault(_OUTCOMES, [])


def table(found: list[Outcome]) -> list[str]:
    """Engine by outcome, and below it why tests did not pass."""
    lines = [f"{'engine':<18}{'version':<18}{'passed':>8}{'failed':>8}{'skipped':>9}{'left out':>10}"]
    for one in found:
        out = sum(reason.startswith("left out") for reason in one.reasons)
        numbers = [one.counts[state] for state in ("passed", "failed", "skipped")]
        shown = "".join(
            f"{number:>{width}}" for number, width in zip([*numbers, out], (8, 8, 9, 10), strict=True)
        )
        lines.append(f"{one.kind:<18}{one.version:<18}{shown}")
    for one in found:
        lines += [f"{one.kind}: {reason.splitlines()[0]}" for reason in one.reasons]
    return lines
