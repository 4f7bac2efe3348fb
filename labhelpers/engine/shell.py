"""The environment in which the workshop's terminals, cells and helpers run `docker …`.

All of them reach the same engine, find Compose and buildx, and write into a configuration of the
workshop's own: a `docker login` in a lesson never touches the learner's own configuration.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from labhelpers.engine import packages
from labhelpers.engine.client import Engine
from labhelpers.errors import LabError
from labhelpers.labels import WORKSHOP
from labhelpers.places import Places
from labhelpers.process import run
from labhelpers.telling import Progress

# What the CLI needs for lessons: Compose v1 (`docker-compose`) is dead, and BuildKit lives in buildx.
PLUGINS = ("buildx", "compose")


def session(where: Places) -> str:
    """The name of this workshop on any engine: eight hexadecimal digits, made once."""
    path = where.data / "session"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        where.data.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(secrets.token_hex(4) + "\n")
        try:
            # Of two processes that come here at once one wins, and both read the winner's.
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return path.read_text().strip()


def plugin_version(plugin: str, env: Mapping[str, str]) -> str | None:
    """The version of a CLI plugin ("2.26.1"), or None where it is missing."""
    try:
        text = run(["docker", plugin, "version"], tried=f"ask for docker {plugin}", env=env, timeout=30)
    except LabError:
        return None
    number = re.search(r"\d+\.\d+(\.\d+)?", text)
    return number.group() if number else text.strip()


def _programs(where: Places) -> list[Path]:
    return [prefix for prefix in (where.prefix, where.client_prefix) if (prefix / "usr/bin/docker").exists()]


def write_docker_config(where: Places) -> None:
    """Write the workshop's own CLI configuration, with the plugins of ours and of the user.

    Proxies are taken over from the user's configuration, logins are not; what a lesson logged in to stays.
    """
    theirs = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    path = where.docker_config / "config.json"
    config = _read_json(path)
    if theirs != where.docker_config and (proxies := _read_json(theirs / "config.json").get("proxies")):
        config["proxies"] = proxies
    folders = [prefix / "usr/libexec/docker/cli-plugins" for prefix in _programs(where)]
    config["cliPluginsExtraDirs"] = [
        str(p) for p in (*folders, Path.home() / ".docker/cli-plugins") if p.is_dir()
    ]
    text = json.dumps(config, indent=1)
    if path.is_file() and path.read_text() == text:
        return
    where.docker_config.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(text)
    fresh.chmod(0o600)
    fresh.replace(path)


def _read_json(path: Path) -> dict[str, object]:
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def environment(engine: Engine, where: Places) -> dict[str, str]:
    """What to add to the environment, so that `docker …` reaches this engine. Writes the CLI's configuration.

    `LAB_LABEL` is what networks and volumes are created with: `docker volume create --label $LAB_LABEL …`.
    """
    write_docker_config(where)
    own = [str(folder) for prefix in _programs(where) for folder in (prefix / "bin", prefix / "usr/bin")]
    there = [part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part not in own]
    # Podman has no BuildKit: buildx would build in a container of its own, and the image would stay there.
    builder = {"DOCKER_BUILDKIT": "0"} if engine.name.startswith("Podman") else {}
    return {
        **builder,
        "DOCKER_HOST": engine.host,
        "DOCKER_CONFIG": str(where.docker_config),
        "PATH": os.pathsep.join([*own, *there]),
        "LAB_LABEL": f"{WORKSHOP}={session(where)}",
    }


def ensure_client(engine: Engine, where: Places, progress: Progress) -> dict[str, str]:
    """The environment of `environment`, with a docker command line that builds and composes.

    Where the machine's own cannot, Debian's or Ubuntu's packages are unpacked into a private prefix.
    Raises LabError naming what to install where that is not possible.
    """
    env = environment(engine, where)
    missing = missing_client(env)
    if not missing:
        return env
    archive = packages.archive()
    if archive is None:
        raise LabError(
            "use the docker command line",
            f"it lacks {', '.join(missing)}",
            "Install Docker Desktop, or the packages docker-buildx-plugin and docker-compose-plugin.",
        )
    own, newer = packages.client_packages(archive)
    packages.fetch(archive, where.client_prefix, own, newer, progress, kept=where.kit / "packages")
    return environment(engine, where)


def missing_client(env: Mapping[str, str]) -> list[str]:
    """What the docker command line lacks: "docker" itself, or some of PLUGINS."""
    if not shutil.which("docker", path=env["PATH"]):
        return ["docker"]
    return [plugin for plugin in PLUGINS if plugin_version(plugin, env) is None]
