"""What a check looks with: engine, `docker` command, the learner's folder, web pages, registry."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from labhelpers.engine import Engine, connect, environment, session
from labhelpers.engine.owned import labels
from labhelpers.errors import EngineUnreachable, ProcessError
from labhelpers.exercises.seen import Container
from labhelpers.exercises.verdict import Verdict
from labhelpers.places import places
from labhelpers.process import run
from labhelpers.registry.server import ClassRegistry
from labhelpers.stock import REGISTRY_IMAGE
from labhelpers.web import visit

_TIMEOUT = 20  # seconds for one command; a check that waits longer cannot check
_WORKING_DAY = 12 * 3600  # seconds; what is older was made on an earlier day
_UNREACHABLE = re.compile(
    r"cannot connect to the docker daemon|error during connect|docker.*(connection refused|connection reset)"
    r"|no such file or directory.*sock|unexpected EOF|\bEOF$|broken pipe",
    re.IGNORECASE,
)


class Look:
    """One look at the world, for one check. Nothing is kept between two of them.

    `folder`: where the learner's notebook works. `wrong_answers`: the exercise's named ones, with hints.
    `now`: seconds since the epoch. `old`: what was looked at so far and is of an earlier day.
    """

    def __init__(self, *, folder: Path, wrong_answers: Mapping[str, str], now: float | None = None) -> None:
        self.folder = folder
        self.now = time.time() if now is None else now
        self._wrong = wrong_answers
        self.old: list[str] = []

    # -- the world -------------------------------------------------------------------------------------

    @cached_property
    def engine(self) -> Engine:
        """The engine that `docker …` in the notebook reaches. Raises EngineError where there is none."""
        return connect()

    @cached_property
    def _env(self) -> dict[str, str]:
        return environment(self.engine, places())

    @cached_property
    def session(self) -> str:
        """The value of this workshop's label."""
        return session(places())

    @cached_property
    def registry(self) -> ClassRegistry:
        """The class registry at localhost:5005."""
        return ClassRegistry(self.engine, self.session, REGISTRY_IMAGE)

    def docker(self, *words: str, tried: str = "look with docker") -> str:
        """What `docker WORDS…` prints. ProcessError where it fails, EngineUnreachable without an engine."""
        try:
            return run(["docker", *words], tried=tried, env=self._env, timeout=_TIMEOUT)
        except ProcessError as failed:
            if failed.status in (124, 127) or _UNREACHABLE.search(failed.log):
                raise EngineUnreachable(tried, failed.found, "Run ./lab doctor.") from failed
            raise

    def once(self, *words: str) -> str:
        """What `docker run --rm --network none WORDS…` prints, in a container that goes with this process."""
        marks = [f"--label={name}={value}" for name, value in labels().items()]
        return self.docker("run", "--rm", "--network", "none", *marks, *words)

    def container(self, name: str) -> Container | None:
        """The container of this name, as `docker inspect` shows it, or None. Its age counts: see `passed`."""
        try:
            text = self.docker("container", "inspect", name)
        except ProcessError as failed:
            if "no such container" in failed.log.lower():
                return None
            raise
        found = Container(json.loads(text)[0])
        self.made(found.created, f"the container {name}")
        return found

    def containers(self, *filters: str) -> list[Container]:
        """All containers that match, running or not, the newest first. Their age does not count."""
        chosen = [part for one in filters for part in ("--filter", one)]
        ids = self.docker("ps", "--all", "--quiet", "--no-trunc", *chosen).split()
        if not ids:
            return []
        try:
            text = self.docker("container", "inspect", *ids)
        except ProcessError as failed:
            if "no such container" not in failed.log.lower():
                raise
            return self.containers(*filters)  # one of them went away in between
        return sorted(map(Container, json.loads(text)), key=lambda one: one.created, reverse=True)

    def names(self, *filters: str) -> list[str]:
        """The names of all containers that match, sorted: names("name=-03$", "label=lesson=cleanup-03")."""
        chosen = [part for one in filters for part in ("--filter", one)]
        return sorted(self.docker("ps", "--all", "--format", "{{.Names}}", *chosen).split())

    def image(self, reference: str) -> dict[str, Any] | None:
        """What `docker image inspect` shows of an image in the engine, or None where it is not there."""
        try:
            found: list[dict[str, Any]] = json.loads(self.docker("image", "inspect", reference))
        except ProcessError as failed:
            if "no such image" in failed.log.lower() or "not found" in failed.log.lower():
                return None
            raise
        return found[0]

    def image_id(self, reference: str) -> str | None:
        """The id of an image in the engine, or None: what `Container.image_id` is compared with."""
        found = self.image(reference)
        return None if found is None else str(found["Id"])

    def visit(self, url: str, *, wait: float = 1) -> str:
        """The text of a web page; see `labhelpers.visit`. `wait` in seconds."""
        return visit(url, wait=wait)

    def read(self, path: str) -> str | None:
        """The text of a file in the learner's folder, or None where it is not there."""
        try:
            return (self.folder / path).read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None

    def made(self, when: float | str, what: str) -> None:
        """Note when something was made (seconds, or the engine's time): an earlier day's does not pass."""
        seconds = when if isinstance(when, float | int) else seconds_of(when)
        if self.now - seconds > _WORKING_DAY:
            self.old.append(what)

    def close(self) -> None:
        """Give the engine's connections back, if it was looked at."""
        if "engine" in self.__dict__:
            self.engine.close()

    # -- the answers -----------------------------------------------------------------------------------

    def passed(self, found: str) -> Verdict:
        """It is done. What `container` or `made` saw from an earlier day turns this into "not yet"."""
        if self.old:
            return self.not_yet(
                f"This works, but {self.old[0]} was made on an earlier day.",
                "Run the notebook from its top, which removes what is old, and do it once more.",
            )
        return Verdict("pass", found)

    def not_yet(self, found: str, next: str = "") -> Verdict:
        """Not done, in a way that is not one of the named wrong answers. `next`: what to look at."""
        return Verdict("not yet", found, next)

    def wrong(self, name: str, found: str = "") -> Verdict:
        """One of the exercise's named wrong answers, with its own hint. `found`: what was seen."""
        return Verdict("not yet", found, self._wrong[name], wrong=name)

    def cannot(self, found: str, fix: str) -> Verdict:
        """It cannot be checked, and that is not the learner's fault. `fix`: what to do."""
        return Verdict("cannot check", found, fix)


def seconds_of(when: str) -> float:
    """The engine's time ("2026-01-31T10:20:30.123456789Z") in seconds since the epoch."""
    shorter = re.sub(r"(\.\d{6})\d+", r"\1", when.replace("Z", "+00:00"))
    return datetime.fromisoformat(shorter).timestamp()
