"""What a machine's console says about how it went."""

from __future__ import annotations

import re
from collections.abc import Sequence

from labhelpers.errors import MachineError
from labhelpers.process import tail
from labhelpers.units import human

STARTING, UP, EXIT, ENDED = "lab-vm: starting", "lab-vm: up", "lab-vm: exit ", "lab-vm: ended "
_KILLED = 137
_MEMORY = re.compile(
    r"out of memory|deadlocked on memory|initramfs unpacking failed|unable to allocate|cannot allocate memory"
    r"|cannot set up guest memory|initrd is too large",
    re.IGNORECASE,
)
_LARGER = 'Give it more: memory="512 MB", for example; its files live in memory too.'


def output(lines: Sequence[str]) -> list[str]:
    """The lines of the program that the guest ran, without the kernel's and ours."""
    begin = next((index for index, line in enumerate(lines) if line == UP), len(lines))
    ours = [line for line in lines[begin + 1 :] if not line.startswith("lab-vm: ")]
    # After the last line of the program only the kernel speaks: "[    3.468140] reboot: Restarting system".
    return [line for line in ours if not re.match(r"\[ *\d+\.\d{6}\] ", line)]


def exit_code(lines: Sequence[str]) -> int | None:
    """How the program ended, or None while it has not."""
    return _number(lines, EXIT)


def _number(lines: Sequence[str], mark: str) -> int | None:
    for line in reversed(lines):
        if line.startswith(mark) and line.removeprefix(mark).isdigit():
            return int(line.removeprefix(mark))
    return None


def failure(lines: Sequence[str], *, tried: str, memory: int, timeout: float, late: bool) -> MachineError:
    """The error that a console tells of.

    `memory`: what the machine had, in bytes. `timeout`: its bound in seconds. `late`: the bound was reached.
    """
    text = "\n".join(lines)
    log = tail(text)
    shown = human(memory)
    panic = re.search(r"Kernel panic - not syncing: (.*)", text)
    short = _MEMORY.search(text)
    if short:
        return MachineError(
            tried, f"{shown} of memory were not enough ({short.group().lower()})", _LARGER, log=log
        )
    if panic:
        return MachineError(
            tried,
            f"the guest's kernel panicked: {panic[1].strip()}",
            "Its console is below.",
            log="\n".join(text[panic.start() :].splitlines()[:8]),
        )
    if late:
        stage = "its program had not ended" if UP in lines else "it had not booted"
        return MachineError(
            tried, f"{stage} after {timeout:g} s", "Allow more time: timeout=120, for example.", log=log
        )
    if UP not in lines:
        if _number(lines, ENDED) == 0:
            return MachineError(
                tried,
                f"it ended before its first program ran; {shown} of memory may be too little",
                _LARGER,
                log=log,
            )
        if _number(lines, ENDED) == _KILLED:
            return MachineError(
                tried, "the engine killed it: the host's memory is short", "End other programs.", log=log
            )
    if exit_code(lines) is not None:
        return MachineError(tried, "its program ended and printed nothing", "Have it print a line.", log=log)
    return MachineError(tried, "it ended before its program did", "Its console is below.", log=log)
