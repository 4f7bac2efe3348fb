"""One image as a container and as a virtual machine, in turns, so that both meet the same noise."""

from __future__ import annotations

import time
from collections.abc import Callable

from labhelpers.engine import Engine, connect
from labhelpers.engine.attached import Attached
from labhelpers.engine.images import written
from labhelpers.errors import MachineError, UsageError
from labhelpers.measure.results import Comparison, Kind, Run
from labhelpers.vm import Machine
from labhelpers.vm.machine import MEMORY

# Nothing here starts another process: the count of processes is of those that are there anyway.
_REPORT = """echo ready
read kernel < /proc/sys/kernel/osrelease; echo "kernel=$kernel"
read boot < /proc/sys/kernel/random/boot_id; echo "boot=$boot"
set -- /proc/[0-9]*; echo "processes=$#"
"""
_WORK = """echo begin
i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done
echo end
"""
_STAY = "sleep 3600"
_PATIENCE = 60.0


def compare(
    image: str,
    *,
    runs: int = 10,
    memory: str | int = MEMORY,
    told: Callable[[str], None] | None = None,
    engine: Engine | None = None,
) -> Comparison:
    """Start the image `runs` times each way and measure; one warm-up of each comes first and is told apart.

    `memory`: what the machine is given. `told`: called with a line of text after each turn. The image needs a
    shell. A container's start is counted from the engine's order to start it, a machine's from QEMU's start,
    without the container around it. Raises UsageError, EngineError, MachineError.
    """
    if not 1 <= runs <= 100:
        raise UsageError(f"compare {runs} runs", "that cannot be", "Give 1 to 100; a median needs 3 or more.")
    engine = engine or connect()
    machine = Machine(image, memory=memory, engine=engine)
    disk: dict[Kind, int] = {"container": 0, "machine": machine.disk}
    work = machine.accelerator == "kvm"
    done: list[Run] = []
    for number in range(runs + 1):
        container, disk["container"] = _container(engine, image, number, work)
        done += [container, _machine(machine, number, work)]
        if told:
            what = f"run {number} of {runs}" if number else "warm-up"
            told(f"{what}: container {container.start:.2f} s, virtual machine {done[-1].start:.2f} s")
    return Comparison(image, tuple(done), machine.accelerator, machine.words, disk, machine.memory)


def report(work: bool) -> str:
    """The program of both: says what it sees, and stays until it is ended."""
    return _REPORT + (_WORK if work else "") + "echo end-of-report\n" + _STAY


def start_container(engine: Engine, image: str, script: str) -> Attached:
    """A container of the image that runs a script, without a network; its start is in `started`."""
    attached = Attached(
        engine,
        image,
        tried=f"start a container of {image}",
        command=["sh", "-c", script],
        network_mode="none",
    )
    try:
        attached.start()
    except BaseException:
        attached.remove()
        raise
    return attached


def _container(engine: Engine, image: str, number: int, work: bool) -> tuple[Run, int]:
    with start_container(engine, image, report(work)) as attached:
        line = attached.line(lambda text: text == "ready", attached.started + _PATIENCE)
        if line is None:
            log = "\n".join(one.text for one in attached.lines[-15:])
            raise MachineError(
                f"measure a container of {image}", "it printed nothing", "Its image needs a shell.", log=log
            )
        start = line.at - attached.started
        run = _measured("container", number, start, attached, attached.started + 2 * _PATIENCE)
        return run, written(engine, str(attached.container.id)).size


def _machine(machine: Machine, number: int, work: bool) -> Run:
    with machine.boot(report(work)) as booted:
        _, start = booted.first_line()
        booted.line("end-of-report")
        return _measured("machine", number, start, booted.attached, time.monotonic())


def _measured(kind: Kind, number: int, start: float, attached: Attached, deadline: float) -> Run:
    attached.line(lambda text: text == "end-of-report", deadline)
    moments = {line.text: line.at for line in attached.lines}
    said = dict(text.partition("=")[::2] for text in moments if "=" in text)
    return Run(
        kind,
        number,
        start,
        memory=attached.memory(),
        resident=sum(resident for _, resident in attached.processes()),
        processes=int(said["processes"]),
        kernel=said["kernel"],
        boot_id=said["boot"],
        work=moments["end"] - moments["begin"] if "end" in moments else None,
    )
