"""What works on this machine, what does not, and what to do about it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import psutil

from labhelpers.engine import Engine, Found, choose, discover, environment, session
from labhelpers.engine.embedded import why_not
from labhelpers.engine.shell import plugin_version
from labhelpers.errors import LabError
from labhelpers.places import Places, places
from labhelpers.registry.server import PORT, ClassRegistry, listening
from labhelpers.stock import RECIPES, REGISTRY_IMAGE
from labhelpers.stock.base import hub_reachable
from labhelpers.stock.build import missing

# The stock with its engine takes 1.6 GB; lessons need some room to build.
DISK_NEEDED = 4 * 10**9
MEMORY_NEEDED = 2 * 10**9
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_UP = "Run ./lab up."


@dataclass(frozen=True)
class Check:
    """One line of the doctor's report.

    `ok`: True, False, or None for something that is not there and not needed. `detail`: what was found.
    `fix`: what to do; empty when there is nothing to do.
    """

    name: str
    ok: bool | None
    detail: str
    fix: str = ""

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def healthy(checks: list[Check]) -> bool:
    """Whether the workshop can run."""
    return all(check.ok is not False for check in checks)


def examine(where: Places | None = None, env: Mapping[str, str] | None = None) -> list[Check]:
    """Look at everything that the workshop needs. Never raises for what it looks at."""
    return examine_with_engines(where, env)[0]


def examine_with_engines(
    where: Places | None = None, env: Mapping[str, str] | None = None
) -> tuple[list[Check], list[Found]]:
    """The same, and where an engine was looked for, with what each place answered."""
    where = places() if where is None else where
    env = os.environ if env is None else env
    checks = [_python()]
    engine: Engine | None = None
    found: list[Found] = []
    try:
        found = discover(env)
        chosen = choose(found)
        engine = chosen.engine
        answering = sum(one.state == "answers" for one in found)
        others = f"; {answering - 1} more found" if answering > 1 else ""
        detail = f"{chosen.detail}, at {chosen.candidate.host} ({chosen.candidate.origin}{others})"
        checks.append(Check("engine", True, detail))
    except LabError as error:
        fix = _UP if type(error).__name__ == "EngineNotFound" and why_not() is None else error.fix
        checks.append(Check("engine", False, error.found, fix))
    if engine is None:
        checks += [
            Check(name, False, "needs the engine", _UP)
            for name in ("api", "image store", "cgroups", "docker", "buildx", "compose", "class registry")
        ]
        checks += [Check("stock images", False, "needs the engine", _UP)]
        root, memory = _existing(where), psutil.virtual_memory().total
    else:
        try:
            info = engine.info()
        except LabError as error:
            checks.append(Check("api", False, error.found, error.fix))
            info = {}
        checks += _engine(engine, info)
        checks += _client(environment(engine, where))
        checks += _stock(engine, where)
        root = str(info.get("DockerRootDir", ""))
        memory = int(info.get("MemTotal") or psutil.virtual_memory().total)
    checks += [_disk(root, where), _memory(memory)]
    checks += [_jupyter_port(), _hub(), _browser()]
    return checks, found


def _existing(where: Places) -> str:
    folder = where.data
    while not folder.exists():
        folder = folder.parent
    return str(folder)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("python", True, f"{version} at {sys.executable}")


def _engine(engine: Engine, info: Mapping[str, object]) -> list[Check]:
    cgroups = str(info.get("CgroupVersion") or "1")
    return [
        Check(
            "api",
            True,
            f"API {engine.api_version}, {info.get('OperatingSystem', '?')}, {info.get('Architecture')}",
        ),
        Check("image store", True, engine.image_store(dict(info))),
        Check("cgroups", True, f"version {cgroups}, driver {info.get('CgroupDriver', '?')}"),
    ]


def _client(env: Mapping[str, str]) -> list[Check]:
    program = shutil.which("docker", path=env["PATH"])
    if not program:
        return [Check("docker", False, "the docker command is not there", _UP)] + [
            Check(name, False, "needs the docker command", _UP) for name in ("buildx", "compose")
        ]
    checks = [Check("docker", True, program)]
    for name in ("buildx", "compose"):
        version = plugin_version(name, env)
        checks.append(
            Check(name, True, version) if version else Check(name, False, f"docker {name} is not there", _UP)
        )
    return checks


def _stock(engine: Engine, where: Places) -> list[Check]:
    registry = ClassRegistry(engine, session(where), REGISTRY_IMAGE)
    try:
        ours = registry.container() is not None
        if not registry.answers() or not ours:
            if not ours and listening(PORT):
                detail = f"something else listens at port {PORT}"
                fix = f"End it (ss -ltnp 'sport = :{PORT}' shows it), then run ./lab up."
            else:
                detail, fix = "it does not run", _UP
            return [
                Check("class registry", False, detail, fix),
                Check("stock images", False, "needs the class registry", _UP),
            ]
        lacking = missing(registry)
    except LabError as error:
        return [
            Check("class registry", False, error.found, error.fix),
            Check("stock images", False, "needs the class registry", _UP),
        ]
    checks = [Check("class registry", True, registry.address)]
    if lacking:
        names = ", ".join(recipe.name for recipe in lacking)
        checks.append(Check("stock images", False, f"missing or out of date: {names}", _UP))
    else:
        checks.append(Check("stock images", True, ", ".join(f"{r.name}:{r.tag}" for r in RECIPES)))
    return checks


def _disk(engine_root: str, where: Places) -> Check:
    """Free space where the engine stores images or, if that cannot be seen, at the workshop's data."""
    folder = engine_root
    try:
        free = psutil.disk_usage(folder).free
    except OSError:
        # In a virtual machine, on another host, or not for this user's eyes.
        folder = _existing(where)
        free = psutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free at {folder}"
    if free < DISK_NEEDED:
        fix = f"Free some space: {DISK_NEEDED / 1e9:.0f} GB are needed."
        return Check("disk", False, detail, fix)
    return Check("disk", True, detail)


def _memory(total: int) -> Check:
    detail = f"{total / 1e9:.1f} GB for the engine"
    if total < MEMORY_NEEDED:
        return Check("memory", False, detail, "Give the engine's machine 2 GB or more.")
    return Check("memory", True, detail)


def _jupyter_port() -> Check:
    if listening(8888):
        return Check(
            "jupyter port", None, "8888 is in use (by this workshop, perhaps)", "Another is taken by itself."
        )
    return Check("jupyter port", True, "8888 is free")


def _hub() -> Check:
    if hub_reachable(timeout=3):
        return Check("hub", True, "Docker Hub answers")
    return Check("hub", None, "Docker Hub does not answer; the workshop does not need it")


def browser() -> str | None:
    """The program of the Chromium that this machine has, or None."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def _browser() -> Check:
    if program := browser():
        return Check("browser", True, program)
    return Check(
        "browser", None, "no Chromium found; only the tests need one", "./lab test installs it where it can."
    )
