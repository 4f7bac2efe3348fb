"""Two workshops on one engine: what one removes, by whatever way, is never the other's."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import shared
from registry.conftest import free_port
from support import ROOT

from labhelpers.engine import Engine
from labhelpers.labels import WORKSHOP
from labhelpers.registry.server import ClassRegistry
from labhelpers.stock import REGISTRY_IMAGE
from labhelpers.wait import wait_until

pytestmark = pytest.mark.engine
BUSYBOX = "localhost:5005/lab/busybox:1"
# A kernel in the middle of its work: a container that is to go with it, and a folder.
KERNEL = f"""
import sys
from labhelpers.engine import connect
from labhelpers.measure.compare import start_container
from labhelpers.owners import temporary
with temporary() as folder, start_container(connect(), "{BUSYBOX}", "sleep 600") as one:
    one.container.rename(sys.argv[1])
    print(folder, flush=True)
    sys.stdin.read()
"""


@dataclass
class Workshop:
    """A home with a session of its own, which begins all its names."""

    home: Path
    session: str
    env: dict[str, str]
    registry: ClassRegistry

    def docker(self, *words: str, text: str | None = None, check: bool = True) -> str:
        """What `docker …` prints."""
        done = subprocess.run(["docker", *words], env=self.env, input=text, capture_output=True, text=True)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip()

    def furnish(self) -> None:
        """Make one of each kind, as a learner does, and a registry."""
        label = f"{WORKSHOP}={self.session}"
        self.docker("build", "-q", "--label", label, "-t", f"{self.session}:1", "-", text=f"FROM {BUSYBOX}\n")
        self.docker("volume", "create", "--label", label, f"{self.session}-volume")
        self.docker("network", "create", "--label", label, f"{self.session}-network")
        self.docker("run", "-d", "--name", f"{self.session}-one", f"{self.session}:1", "sleep", "600")
        self.registry.start()

    def kernel(self) -> tuple[subprocess.Popen[str], Path]:
        """A process with a helper's container; and its temporary folder."""
        command = [sys.executable, "-c", KERNEL, f"{self.session}-helper"]
        process = subprocess.Popen(
            command, env=self.env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        return process, Path(process.stdout.readline().strip())

    def clean(self) -> str:
        """What `./lab clean` says."""
        command = [sys.executable, "-m", "labhelpers", "clean"]
        return subprocess.run(
            command, env=self.env, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout

    def everything(self) -> dict[tuple[str, str], str]:
        """All that has its name, by kind and name, with its identity; containers with their state."""
        named = ["--filter", f"name={self.session}", "--format"]
        said = {
            "container": self.docker("ps", "-a", "--no-trunc", *named, "{{.Names}} {{.ID}} {{.State}}"),
            "network": self.docker("network", "ls", "--no-trunc", *named, "{{.Name}} {{.ID}}"),
            "volume": self.docker("volume", "ls", *named, "{{.Name}} {{.Mountpoint}}"),
            "image": self.docker(
                "images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}", self.session
            ),
        }
        lines = [(kind, line.split(" ", 1)) for kind, text in said.items() for line in text.splitlines()]
        return {(kind, name): rest for kind, (name, rest) in lines}


@pytest.fixture
def two(engine: Engine, docker_env: dict[str, str]) -> Iterator[list[Workshop]]:
    made = []
    for _ in range(2):
        session = f"labtest-{secrets.token_hex(4)}"
        home = shared.short_home()
        (home / "data").mkdir(parents=True)
        (home / "data/session").write_text(session)
        env = {**docker_env, "LABHELPERS_HOME": str(home)}
        registry = ClassRegistry(engine, session, REGISTRY_IMAGE, port=free_port())
        made.append(Workshop(home, session, env, registry))
    yield made
    for one in made:
        for kind, name in one.everything():
            force = [] if kind == "network" else ["--force"]
            one.docker(kind, "rm", *force, name, check=False)


def test_one_cleans_and_loses_a_kernel_and_the_other_has_it_all(two: list[Workshop]) -> None:
    first, second = two
    kernels = []
    try:
        for one in two:
            one.furnish()
            kernels.append(one.kernel())
        (killed, lost), (_, kept) = kernels
        before = second.everything()
        assert len(before) == 7, before
        assert len(first.everything()) == 7

        killed.kill()
        wait_until(lambda: not lost.exists(), 60, what="the end of a killed kernel's folder")
        wait_until(
            lambda: ("container", f"{first.session}-helper") not in first.everything(),
            60,
            what="the end of its container",
        )
        assert len(first.everything()) == 6
        assert second.everything() == before

        # Something of the second's stands on an image of the first's.
        user, label = f"{second.session}-user", f"{WORKSHOP}={second.session}"
        second.docker("create", "--name", user, "--label", label, f"{first.session}:1")
        before = second.everything()
        said = first.clean()
        assert f"Kept {first.session}:1: " in said
        assert [*first.everything()] == [("image", f"{first.session}:1")], "which is in use"
        assert second.everything() == before
        assert kept.is_dir()
        assert second.registry.answers()

        second.docker("rm", user)
        assert "1 image" in first.clean()
        assert first.everything() == {}
    finally:
        for process, _ in kernels:
            process.kill()
            process.communicate()
