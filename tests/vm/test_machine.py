"""Machines that really boot, and those that fail: each with its reason, within its bound, nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import shared

from labhelpers import owners
from labhelpers.engine import Engine
from labhelpers.errors import EngineError, MachineError, UsageError
from labhelpers.places import Places
from labhelpers.stock import VM_IMAGE
from labhelpers.stock.recipes import BY_NAME
from labhelpers.vm import Machine
from labhelpers.vm import accelerator as accelerators
from labhelpers.wait import wait_until

pytestmark = pytest.mark.engine
BUSYBOX = BY_NAME["busybox"].reference
PYTHON = BY_NAME["python"].reference
# As many minutes as a machine under emulation may need that shares its processors with other tests.
PATIENCE = 300.0


def ours(engine: Engine, timeout: float) -> set[str]:
    """The containers of machines with this time limit, which marks whose they are."""
    found = engine.api.containers.list(all=True, filters={"ancestor": VM_IMAGE}, ignore_removed=True)
    return {str(one.id) for one in found if one.attrs["Config"]["Cmd"][-1:] == [str(int(timeout))]}


@pytest.fixture
def mark(engine: Engine) -> Iterator[float]:
    """A time limit that no other test uses; when the test is over no machine with it is left."""
    timeout = PATIENCE + os.getpid() % 1000 + 0.0
    yield timeout
    assert ours(engine, timeout) == set()


def test_busybox_boots_and_tells_of_a_kernel_of_its_own(engine: Engine, mark: float) -> None:
    machine = Machine(BUSYBOX, timeout=mark, engine=engine)
    ended = machine.run("uname -r; cat /proc/sys/kernel/random/boot_id; pwd; exit 7")
    kernel, boot_id, folder = ended.lines
    assert ended.exit_code == 7
    assert kernel.endswith(("-cloud-amd64", "-cloud-arm64"))
    assert boot_id != Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert folder == "/"
    assert ended.started is not None
    assert ended.started > 0
    assert ended.accelerator == machine.accelerator
    assert machine.accelerator in accelerators.WORDS


def test_python_boots_with_the_environment_of_its_image(engine: Engine, mark: float) -> None:
    machine = Machine(PYTHON, memory="1 GB", timeout=mark, engine=engine)
    script = "import os, sys; print(sys.version_info[:2], os.environ['PIP_NO_INDEX'])"
    assert machine.run(["python", "-c", script]).output == "(3, 11) 1"


def test_its_first_line_and_those_after_can_be_waited_for(engine: Engine, mark: float) -> None:
    with Machine(BUSYBOX, timeout=mark, engine=engine).boot("echo one; echo n=2; sleep 3600") as booted:
        line, seconds = booted.first_line()
        assert line == "one"
        assert seconds > 0
        assert booted.line("n=") == "2"
        assert booted.attached.memory() > 30 * 10**6
        assert any(name.startswith("qemu") for name, _ in booted.attached.processes())
        assert len(ours(engine, mark)) == 1


def test_a_panic_is_named(engine: Engine, mark: float) -> None:
    with pytest.raises(MachineError, match=r"the guest's kernel panicked: sysrq triggered crash") as caught:
        Machine(BUSYBOX, timeout=mark, engine=engine).run("echo c > /proc/sysrq-trigger")
    assert caught.value.log.startswith("Kernel panic")


def test_a_guest_that_hangs_is_ended_by_its_bound(engine: Engine) -> None:
    with pytest.raises(MachineError, match=r"had not (ended|booted) after 9 s") as caught:
        Machine(BUSYBOX, timeout=9, engine=engine).run("echo waiting; sleep 3600")
    assert "lab-vm: starting" in caught.value.log
    assert ours(engine, 9) == set()


@pytest.mark.parametrize(
    ("image", "memory"), [(BUSYBOX, "30 MB"), (BUSYBOX, "76 MB"), (PYTHON, "128 MB")], ids=str
)
def test_too_little_memory_is_named(engine: Engine, mark: float, image: str, memory: str) -> None:
    with pytest.raises(MachineError, match=r"memory (were not enough|may be too little)") as caught:
        Machine(image, memory=memory, timeout=mark, engine=engine).run("true")
    assert "memory=" in caught.value.fix


def test_a_program_that_prints_without_end_does_not_fill_this_one(engine: Engine) -> None:
    with pytest.raises(MachineError, match="after 12 s"):
        Machine(BUSYBOX, timeout=12, engine=engine).run("yes; sleep 3600")


def test_an_image_that_is_nowhere_is_named(engine: Engine) -> None:
    with pytest.raises(EngineError, match="lab/nothing-like-this"):
        Machine("localhost:5005/lab/nothing-like-this:1", engine=engine).run("true")


@pytest.mark.parametrize("wrong", [{"memory": 5}, {"cpus": 0}, {"timeout": 0}], ids=str)
def test_values_that_cannot_be_are_refused(engine: Engine, wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="make a virtual machine"):
        Machine(BUSYBOX, engine=engine, **wrong)  # type: ignore[arg-type]


def test_a_machine_ends_by_itself_when_this_program_is_killed(engine: Engine) -> None:
    """Even without a watcher, which would end it earlier."""
    home = shared.short_home()
    where = Places(home / "data", home / "cache", home / "run", home / "notebooks")
    (where.runtime / "owners").mkdir(parents=True)
    watcher = owners.watch(where)  # this test, which watches nothing
    assert watcher is not None
    env = {**os.environ, "LABHELPERS_HOME": str(home), "DOCKER_HOST": engine.host}
    code = f"""
import time
from labhelpers.vm import Machine
with Machine({BUSYBOX!r}, timeout=37).boot("echo up; sleep 3600") as booted:
    booted.attached.line(lambda text: True, time.monotonic() + 30)
    print("runs", flush=True)
    booted.wait()
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "runs\n"
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
        child.stdout.close()  # type: ignore[union-attr]
    assert ours(engine, 37), "it does not need us"
    wait_until(lambda: not ours(engine, 37), 37 + PATIENCE, what="the machine's own end")
    watcher.release()


def test_what_works_is_tried_once_and_remembered(engine: Engine, tmp_path: Path) -> None:
    where = Places(tmp_path / "data", tmp_path, tmp_path, tmp_path)
    asked: list[float] = []

    def boots() -> bool:
        asked.append(time.monotonic())
        return False

    assert [accelerators.accelerator(engine, where, boots) for _ in range(2)] == ["tcg", "tcg"]
    assert len(asked) == 1
