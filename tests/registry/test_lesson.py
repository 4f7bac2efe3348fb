"""The registry of a lesson, on a real engine: its life, what travels, and what goes wrong in words."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from labhelpers import Registry
from labhelpers.engine import Engine
from labhelpers.errors import PortTaken, RegistryError, UsageError
from labhelpers.labels import WORKSHOP
from labhelpers.registry.lesson import LessonRegistry
from labhelpers.registry.moving import Way, move

pytestmark = pytest.mark.engine
Make = Callable[..., Registry]
Build = Callable[..., str]


def docker(env: dict[str, str], *words: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *words], env=env, capture_output=True, text=True, check=check)
    return done.stdout.strip()


def raw_log(registry: Registry) -> list[str]:
    """The registry's standard output, as the command line shows it."""
    return docker({**os.environ, **registry.env}, "logs", registry.name).splitlines()


def stored(registry: Registry) -> set[str]:
    """The blobs on the registry's own disk."""
    folder = "/var/lib/registry/docker/registry/v2/blobs/sha256"
    words = [
        "exec",
        registry.name,
        "sh",
        "-c",
        f"ls {folder}/* 2>/dev/null | grep -E '^[0-9a-f]{{64}}$' || true",
    ]
    return {f"sha256:{one}" for one in docker({**os.environ, **registry.env}, *words).split()}


def committed(env: dict[str, str], name: str) -> str:
    """Makes an image whose own layer is in no build cache: the engine has it as long as the image."""
    box = f"box-test-{secrets.token_hex(4)}"
    words = f"echo {secrets.token_hex(20)} > /page"
    docker(env, "run", "--name", box, "localhost:5005/lab/site:1.0", "sh", "-c", words)
    docker(env, "commit", "--change", 'CMD ["serve"]', box, name)
    docker(env, "rm", box)
    return name


def test_its_life(make: Make, engine: Engine, docker_env: dict[str, str]) -> None:
    registry = make()
    assert registry.container() is None
    assert registry.stop() is False
    with registry as started:
        first = started.container()
        label, _, value = docker_env["LAB_LABEL"].partition("=")
        assert (label, first.labels[WORKSHOP]) == (WORKSHOP, value)
        assert started.command.startswith("docker run --detach --name registry-test-")
        assert started.start().container().id == first.id, "a second start changes nothing"
        published = first.attrs["HostConfig"]["PortBindings"]["5000/tcp"]
        assert published == [{"HostIp": "127.0.0.1", "HostPort": str(registry.port)}]
        assert (started.repositories(), started.tags("none"), started.blobs()) == ([], [], {})
        assert repr(started) == f"{registry.name} at localhost:{registry.port}: nothing yet."
    assert registry.container() is None
    with pytest.raises(RegistryError, match=r"no registry answers there\. Start it: docker start"):
        registry.repositories()


def test_it_is_what_the_command_that_it_prints_starts(make: Make, docker_env: dict[str, str]) -> None:
    registry = make()
    subprocess.run(registry.command, shell=True, env=docker_env, check=True, capture_output=True)
    registry.start()
    assert registry.repositories() == []


def test_a_taken_port_ends_in_one_message_and_makes_nothing(make: Make, taken: int) -> None:
    registry = make(port=taken)
    with pytest.raises(PortTaken, match=f"open port {taken} for the registry {registry.name}"):
        registry.start()
    assert registry.container() is None


def test_a_port_of_another_container_is_taken_too(make: Make) -> None:
    first = make().start()
    second = make(port=first.port)
    with pytest.raises(PortTaken):
        second.start()
    assert second.container() is None
    assert first.api.answers()


def test_a_registry_that_ends_by_itself_says_why_and_leaves_nothing(
    make: Make, docker_env: dict[str, str]
) -> None:
    docker(docker_env, "pull", "-q", "localhost:5005/lab/busybox:1")
    registry = make()
    registry.image = "localhost:5005/lab/busybox:1"  # its shell ends at once
    with pytest.raises(RegistryError, match="its container ended by itself"):
        registry.start()
    assert registry.container() is None


