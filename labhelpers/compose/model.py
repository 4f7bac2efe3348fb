"""What a Compose file says and what its services are doing, as plain data. Pure: text in, data out.

The shapes are those of `docker compose config --format json` and `docker compose ps --all --format json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Port:
    """A door: `published` of the machine (at `host_ip`) leads to `target` of the container.

    `published` is "" where the engine chooses, and may be a range ("8000-8002").
    """

    published: str
    target: int
    host_ip: str = ""

    @property
    def address(self) -> str:
        """The machine's side, as one types it."""
        return f"{self.host_ip or '0.0.0.0'}:{self.published or 'any'}"


@dataclass(frozen=True)
class Mount:
    """What a service finds at `target`. `kind`: "volume", "bind" or "tmpfs"; an anonymous `source` is ""."""

    kind: str
    source: str
    target: str


@dataclass(frozen=True)
class Service:
    """One service of the file.

    `built`: the folder that its image is built from, or "". `needs`: services that start before it, each
    with the condition ("service_started", "service_healthy", "service_completed_successfully").
    """

    name: str
    image: str = ""
    built: str = ""
    copies: int = 1
    restart: str = ""
    checked: bool = False
    networks: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    ports: tuple[Port, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Model:
    """A project. `services` stand in the order of use: those that nobody needs first."""

    name: str
    services: tuple[Service, ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """One container of a service, as the engine sees it.

    `state`: the engine's word ("running", "exited", …). `health`: "healthy", "unhealthy", "starting", or ""
    without a health check.
    """

    service: str
    container: str
    state: str
    health: str = ""
    exit_code: int = 0

    @property
    def words(self) -> str:
        """The state as people say it: "running, healthy", "exited with code 3"."""
        if self.state == "exited":
            return f"exited with code {self.exit_code}"
        return f"{self.state}, {self.health}" if self.health and self.state == "running" else self.state

    @property
    def well(self) -> bool:
        """Whether it runs, and its health check, if it has one, says so too."""
        return self.state == "running" and self.health in ("", "healthy")


def read_model(text: str) -> Model:
    """The project of an answer of `docker compose config --format json`."""
    said: dict[str, Any] = json.loads(text)
    services = [_service(name, part or {}) for name, part in (said.get("services") or {}).items()]
    return Model(
        name=str(said.get("name", "")),
        services=_in_order_of_use(services),
        networks=tuple(sorted(said.get("networks") or {})),
        volumes=tuple(sorted(said.get("volumes") or {})),
    )


def _service(name: str, said: Mapping[str, Any]) -> Service:
    build = said.get("build") or {}
    deploy = said.get("deploy") or {}
    check = said.get("healthcheck") or {}
    return Service(
        name=name,
        image=str(said.get("image") or ""),
        built=Path(str(build.get("context", "."))).name or "." if build else "",
        copies=int(deploy.get("replicas", said.get("scale", 1))),
        restart=str(said.get("restart") or ""),
        checked=bool(check.get("test")) and not check.get("disable"),
        networks=tuple(sorted(said.get("networks") or {})),
        mounts=tuple(_mount(one) for one in said.get("volumes") or ()),
        ports=tuple(_port(one) for one in said.get("ports") or ()),
        needs=tuple(
            (other, str((how or {}).get("condition", "service_started")))
            for other, how in sorted((said.get("depends_on") or {}).items())
        ),
    )


def _mount(said: Mapping[str, Any]) -> Mount:
    kind, source = str(said.get("type", "volume")), str(said.get("source") or "")
    return Mount(kind, Path(source).name if kind == "bind" else source, str(said.get("target", "")))


def _port(said: Mapping[str, Any]) -> Port:
    return Port(str(said.get("published") or ""), int(said.get("target", 0)), str(said.get("host_ip") or ""))


def _in_order_of_use(services: list[Service]) -> tuple[Service, ...]:
    """What is needed stands below what needs it; otherwise by name. Compose refuses circles."""
    left = {service.name: service for service in sorted(services, key=lambda one: one.name)}
    placed: list[Service] = []
    while left:
        needed = {other for service in left.values() for other, _ in service.needs}
        front = [service for name, service in left.items() if name not in needed] or list(left.values())
        placed += front
        for service in front:
            del left[service.name]
    return tuple(placed)


def read_states(text: str) -> list[State]:
    """The containers of an answer of `docker compose ps --all --format json`, by name.

    Compose up to 2.20 answers with one array, later ones with an object on each line.
    """
    rows = json.loads(text) if text.lstrip().startswith("[") else map(json.loads, text.splitlines())
    states = [
        State(
            service=str(row["Service"]),
            container=str(row["Name"]),
            state=str(row["State"]),
            health=str(row.get("Health") or ""),
            exit_code=int(row.get("ExitCode") or 0),
        )
        for row in rows
    ]
    return sorted(states, key=lambda one: one.container)
