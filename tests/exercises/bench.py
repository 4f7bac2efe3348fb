"""Where a case is played: a learner's folder of its own, the real engine, and nothing left from before."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import shutil
import subprocess
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import docker
import pytest
from exercises.case import Do, Step, do
from exercises.cutting import CuttingSocket

from labhelpers.engine import Engine
from labhelpers.exercises import book
from labhelpers.exercises.judge import judge
from labhelpers.exercises.verdict import Verdict
from labhelpers.registry.api import RegistryApi
from labhelpers.registry.server import PORT

DAY = 24 * 3600  # seconds
_SHIPPING = ("09",)  # whose exercises put images into the class registry


class Bench:
    """The place of one notebook's exercises. `number`: "03". `env`: where `docker …` reaches `engine`.

    `patch`: changes what a check's process sees (its environment, for instance); undone after the test.
    """

    def __init__(
        self, number: str, *, engine: Engine, env: Mapping[str, str], folder: Path, patch: pytest.MonkeyPatch
    ) -> None:
        self.number, self.env, self.folder, self.patch = number, dict(env), folder, patch
        self.took: list[tuple[float, str]] = []  # each check that was asked: seconds, its id
        self._ours = re.compile(rf"-{number}(?=[-_.:@]|$)")
        self._docker = engine.api.api

    def sh(self, commands: str) -> str:
        """Run commands in the learner's folder; returns what they print. Fails with their output."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{commands}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def write(self, path: str, text: str) -> None:
        """Write a file in the learner's folder."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def play(self, step: Step) -> Do:
        """Do a step, and return it."""
        step = do(step)
        for path, text in step.files.items():
            self.write(path, text)
        if step.sh:
            self.sh(step.sh)
        if step.call:
            step.call(self)
        return step

    def check(self, id: str, given: Mapping[str, Any] | None = None, *, later: float = 0) -> Verdict:
        """What the check answers. `later`: seconds by which its clock is ahead."""
        began = time.monotonic()
        verdict = judge(book.find_exercise(id), given or {}, folder=self.folder, now=time.time() + later)
        self.took.append((time.monotonic() - began, id))
        # A check with a fault of its own never passes for one that "cannot check".
        assert "has a fault" not in verdict.found, (verdict, verdict.error)
        return verdict

    def check_through(self, id: str, given: Mapping[str, Any], *, cut: int | None) -> tuple[Verdict, int]:
        """The same with an engine that goes away at request `cut`; and how many requests there were."""
        door = CuttingSocket(self.folder.parent / "engine.sock", self.env["DOCKER_HOST"], cut)
        try:
            with self.patch.context() as patch:
                patch.setenv("DOCKER_HOST", door.host)
                return self.check(id, given), door.requests
        finally:
            door.close()
            with warnings.catch_warnings():
                # The docker SDK forgets its own socket where nobody listens any more: not what is tried here.
                warnings.simplefilter("ignore", ResourceWarning)
                gc.collect()

    def clean(self) -> None:
        """Remove all of this number from engine, class registry and folder, whoever made it."""
        # By the SDK: for some hundred cases, four programs each would take longer than the checks.
        for container in self._docker.containers(all=True):
            if self._are_ours(name.strip("/") for name in container["Names"]):
                self._gone(self._docker.remove_container, container["Id"], v=True, force=True)
        for network in self._docker.networks():
            if self._are_ours([network["Name"]]):
                self._gone(self._docker.remove_network, network["Id"])
        for volume in self._docker.volumes()["Volumes"] or []:
            if self._are_ours([volume["Name"]]):
                self._gone(self._docker.remove_volume, volume["Name"], force=True)
        for image in self._docker.images():
            # An image that was pushed, and whose tag moved on, has no other name than its digest.
            for name in filter(self._ours.search, image["RepoTags"] or image["RepoDigests"] or []):
                self._gone(self._docker.remove_image, name, force=True)
        if self.number in _SHIPPING:
            self._withdraw()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.exists():  # files of root or of others, written by a container
            subprocess.run(["sudo", "-n", "rm", "-rf", str(self.folder)], check=True)
        self.folder.mkdir(parents=True)

    def _withdraw(self) -> None:
        """Take out of the class registry what learners shipped to it."""
        api = RegistryApi(PORT, fix="Run ./lab up.")
        for name in api.get("/v2/_catalog?n=1000").json()["repositories"]:
            if name.startswith("class/") and self._ours.search(name):
                for tag in api.tags(name):
                    api.remove(name, tag)

    def _are_ours(self, names: Iterable[str]) -> bool:
        return any(map(self._ours.search, names))

    def _gone(self, remove: Callable[..., Any], name: str, **how: bool) -> None:
        with contextlib.suppress(docker.errors.NotFound):  # a container that was to remove itself, say
            remove(name, **how)


def reach(env: Mapping[str, str], monkeypatch: Any) -> None:
    """Let the checks of this process reach the engine as a notebook's kernel does."""
    for name in ("DOCKER_HOST", "DOCKER_CONFIG", "PATH", "LAB_LABEL"):
        monkeypatch.setenv(name, env[name])
    assert os.environ["LABHELPERS_PROGRESS"]
