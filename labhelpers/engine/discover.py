"""Finding the engine: every candidate in order, what each one answered, and which one is taken.

Order: `DOCKER_HOST`; the Docker context (`DOCKER_CONTEXT`, then `currentContext` of the CLI's
configuration); the sockets where engines usually listen; the workshop's own engine. What a person named
(a host or a context) is used or reported, never replaced by another one: the Docker SDK would fall back
silently when a context is misspelt.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labhelpers.engine.client import Engine, open_engine
from labhelpers.errors import EngineError, EngineNotFound, EngineUnreachable
from labhelpers.places import Places, places

_PIPE = "npipe:////./pipe/"
DEFAULT_SOCKET = f"{_PIPE}docker_engine" if sys.platform == "win32" else "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class Candidate:
    """A place where an engine may listen.

    `origin`: where the address comes from, in words. `host`: as in DOCKER_HOST. `named`: a person asked
    for this one. `tls`: the folder with ca.pem, cert.pem and key.pem, for an engine behind TLS.
    """

    origin: str
    host: str
    named: bool = False
    tls: Path | None = None


@dataclass(frozen=True)
class Found:
    """What a candidate answered. `state`: answers, absent, denied, or silent; `detail` says more."""

    candidate: Candidate
    state: str
    detail: str
    engine: Engine | None = None


def _config_dir(env: Mapping[str, str], home: Path) -> Path:
    return Path(env["DOCKER_CONFIG"]) if env.get("DOCKER_CONFIG") else home / ".docker"


def contexts(config_dir: Path) -> dict[str, Candidate]:
    """The contexts that the CLI knows, by name; see the layout in docker/cli cli/context/store."""
    known = {}
    for meta in sorted((config_dir / "contexts" / "meta").glob("*/meta.json")):
        try:
            data = json.loads(meta.read_text())
            name, host = data["Name"], data["Endpoints"]["docker"]["Host"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        tls = config_dir / "contexts" / "tls" / hashlib.sha256(name.encode()).hexdigest() / "docker"
        known[name] = Candidate(f"context {name}", host, named=True, tls=tls if tls.is_dir() else None)
    return known


def _context(env: Mapping[str, str], home: Path) -> Candidate | None:
    config_dir = _config_dir(env, home)
    config = config_dir / "config.json"
    name, origin = env.get("DOCKER_CONTEXT"), "DOCKER_CONTEXT"
    if not name:
        origin = str(config)
        try:
            name = json.loads(config.read_text()).get("currentContext") if config.is_file() else None
        except (OSError, ValueError, AttributeError) as broken:
            raise EngineError(
                f"read the Docker CLI's configuration {config}",
                f"it is not valid JSON ({broken})",
                "Repair or move the file away.",
            ) from broken
    if not name:
        return None
    if name == "default":
        return Candidate("context default", DEFAULT_SOCKET, named=True)
    known = contexts(config_dir)
    if name not in known:
        raise EngineError(
            f"use the Docker context {name!r} (named by {origin})",
            f"there is no such context; known: {', '.join(['default', *known])}",
            "Choose one with: docker context use NAME (or unset DOCKER_CONTEXT).",
        )
    return known[name]


def candidates(env: Mapping[str, str], home: Path, where: Places) -> list[Candidate]:
    """Where to look, in order. Raises EngineError when a named context does not exist."""
    own = Candidate("the workshop's own engine", f"unix://{where.socket}")
    if host := env.get("DOCKER_HOST"):
        if host == own.host:
            return [own]
        tls = Path(env["DOCKER_CERT_PATH"]) if env.get("DOCKER_CERT_PATH") else None
        return [Candidate("DOCKER_HOST", host, named=True, tls=tls)]
    if context := _context(env, home):
        return [context]
    if sys.platform == "win32":
        pipes = ["docker_engine", "dockerDesktopLinuxEngine", "podman-machine-default"]
        usual = [(f"pipe {name}", f"{_PIPE}{name}") for name in pipes]
    else:
        runtime = env.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
        paths = [
            ("the default socket", "/var/run/docker.sock"),
            ("rootless Docker", f"{runtime}/docker.sock"),
            ("Docker Desktop", str(home / ".docker/run/docker.sock")),
            ("Docker Desktop", str(home / ".docker/desktop/docker.sock")),
            ("Colima", str(home / ".colima/default/docker.sock")),
            ("OrbStack", str(home / ".orbstack/run/docker.sock")),
            ("Rancher Desktop", str(home / ".rd/docker.sock")),
            ("Podman", f"{runtime}/podman/podman.sock"),
            ("Podman", "/run/podman/podman.sock"),
        ]
        usual = [(name, f"unix://{path}") for name, path in paths]
    return [*(Candidate(name, host) for name, host in usual), own]


def probe(candidate: Candidate, *, timeout: int = 5) -> Found:
    """Ask one candidate for its version. `timeout` in seconds; never raises."""
    if candidate.host.startswith("unix://"):
        path = Path(candidate.host.removeprefix("unix://"))
        try:
            if not path.exists():
                return Found(candidate, "absent", "no socket there")
        except PermissionError:
            return Found(candidate, "denied", "you may not look into that folder")
        if not os.access(path, os.R_OK | os.W_OK):
            return Found(candidate, "denied", "a socket is there, but you may not use it")
    try:
        engine = open_engine(candidate.host, candidate.origin, tls=candidate.tls, timeout=timeout)
    except EngineUnreachable as error:
        return Found(candidate, "silent", error.found)
    return Found(candidate, "answers", f"{engine.name} {engine.version}, API {engine.api_version}", engine)


def discover(env: Mapping[str, str] | None = None, *, timeout: int = 5) -> list[Found]:
    """Probe every candidate, in order."""
    env = os.environ if env is None else env
    seen: set[str] = set()
    found = []
    for candidate in candidates(env, Path.home(), places()):
        real = candidate.host
        if real.startswith("unix://"):
            real = str(Path(real.removeprefix("unix://")).resolve())
        if real not in seen:
            seen.add(real)
            found.append(probe(candidate, timeout=timeout))
    return found


def choose(found: list[Found]) -> Found:
    """The engine to use: the first that answers.

    Raises EngineUnreachable when a person named an engine that does not answer, or when a socket is there
    that this user may not use; EngineNotFound when there is no engine at all.
    """
    for one in found:
        if one.state == "answers":
            return one
    for one in found:
        where = f"{one.candidate.host} ({one.candidate.origin})"
        if one.state == "denied":
            raise EngineUnreachable(
                f"use the engine at {where}",
                one.detail,
                "Ask to be added to the group that owns it (often `docker`), log in again, and repeat.",
            )
        if one.candidate.named:
            raise EngineUnreachable(
                f"reach the engine at {where}",
                one.detail,
                f"Start it, correct {one.candidate.origin}, or unset that and let the workshop look.",
            )
        if one.state == "silent" and one.candidate.origin != "the workshop's own engine":
            raise EngineUnreachable(
                f"reach the engine at {where}",
                one.detail,
                "Restart that engine; if nothing of it is left, remove the stale socket.",
            )
    raise EngineNotFound(
        "find a container engine",
        f"none answers (looked at {len(found)} places)",
        "Run ./lab up: it brings one on Debian and Ubuntu. Elsewhere install Docker or Podman.",
    )


def connect(*, timeout: int = 5) -> Engine:
    """The engine that this machine's settings lead to.

    Raises EngineUnreachable, EngineNotFound or EngineError with what to do.
    """
    engine = choose(discover(timeout=timeout)).engine
    assert engine is not None
    return engine