def test_an_image_that_is_nowhere_says_so_and_leaves_nothing(make: Make) -> None:
    registry = make()
    registry.image = "localhost:5005/lab/none:1"
    with pytest.raises(RegistryError, match=r"Run \./lab up"):
        registry.start()
    assert registry.container() is None


def test_a_container_that_is_something_else_stays(make: Make, docker_env: dict[str, str]) -> None:
    registry = make()
    docker(docker_env, "run", "-d", "--name", registry.name, registry.image, "sleep", "600")
    with pytest.raises(RegistryError, match="is something else"):
        registry.start()
    assert registry.container().status == "running"


def test_names_that_are_none() -> None:
    for name, users in (("", {}), ("-x", {}), ("a b", {}), ("ok-06", {"a:b": "x"}), ("ok-06", {"": "x"})):
        with pytest.raises(UsageError):
            LessonRegistry(name, port=8306, users=users, engine=None, env={}, image="x")  # type: ignore[arg-type]


class TestTravel:
    """The counts, held against the registry's log as the command line shows it, and its disk."""

    def pushed(self, registry: Registry, name: str) -> Any:
        """Push, and hold the report to what the log and the disk say."""
        lines, blobs = len(raw_log(registry)), stored(registry)
        report = registry.push(name)
        log = raw_log(registry)[lines:]
        sent = {
            found[1].replace("%3A", ":")
            for found in (
                re.search(r'"PUT /v2/\S+/blobs/uploads/\S+digest=(\S+) \S+" 201', one) for one in log
            )
            if found
        }
        parts = {*report.layers, report.moved.config}
        assert {part.digest for part in parts if part.how == "travelled"} == sent
        # Manifests are blobs on the registry's disk, too.
        assert stored(registry) - blobs - {report.digest} == sent - blobs
        return report

    def test_layers_travel_once(self, make: Make, image: Build) -> None:
        with make() as registry:
            one = image(f"{registry.address}/app-06:1", page=b"one")
            first = self.pushed(registry, one)
            total = len(first.layers)
            assert (len(first.travelled), total) == (total, 5)
            assert first.size == sum(part.size for part in first.layers)
            again = self.pushed(registry, one)
            assert (len(again.travelled), again.size, again.digest) == (0, 0, first.digest)
            assert again.sentence == f"{one}: 0 of 5 layers travelled, 5 were already in the registry."
            two = self.pushed(registry, image(f"{registry.address}/app-06:2", page=b"two"))
            assert [part.how for part in two.layers] == ["already there"] * 4 + ["travelled"]
            assert two.digest != first.digest
            assert registry.tags("app-06") == ["1", "2"]
            held = registry.manifest("app-06", "2")
            assert held is not None
            assert held.digest == two.digest
            assert sum(registry.blobs().values()) < 2 * sum(held.blobs.values())
            assert {*registry.blobs()} == stored(registry) - {first.digest, two.digest}
            html = registry._repr_html_()
            assert html.count("<tr>") == 3
            assert "app-06" in html

    def test_another_repository_gets_a_link(
        self, make: Make, image: Build, docker_env, engine: Engine
    ) -> None:
        with make() as registry:
            one = image(f"{registry.address}/app-06:1", page=b"one")
            self.pushed(registry, one)
            other = f"{registry.address}/team/copy-06:1"
            docker(docker_env, "tag", one, other)
            try:
                report = self.pushed(registry, other)
                ways = {part.how for part in report.layers}
                if "containerd" in engine.image_store():
                    # It knows where a layer came from by host, without the port: it may ask this registry
                    # for a link from a repository of another test's, which is not here, and send the layer.
                    ways -= {"travelled"}
                else:
                    assert report.size == 0
                assert ways
                assert ways <= {"linked", "already there"}
                assert registry.repositories() == ["app-06", "team/copy-06"]
            finally:
                docker(docker_env, "image", "rm", other)

    def test_a_pull_fetches_what_is_missing(self, make: Make, image: Build, docker_env) -> None:
        with make() as registry:
            one = committed(docker_env, f"{registry.address}/app-06:1")
            digest = self.pushed(registry, one).digest
            nothing = registry.pull(one)
            assert (nothing.size, nothing.moved.config.how) == (0, "already there")
            docker(docker_env, "image", "rm", one)
            # The layers of the stock may still be in the engine, with other images; this one's own cannot.
            lines = len(raw_log(registry))
            report = registry.pull(one)
            fetched = {
                found[1]
                for found in (
                    re.search(r'"GET /v2/app-06/blobs/(\S+) \S+" 200', x) for x in raw_log(registry)[lines:]
                )
                if found
            }
            assert {
                p.digest for p in (*report.layers, report.moved.config) if p.how == "travelled"
            } == fetched
            assert report.digest == digest
            assert report.layers[-1].how == "travelled"
            by_digest = registry.pull(f"{registry.address}/app-06@{digest}")
            assert by_digest.digest == digest
            docker(docker_env, "image", "rm", one)


