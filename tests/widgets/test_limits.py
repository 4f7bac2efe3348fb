"""Live limits on the real engine: what is measured, changed, refused, and what ends the measuring."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from labhelpers.engine import Engine
from labhelpers.engine.limits import Limits, read_limits, update_command
from labhelpers.errors import EngineError, UsageError
from labhelpers.vm import Machine
from labhelpers.wait import wait_until
from labhelpers.widgets.limits import LiveLimits, live_limits

NAME = "limits-test-20"
BUSYBOX = "localhost:5005/lab/busybox:1"
PATIENCE = 60  # seconds


@pytest.fixture
def container(docker_env: dict[str, str]) -> Iterator[str]:
    """A container of 64 MiB and half a processor that holds 20 MB and is always busy."""
    work = "dd if=/dev/zero of=/dev/shm/held bs=1M count=20 2>/dev/null; while :; do :; done"
    options = ["--memory", "64m", "--cpus", "0.5", "--init"]
    remove = ["docker", "rm", "--force", NAME]
    subprocess.run(remove, env=docker_env, check=True, capture_output=True)
    subprocess.run(
        ["docker", "run", "-d", "--name", NAME, *options, BUSYBOX, "sh", "-c", work],
        env=docker_env,
        check=True,
    )
    try:
        yield NAME
    finally:
        subprocess.run(remove, env=docker_env, check=True, capture_output=True)


def test_use_is_measured_and_limits_change_while_it_runs(
    container: str, engine: Engine, docker_env: dict[str, str]
) -> None:
    with_machine = live_limits(container, machine=Machine(BUSYBOX, engine=engine), engine=engine)
    assert repr(with_machine).startswith(f"{NAME} may use 64 MiB of memory and 0.5 CPU; the machine: 122 MiB")
    try:
        wait_until(lambda: with_machine.memory > 19 and with_machine.cpus > 0, PATIENCE, what="a measurement")
        assert with_machine.cpus < 0.8, "half a processor, and what the clock's grain adds"
        started = engine.api.api.inspect_container(container)["State"]["StartedAt"]
        _ask(with_machine, memory=200, cpus=1)
        assert with_machine.said == f"docker update --memory 200m --memory-swap 400m --cpus 1 {NAME}"
        assert read_limits(engine, container) == Limits(200 << 20, 1.0)
        assert engine.api.api.inspect_container(container)["State"]["StartedAt"] == started

        _ask(with_machine, memory=1, cpus=1)
        assert with_machine.said.startswith(
            f"Could not change the limits of {NAME}: the engine knows no such"
        )
        assert (with_machine.memory_limit, with_machine.tries) == (200, 2)
        with_machine.set(200, 4096)
        assert "Could not change" in with_machine.said, "more processors than there are"
        assert "Traceback" not in with_machine.said
        with_machine._hear(None, {"kind": "set", "memory": "much"}, None)
        assert with_machine.tries == 3, "what the page never sends is passed over"

        subprocess.run(["docker", "update", "--cpus", "0.25", NAME], env=docker_env, check=True)
        wait_until(lambda: with_machine.cpu_limit == 0.25, PATIENCE, what="the change from outside")
        subprocess.run(["docker", "rm", "--force", NAME], env=docker_env, check=True)
        wait_until(lambda: with_machine.state == "ended", PATIENCE, what="the end")
    finally:
        with_machine.close()


def _ask(shown: LiveLimits, **wanted: float) -> None:
    """As the page does."""
    shown._hear(None, {"kind": "set", **wanted}, None)


def test_without_scripts_it_says_its_limits(container: str, engine: Engine) -> None:
    made = live_limits(container, engine=engine)
    try:
        data, _ = made._repr_mimebundle_()
        assert data["text/plain"] == f"{NAME} may use 64 MiB of memory and 0.5 CPU"
        assert data["text/plain"] in data["text/html"]
        assert "<script" not in data["text/html"]
    finally:
        made.close()


def test_a_container_that_is_not_there_is_named(engine: Engine) -> None:
    with pytest.raises(EngineError, match="look at the container nowhere-20"):
        live_limits("nowhere-20", engine=engine)
    with pytest.raises(UsageError, match="no name"):
        live_limits(" ", engine=engine)


def test_the_command_is_one_that_people_can_type() -> None:
    assert " ".join(update_command("web", Limits(96 << 20, 0.5))) == (
        "docker update --memory 96m --memory-swap 192m --cpus 0.5 web"
    )
