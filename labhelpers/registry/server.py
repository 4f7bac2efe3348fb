"""The class registry: a real registry at localhost:5005, a container of ours that holds the stock images."""

from __future__ import annotations

import socket
from typing import Any

import psutil

from labhelpers.engine import Engine, engine_errors
from labhelpers.errors import EngineError, PortTaken, RegistryError
from labhelpers.labels import ROLE, WORKSHOP
from labhelpers.registry.api import RegistryApi
from labhelpers.wait import wait_until

# Not 5000: macOS listens there (AirPlay).
PORT = 5005
_ROLE = "class-registry"


class ClassRegistry:
    """The registry of one workshop.

    `session`: the workshop's name, see labhelpers.engine.session. `image`: the registry's own image.
    """

    def __init__(self, engine: Engine, session: str, image: str, *, port: int = PORT) -> None:
        self.engine = engine
        self.session = session
        self.image = image
        self.port = port
        self.api = RegistryApi(port, fix="Run ./lab up again.")
        self.name = f"lab-registry-{session}"

    @property
    def address(self) -> str:
        """The registry part of an image's name."""
        return self.api.address

    def answers(self) -> bool:
        """Whether a registry answers at the address."""
        return self.api.answers()

    def container(self) -> Any | None:
        """Its container, running or not, or None."""
        labels = [f"{WORKSHOP}={self.session}", f"{ROLE}={_ROLE}"]
        with engine_errors("look for the class registry"):
            found = self.engine.api.containers.list(all=True, filters={"label": labels})
        return found[0] if found else None

    def start(self) -> None:
        """Start it; do nothing when it answers.

        Raises PortTaken when something else listens at its port, RegistryError when it does not come up.
        """
        container = self.container()
        if container is not None and (
            container.status != "running" or container.attrs["Config"]["Image"] != self.image
        ):
            with engine_errors("replace the class registry's container"):
                container.remove(force=True)
            container = None
        if container is None:
            check_port(self.port, "the class registry")
            container = self._run()

        def log() -> str:
            return str(container.logs(tail=15).decode(errors="replace"))

        try:
            wait_until(
                lambda: self.answers() and self._is_ours(container),
                30,
                what=f"the class registry at {self.address}",
                fix="Run ./lab down, then ./lab up.",
                log=log,
            )
        except EngineError as gone:
            raise RegistryError("start the class registry", gone.found, "Run ./lab up again.") from gone

    def _is_ours(self, container: Any) -> bool:
        with engine_errors("look at the class registry"):
            container.reload()
        return bool(container.status == "running")

    def _run(self) -> Any:
        labels = {WORKSHOP: self.session, ROLE: _ROLE}
        try:
            with engine_errors("start the class registry"):
                self.engine.api.volumes.create(self.name, labels=labels)
                return self.engine.api.containers.run(
                    self.image,
                    detach=True,
                    name=self.name,
                    labels=labels,
                    ports={"5000/tcp": ("127.0.0.1", self.port)},
                    volumes={self.name: {"bind": "/var/lib/registry", "mode": "rw"}},
                )
        except EngineError as error:
            if "port is already allocated" in error.found or "address already in use" in error.found:
                raise _taken(self.port, "the class registry") from error
            raise

    def stop(self) -> bool:
        """Stop it and remove its container; what it holds stays in its volume. True when it ran."""
        container = self.container()
        if container is None:
            return False
        with engine_errors("stop the class registry"):
            container.remove(force=True)
        return True

    def labels(self, repository: str, tag: str) -> dict[str, str] | None:
        """The labels in an image's configuration, or None when the registry has no such image."""
        image = self.api.image(repository, tag)
        if image is None:
            return None
        config = self.api.document(repository, image.config.digest).get("config") or {}
        return dict(config.get("Labels") or {})

    def tags(self) -> list[str]:
        """Every image that it holds, as repository:tag, sorted."""
        return sorted(f"{name}:{tag}" for name in self.api.repositories() for tag in self.api.tags(name))


def listening(port: int) -> bool:
    """Whether something on this machine accepts connections at 127.0.0.1:`port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def check_port(port: int, what: str) -> None:
    """Raise PortTaken when something listens at 127.0.0.1:`port`."""
    if listening(port):
        raise _taken(port, what)


def _taken(port: int, what: str) -> PortTaken:
    who = "another program"
    try:
        for one in psutil.net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid:
                who = f"{psutil.Process(one.pid).name()} (process {one.pid})"
                break
    except psutil.Error:
        pass  # only root may ask on some systems
    return PortTaken(
        f"open port {port} for {what}",
        f"{who} listens there already",
        f"End it (to see it: ss -ltnp 'sport = :{port}'), then repeat.",
    )