class TestWhatGoesWrong:
    def test_names_that_do_not_lead_here(self, make: Make, image: Build) -> None:
        registry = make()
        with pytest.raises(
            UsageError, match=r"leads to docker\.io.*docker tag app-06:1 localhost:\d+/app-06:1"
        ):
            registry.push("app-06:1")
        with pytest.raises(UsageError, match="has no image of that name"):
            registry.push(f"{registry.address}/none-06:1")

    def test_nobody_is_there(self, make: Make, image: Build) -> None:
        registry = make()
        name = image(f"{registry.address}/app-06:1", page=b"one")
        with pytest.raises(
            RegistryError, match=f"no registry answers there. Start it: docker start {registry.name}"
        ):
            registry.push(name)
        with pytest.raises(RegistryError, match="no registry answers there"):
            registry.pull(name)

    def test_it_has_no_such_image(self, make: Make) -> None:
        with make() as registry, pytest.raises(RegistryError, match="it has no such image"):
            registry.pull(f"{registry.address}/none-06:1")

    @pytest.mark.parametrize("times", [2, 3])
    def test_it_is_too_busy_to_answer_the_engine(
        self, make: Make, image: Build, engine: Engine, monkeypatch: pytest.MonkeyPatch, times: int
    ) -> None:
        """The engine's own words after its 27 seconds, which are not waited for here; then the real push."""
        late = "net/http: request canceled (Client.Timeout exceeded while awaiting headers)"
        answers, push = [late] * times, engine.api.api.push

        def busy(*args: Any, **options: Any) -> Any:
            return (said for said in [{"error": answers.pop()}]) if answers else push(*args, **options)

        monkeypatch.setattr(engine.api.api, "push", busy)
        with make() as registry:
            name = image(f"{registry.address}/app-06:1", page=b"one")
            if times == 2:
                assert len(registry.push(name).travelled) == 5
            else:
                with pytest.raises(RegistryError, match=r"it took too long to answer\. The machine is busy"):
                    registry.push(name)
            assert answers == []

    def test_it_is_full(self, make: Make, image: Build) -> None:
        with make(capacity="1m") as registry:
            name = image(f"{registry.address}/big-06:1", big=secrets.token_bytes(3_000_000))
            with pytest.raises(RegistryError, match=r"the registry is full.*Remove what it no longer needs"):
                registry.push(name)
            assert registry.repositories() == []

    def test_it_is_killed_in_the_middle_and_a_repeat_goes_on(self, make: Make, image: Build) -> None:
        with make() as registry:
            name = image(f"{registry.address}/big-06:1", small=b"s", big=secrets.token_bytes(60_000_000))
            killed: list[bool] = []

            def kill(way: Way, changed: bool) -> None:
                if not killed and any(
                    (one.done or 0) > 5_000_000 and not one.whole for one in way.layers.values()
                ):
                    killed.append(True)
                    registry.container().kill()

            with pytest.raises(RegistryError, match=r"stopped answering in the middle\. Start it again"):
                move(registry, "push", name, watch=kill)
            assert killed
            registry.start()
            assert registry.repositories() == [], "half an image is none"
            report = registry.push(name)
            assert "big-06" in registry.repositories()
            assert 0 < len(report.travelled) <= len(report.layers)

    def test_progress_tells_of_every_layer(self, make: Make, image: Build) -> None:
        states: list[dict[str, str]] = []
        with make() as registry:
            name = image(f"{registry.address}/app-06:1", page=b"one")

            def watch(way: Way, changed: bool) -> None:
                states.append({one.layer: one.status for one in way.layers.values()})

            report = move(registry, "push", name, watch=watch)
        assert len(states[-1]) >= len(report.layers)
        assert all(status in ("Pushed", "Layer already exists") for status in states[-1].values())


