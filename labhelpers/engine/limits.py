"""What a container may use and what it uses, read and changed while it runs."""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labhelpers.engine.client import Engine, engine_errors
from labhelpers.errors import EngineError, LabError
from labhelpers.process import run

# The engine refuses less than this for a container.
LEAST_MEMORY = 6 << 20


@dataclass(frozen=True)
class Limits:
    """What a container may use. `memory`: bytes, 0 for no limit. `cpus`: processors, 0 for no limit."""

    memory: int
    cpus: float


@dataclass(frozen=True)
class Usage:
    """What a container uses at a moment.

    `memory`: bytes, without files that are only cached, as `docker stats` counts. `cpus`: how many
    processors it kept busy since the moment before.
    """

    memory: int
    cpus: float


def read_limits(engine: Engine, name: str) -> Limits:
    """The limits of a container as they are now. Raises EngineError where it is not there or does not run."""
    with engine_errors(f"look at the container {name}", "docker ps --all shows which there are."):
        found = engine.api.api.inspect_container(name)
    if not found["State"]["Running"]:
        raise EngineError(
            f"look at the limits of {name}", "it does not run", f"Start it with: docker start {name}"
        )
    return limits_in(found["HostConfig"])


def limits_in(host: Mapping[str, Any]) -> Limits:
    """The limits in a container's `HostConfig`, however they were said."""
    cpus = (host.get("NanoCpus") or 0) / 1e9
    if not cpus and (host.get("CpuQuota") or 0) > 0:
        cpus = host["CpuQuota"] / (host.get("CpuPeriod") or 100_000)
    return Limits(int(host.get("Memory") or 0), cpus)


def update_command(name: str, wanted: Limits) -> list[str]:
    """The command that sets limits while a container runs.

    Memory and swap together are set to twice the memory, as `docker run --memory` does: the engine refuses
    a limit of memory above that of both.
    """
    mebibytes = max(1, round(wanted.memory / (1 << 20)))
    return [
        *("docker", "update", "--memory", f"{mebibytes}m", "--memory-swap", f"{2 * mebibytes}m"),
        *("--cpus", f"{wanted.cpus:g}", name),
    ]


def set_limits(name: str, wanted: Limits, env: Mapping[str, str]) -> None:
    """Change what a running container may use. `env`: where `docker …` reaches the engine.

    Raises LabError in the engine's own words where it refuses: less than the container uses, for instance.
    """
    if not (math.isfinite(wanted.cpus) and wanted.cpus > 0 and wanted.memory >= LEAST_MEMORY):
        raise EngineError(
            f"change the limits of {name}",
            "the engine knows no such limits",
            "Memory needs 6 MB or more, and the processors a number above 0.",
        )
    try:
        run(update_command(name, wanted), tried=f"change the limits of {name}", env=env)
    except LabError as error:
        said = re.findall(r"^Error response from daemon: (.*)", error.log or "", re.MULTILINE)
        why = said[-1].removeprefix(f"Cannot update container {name}: ") if said else error.found
        raise EngineError(f"change the limits of {name}", why, "Its limits are as they were.") from error


def usages(engine: Engine, name: str) -> Generator[Usage, None, None]:
    """What a container uses, once a second until it ends or is removed. Close it to stop earlier."""
    with engine_errors(f"measure the container {name}"):
        stream = engine.api.api.stats(name, decode=True, stream=True)
        try:
            for before, now in _pairs(stream):
                yield Usage(used_memory(now), _busy(before, now))
        finally:
            stream.close()


def _pairs(stream: Iterator[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    before = None
    for now in stream:
        if not now.get("memory_stats", {}).get("usage"):
            return  # it has ended: the engine goes on to answer, with nothing in it
        if before is not None:
            yield before, now
        before = now


def used_memory(stats: Mapping[str, Any]) -> int:
    """The bytes in an answer of `GET /containers/…/stats`, as `docker stats` counts: less cached files."""
    used = stats.get("memory_stats") or {}
    details = used.get("stats") or {}
    cached = details.get("total_inactive_file", details.get("inactive_file", 0))
    return max(0, int(used.get("usage", 0)) - int(cached))


def _busy(before: Mapping[str, Any], now: Mapping[str, Any]) -> float:
    def counted(stats: Mapping[str, Any]) -> tuple[int, int]:
        return stats["cpu_stats"]["cpu_usage"]["total_usage"], stats["cpu_stats"].get("system_cpu_usage", 0)

    (used, all_used), (earlier, all_earlier) = counted(now), counted(before)
    processors = now["cpu_stats"].get("online_cpus") or 1
    passed = all_used - all_earlier
    return max(0.0, (used - earlier) / passed * processors) if passed > 0 else 0.0
