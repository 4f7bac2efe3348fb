"""A container as a check sees it: the parts of `docker inspect` that exercises ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Container:
    """One container. `raw`: the whole of `docker container inspect`, for what has no name here."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.id: str = raw["Id"]
        self.name: str = raw["Name"].lstrip("/")
        self.created: str = raw["Created"]
        self.started: str = raw["State"].get("StartedAt", "")
        self.state: str = raw["State"]["Status"]  # created, running, paused, exited, …
        self.exit_code: int = raw["State"]["ExitCode"]
        self.image: str = raw["Config"]["Image"]  # the name that it was started from
        self.image_id: str = raw["Image"]
        self.labels: dict[str, str] = raw["Config"].get("Labels") or {}

    @property
    def running(self) -> bool:
        """Whether its main process runs; a paused one's does not."""
        return self.state == "running"

    @property
    def env(self) -> dict[str, str]:
        """Its environment, with what the image sets."""
        pairs = (entry.partition("=") for entry in self.raw["Config"].get("Env") or [])
        return {name: value for name, _, value in pairs}

    @property
    def ports(self) -> list[tuple[str, int, int]]:
        """What is published, as asked for at its creation: (host address, host port, container port).

        Of a range of host ports ("8317-8319"), from which the engine takes one, the first is named.
        """
        bound = self.raw["HostConfig"].get("PortBindings") or {}
        return sorted(
            (
                to.get("HostIp") or "0.0.0.0",
                int((to.get("HostPort") or "0").partition("-")[0]),
                int(inside.partition("/")[0]),
            )
            for inside, outside in bound.items()
            for to in outside or []
        )

    @property
    def mounts(self) -> list[dict[str, Any]]:
        """Its mounts: each with Type, Source, Destination, and Name for a volume."""
        return list(self.raw.get("Mounts") or [])

    @property
    def networks(self) -> list[str]:
        """The names of the networks that it is in."""
        return sorted(self.raw["NetworkSettings"].get("Networks") or {})