class TestPassword:
    def test_without_with_and_after(
        self, make: Make, image: Build, docker_env, tmp_path: Path, monkeypatch
    ) -> None:
        password = secrets.token_urlsafe(16)
        theirs = tmp_path / "home" / ".docker"
        theirs.mkdir(parents=True)
        (theirs / "config.json").write_text('{"auths": {"example.org": {}}}')
        monkeypatch.setenv("HOME", str(theirs.parent))
        monkeypatch.delenv("DOCKER_CONFIG", raising=False)
        commands: list[str] = []
        popen = subprocess.Popen

        class Watched(popen):  # type: ignore[type-arg, valid-type, misc]
            def __init__(self, argv: Any, *args: Any, **options: Any) -> None:
                commands.append(f"{argv} {json.dumps(options.get('env') or {})}")
                super().__init__(argv, *args, **options)

        monkeypatch.setattr(subprocess, "Popen", Watched)
        with make(users={"ada": password}) as registry:
            name = image(f"{registry.address}/app-06:1", page=b"one")
            with pytest.raises(
                RegistryError,
                match=f"it asks for a login. Log in, then repeat: docker login {registry.address}",
            ):
                registry.push(name)
            with pytest.raises(RegistryError, match="it asks for a login"):
                registry.repositories()
            with pytest.raises(RegistryError, match="the name or the password is wrong") as caught:
                registry.login("ada", "not this")
            assert "not this" not in str(caught.value) + caught.value.log
            with pytest.raises(RegistryError, match="the name or the password is wrong"):
                registry.login("grace", password)
            assert registry.login_of() is None
            registry.login("ada", password)
            try:
                assert len(registry.push(name).travelled) == 5
                assert registry.repositories() == ["app-06"]
                assert docker(docker_env, "push", "-q", name) == name, "the command line is logged in, too"
                said = subprocess.run(["docker", "logs", registry.name], env=docker_env, capture_output=True)
                kept = json.dumps(registry.container().attrs)
                for text in (said.stdout.decode() + said.stderr.decode(), kept, *commands, registry.command):
                    assert password not in text
                assert len(commands) > 5
            finally:
                registry.logout()
            assert registry.login_of() is None
            with pytest.raises(RegistryError, match="it asks for a login"):
                registry.pull(name)
        assert (theirs / "config.json").read_text() == '{"auths": {"example.org": {}}}'
        assert [path.name for path in theirs.iterdir()] == ["config.json"]

    def test_nothing_of_the_password_is_left_on_the_machine(self, make: Make) -> None:
        password = secrets.token_urlsafe(16)
        with make(users={"ada": password}):
            lines = [" ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"])]
            assert not [line for line in lines if password in line]


def test_a_cache_asks_upstream_once(make: Make, image: Build, docker_env: dict[str, str]) -> None:
    network = f"net-test-{secrets.token_hex(4)}"
    docker(docker_env, "network", "create", "--label", docker_env["LAB_LABEL"], network)
    try:
        with make(network=network) as upstream:
            name = committed(docker_env, f"{upstream.address}/app-06:1")
            pushed = upstream.push(name)
            docker(docker_env, "image", "rm", name)
            with make(network=network, upstream=f"http://{upstream.name}:5000") as cache:
                cached = f"{cache.address}/app-06:1"
                assert cache.pull(cached).digest == pushed.digest
                before = len(upstream.access_log())
                asked = {one.path for one in upstream.access_log() if one.method == "GET"}
                assert f"/v2/app-06/blobs/{pushed.layers[-1].digest}" in asked
                docker(docker_env, "image", "rm", cached)
                again = cache.pull(cached)
                assert again.layers[-1].how == "travelled", "from the cache to the engine"
                blobs = [one.path for one in upstream.access_log()[before:] if "/blobs/" in one.path]
                assert blobs == [], "and not from upstream to the cache"
                docker(docker_env, "image", "rm", cached)
    finally:
        docker(docker_env, "network", "rm", network)
