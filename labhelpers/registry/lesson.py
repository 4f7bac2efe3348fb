"""A registry of one lesson: a real one, in a container with a name and a port of its own."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from labhelpers.engine import Engine, engine_errors
from labhelpers.engine.transfer import stored_login
from labhelpers.errors import LabError, ProcessError, RegistryError, UsageError
from labhelpers.labels import ROLE
from labhelpers.owners import temporary
from labhelpers.process import run
from labhelpers.registry.api import Login, RegistryApi, Stored
from labhelpers.registry.server import check_port
from labhelpers.registry.traffic import Request, requests
from labhelpers.wait import wait_until

_ROLE = "lesson-registry"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_STORE = "/var/lib/registry"
_PASSWORDS = "/etc/docker/registry/htpasswd"
_PATIENCE = 60.0  # seconds until it must have come up
# The status as a word of its own: the registry's port may be 40139.
_NO_LOGIN = re.compile(r"unauthorized|\b401\b", re.IGNORECASE)


class LessonRegistry:
    """A registry in the container `name`, at `localhost:port`; it keeps what it holds until it is stopped.

    `image`: the registry's image; `env`: the environment in which `docker …` reaches the engine.
    `users`: names and passwords; without any, everybody may do everything. `capacity`: how much it can hold
    ("1m"), in memory; without it, as much as the disk. `upstream`: the address of another registry, as seen
    from `network`: then it is a cache, which fetches what it is asked for there, once.
    """

    def __init__(
        self,
        name: str,
        *,
        port: int,
        engine: Engine,
        env: Mapping[str, str],
        image: str,
        users: Mapping[str, str] | None = None,
        capacity: str = "",
        upstream: str = "",
        network: str = "",
    ) -> None:
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"name a registry {name!r}", "that is no name of a container", "Say registry-06."
            )
        if any(not user or set(user) & set(":\n\r\0") for user in users or {}):
            raise UsageError("make a user", "a name is not empty and has no colon", "Say ada.")
        self.name = name
        self.port = port
        self.engine = engine
        self.env = dict(env)
        self.image = image
        self._users = dict(users or {})
        self._options = [f"--label={ROLE}={_ROLE}", "--publish", f"127.0.0.1:{port}:5000"]
        if label := self.env.get("LAB_LABEL"):
            self._options.insert(0, f"--label={label}")
        if network:
            self._options += ["--network", network]
        if capacity:
            self._options += ["--tmpfs", f"{_STORE}:size={capacity}"]
        if users:
            for setting in (
                "AUTH=htpasswd",
                "AUTH_HTPASSWD_REALM=lesson",
                f"AUTH_HTPASSWD_PATH={_PASSWORDS}",
            ):
                self._options += ["--env", f"REGISTRY_{setting}"]
        if upstream:
            self._options += ["--env", f"REGISTRY_PROXY_REMOTEURL={upstream}"]
        fix = f"Start it: docker start {name}, or start() of the registry."
        self.api = RegistryApi(port, fix=fix, login=self.login_of)

    @property
    def address(self) -> str:
        """The registry part of an image's name."""
        return self.api.address

    @property
    def command(self) -> str:
        """The command that `start` stands for, where there are no passwords to be copied in."""
        return shlex.join(["docker", "run", "--detach", "--name", self.name, *self._options, self.image])

    # -- its life

    def container(self) -> Any | None:
        """Its container, running or not, or None."""
        with engine_errors(f"look for the registry {self.name}"):
            found = self.engine.api.containers.list(all=True, filters={"name": f"^/?{re.escape(self.name)}$"})
        return found[0] if found else None

    def start(self) -> Self:
        """Start it and wait until it answers; do nothing when it does. What it held before, it holds again.

        PortTaken when something else listens at its port; RegistryError when it does not come up. Then
        nothing of this call is left behind.
        """
        there = self.container()
        try:
            if there is None:
                check_port(self.port, f"the registry {self.name}")
                self._docker("create", "--name", self.name, *self._options, self.image)
            elif not self._is_mine(there):
                raise RegistryError(
                    f"start the registry {self.name}",
                    "there is a container of this name that is something else",
                    f"Remove it (docker rm -f {self.name}), or take another name.",
                )
            elif there.status != "running":
                check_port(self.port, f"the registry {self.name}")
            self._hand_over_passwords()
            self._docker("start", self.name)
            self._wait()
        except BaseException:
            if there is None:
                self.stop()
            raise
        return self

    def stop(self) -> bool:
        """Remove it with all that it holds. True when it was there."""
        container = self.container()
        if container is None:
            return False
        with engine_errors(f"stop the registry {self.name}"):
            container.remove(force=True, v=True)
        return True

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def _is_mine(self, container: Any) -> bool:
        ports = (container.attrs["HostConfig"].get("PortBindings") or {}).get("5000/tcp") or []
        return any(str(one.get("HostPort")) == str(self.port) for one in ports)

    def _wait(self) -> None:
        container = self.container()

        def log() -> str:
            with engine_errors(f"read the log of {self.name}"):
                return str(container.logs(tail=12).decode(errors="replace")) if container else ""

        def up() -> bool:
            with engine_errors(f"look at the registry {self.name}"):
                if container is None:
                    return False
                container.reload()
            if container.status == "exited":
                found = "its container ended by itself"
                raise RegistryError(f"start the registry {self.name}", found, "Its log is above.", log=log())
            return self.api.answers()

        try:
            wait_until(up, _PATIENCE, what=f"the registry at {self.address}", log=log)
        except RegistryError:
            raise
        except LabError as late:
            raise RegistryError(
                f"start the registry {self.name}", late.found, "Its log is above.", log=late.log
            ) from late

    def _hand_over_passwords(self) -> None:
        """Put a file of hashes into the container; passwords go in by standard input, and nowhere else."""
        if not self._users:
            return
        lines = [
            self._docker("run", "--rm", "--interactive", self.image, "htpasswd", "-niB", user, stdin=password)
            for user, password in self._users.items()
        ]
        with temporary() as folder:
            path = folder / "htpasswd"
            path.touch(mode=0o600)
            path.write_text("".join(f"{line.strip()}\n" for line in lines))
            self._docker("cp", str(path), f"{self.name}:{_PASSWORDS}")

    def _docker(self, *words: str, stdin: str = "") -> str:
        tried = f"start the registry {self.name}"
        try:
            return run(["docker", *words], tried=tried, env=self.env, stdin=stdin.encode(), timeout=300)
        except ProcessError as error:
            if re.search("port is already allocated|address already in use", error.log):
                check_port(self.port, f"the registry {self.name}")
            nowhere = re.search(r"manifest|failed to resolve reference \S+: \S+: not found", error.log)
            fix = "Run ./lab up: it brings the registry's image." if nowhere else ""
            raise RegistryError(tried, error.found, fix or "Run ./lab doctor.", log=error.log) from error

    # -- logins

    def login(self, user: str, password: str) -> None:
        """Log in: stands for `docker login --username USER --password-stdin ADDRESS`.

        The password goes in by standard input. Docker keeps it in the workshop's own configuration until
        `logout`. RegistryError if it is not right.
        """
        tried = f"log in to {self.address} as {user}"
        command = ["docker", "login", "--username", user, "--password-stdin", self.address]
        try:
            run(command, tried=tried, env=self.env, stdin=password.encode())
        except ProcessError as error:
            if _NO_LOGIN.search(error.log):
                fix = "Ask for the right ones; a login that was stored before stays."
                raise RegistryError(tried, "the name or the password is wrong", fix) from error
            raise RegistryError(tried, self.words(error.found)[0], self.words(error.found)[1]) from error

    def logout(self) -> None:
        """Forget the password: stands for `docker logout ADDRESS`."""
        run(["docker", "logout", self.address], tried=f"log out of {self.address}", env=self.env)

    def login_of(self) -> Login | None:
        """The login that is stored for this registry, or None."""
        folder = self.env.get("DOCKER_CONFIG")
        return stored_login(self.address, Path(folder) / "config.json") if folder else None

    # -- what it holds

    def repositories(self) -> list[str]:
        """The repositories that hold something, sorted."""
        return self.api.repositories()

    def tags(self, repository: str) -> list[str]:
        """The tags of a repository, sorted."""
        return self.api.tags(repository)

    def manifest(self, repository: str, which: str) -> Stored | None:
        """An image by its tag or digest: its digest, its configuration and its layers. None: not there."""
        return self.api.image(repository, which)

    def images(self) -> dict[str, Stored]:
        """Every image with a tag, by repository:tag, sorted."""
        found = {}
        for repository in self.repositories():
            for tag in self.tags(repository):
                if image := self.manifest(repository, tag):
                    found[f"{repository}:{tag}"] = image
        return found

    def blobs(self) -> dict[str, int]:
        """The size of each blob that its images are made of, by digest: each is stored once."""
        return {digest: size for image in self.images().values() for digest, size in image.blobs.items()}

    # -- its logs

    def access_log(self) -> list[Request]:
        """The requests that it answered since its container was made, in its order."""
        return requests(self._log(stdout=True))

    def has_run_full(self) -> bool:
        """Whether it said that there was no room."""
        return "no space left on device" in self._log(stdout=False)

    def _log(self, *, stdout: bool) -> str:
        container = self.container()
        if container is None:
            raise RegistryError(
                f"read the log of the registry {self.name}", "there is no such container", "Start it first."
            )
        with engine_errors(f"read the log of the registry {self.name}"):
            raw: bytes = container.logs(stdout=stdout, stderr=not stdout)
        return raw.decode(errors="replace")

    def words(self, said: str) -> tuple[str, str]:
        """What an engine said about this registry, and what to do, for people."""
        login = f"docker login {self.address}"
        for pattern, found, fix in (
            (
                "connection refused|EOF|no such host",
                "no registry answers there",
                f"Start it: docker start {self.name}",
            ),
            (
                f"no basic auth|denied|{_NO_LOGIN.pattern}",
                "it asks for a login",
                f"Log in, then repeat: {login}",
            ),
            (
                "Client.Timeout",
                "it took too long to answer",
                "The machine is busy: wait a little, and repeat.",
            ),
            ("no space left", "the registry is full", "Make room in it, or start one that can hold more."),
            ("manifest unknown|not found", "it has no such image", "Look at its repositories and tags."),
        ):
            if re.search(pattern, said, re.IGNORECASE):
                return found, fix
        return said, f"Look at its log: docker logs {self.name}"
