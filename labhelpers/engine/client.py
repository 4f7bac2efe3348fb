"""One engine, as the workshop uses it: a thin layer over the Docker SDK that speaks this project's errors.

The SDK does what the Engine API offers; what lives in the client (build, compose) goes through the docker
command line, see `labhelpers.engine.environment`.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.tls import TLSConfig

from labhelpers.errors import EngineError, EngineUnreachable

# Long enough for a slow pull's next byte, short enough that a stuck engine is noticed.
_CALL_TIMEOUT = 120


class Engine:
    """A container engine that answered.

    `host`: its address as in DOCKER_HOST. `origin`: why this one was taken. `api`: the SDK's client.
    `name`, `version`, `api_version`: as it reports them.
    """

    def __init__(self, api: docker.DockerClient, host: str, origin: str, version: dict[str, Any]) -> None:
        self.api = api
        self.host = host
        self.origin = origin
        components = version.get("Components") or [{}]
        self.name: str = components[0].get("Name", "Engine").replace("Engine", "Docker Engine")
        self.version: str = version.get("Version", "?")
        self.api_version: str = version.get("ApiVersion", "?")

    def __repr__(self) -> str:
        return f"Engine({self.name} {self.version} at {self.host})"

    def info(self) -> dict[str, Any]:
        """The answer of GET /info; fields differ between engines and versions."""
        with engine_errors("ask the engine about itself"):
            answer: dict[str, Any] = self.api.info()
            return answer

    def image_store(self, info: dict[str, Any] | None = None) -> str:
        """Which store holds the images: "containerd (overlayfs)", "overlay2", "vfs", …"""
        info = self.info() if info is None else info
        driver = str(info.get("Driver", "?"))
        status = dict(pair for pair in info.get("DriverStatus") or [] if len(pair) == 2)
        return f"containerd ({driver})" if "containerd" in str(status.get("driver-type", "")) else driver

    def has_image(self, reference: str) -> bool:
        """Whether the engine's image store has this name."""
        try:
            with engine_errors(f"look for the image {reference}"):
                self.api.images.get(reference)
        except EngineError as error:
            if isinstance(error.__cause__, ImageNotFound):
                return False
            raise
        return True

    def save(self, reference: str) -> Iterator[bytes]:
        """The image as `docker save` writes it, in chunks of bytes."""
        with engine_errors(f"save the image {reference}"):
            yield from self.api.api.get_image(reference)

    def close(self) -> None:
        """Give the connections back."""
        self.api.close()


@contextmanager
def engine_errors(tried: str, fix: str = "Look at the engine's log, or run ./lab doctor.") -> Iterator[None]:
    """Turn what the SDK raises into one EngineError that says what was tried."""
    try:
        yield
    except NotFound as error:
        raise EngineError(tried, error.explanation or "it is not there", fix) from error
    except APIError as error:
        raise EngineError(tried, error.explanation or str(error), fix) from error
    except (DockerException, requests.exceptions.RequestException) as error:
        raise EngineUnreachable(
            tried, f"the engine stopped answering ({_reason(error)})", "Start it again with: ./lab up"
        ) from error


def _reason(error: BaseException) -> str:
    """The innermost cause, which is the one that people can act on."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error).splitlines()[0] or type(error).__name__


def open_engine(host: str, origin: str, *, tls: Path | None = None, timeout: int = 5) -> Engine:
    """Open one engine and ask for its version.

    `timeout`: seconds to wait for that first answer. Raises EngineUnreachable with the reason.
    """
    tried = f"reach the engine at {host} ({origin})"
    fix = "Start it, or correct the address."
    api = None
    try:
        security = (
            TLSConfig(
                client_cert=(str(tls / "cert.pem"), str(tls / "key.pem")),
                ca_cert=str(tls / "ca.pem"),
                verify=True,
            )
            if tls
            else False
        )
        _knock(host, timeout)
        api = docker.DockerClient(
            base_url=host, tls=security, timeout=timeout, use_ssh_client=host.startswith("ssh://")
        )
        version: dict[str, Any] = api.version()
        api.api.timeout = _CALL_TIMEOUT
    except (APIError, DockerException, requests.exceptions.RequestException, OSError, ValueError) as error:
        if api:
            api.close()
        raise EngineUnreachable(tried, _reason(error), fix) from error
    if not isinstance(version, dict) or "ApiVersion" not in version:
        api.close()
        raise EngineUnreachable(tried, "something answers there, but it is not a container engine", fix)
    return Engine(api, host, origin, version)


def _knock(host: str, timeout: int) -> None:
    """Connect to a Unix socket once: where nobody listens the SDK would leave its own socket open."""
    if host.startswith("unix://") and hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(timeout)
            probe.connect(host.removeprefix("unix://"))
