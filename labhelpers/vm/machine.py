"""A virtual machine for the filesystem of any image: QEMU in a container, bounded in time and memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from labhelpers.engine import Engine, connect, engine_errors
from labhelpers.engine.attached import Attached, Line
from labhelpers.errors import EngineError, MachineError, UsageError
from labhelpers.places import Places, places
from labhelpers.stock import VM_IMAGE
from labhelpers.units import human, parse_size
from labhelpers.vm import console, files
from labhelpers.vm.accelerator import PROBE_SECONDS, WORDS, Accelerator, accelerator

MEMORY = "128 MB"
TIMEOUT = 90.0
# What QEMU needs beside the guest's memory: itself, and room for translated code.
_QEMU = 192 * 10**6
# After the bound the container ends itself; this is how long that may take until we do it.
_GRACE = 20.0


@dataclass(frozen=True)
class Ended:
    """How a machine's program ended.

    `lines`: what it printed. `exit_code`: its exit status. `started`: seconds from QEMU's start to the
    program's first line, None if it printed nothing. `accelerator`: "kvm" or "tcg". `console`: all, kernel
    included.
    """

    lines: tuple[str, ...]
    exit_code: int
    started: float | None
    accelerator: Accelerator
    console: str

    @property
    def output(self) -> str:
        """What the program printed, as one text."""
        return "\n".join(self.lines)

    def __repr__(self) -> str:
        first = f", first line after {self.started:.1f} s" if self.started is not None else ""
        text = f"\n{self.output}" if self.lines else ""
        return f"exit code {self.exit_code}{first} (by {WORDS[self.accelerator]}){text}"


class Machine:
    """A virtual machine that boots the files of an image under a kernel of its own.

    `image`: its name in the engine. `memory`: what the guest gets, as text ("128 MB") or bytes; its files
    live in it too. `cpus`: how many processors it sees. `timeout`: seconds after which it is ended, whatever
    happens to this program. `engine`: else the one that the workshop uses.
    Raises UsageError for values that cannot be.
    """

    def __init__(
        self,
        image: str,
        *,
        memory: str | int = MEMORY,
        cpus: int = 1,
        timeout: float = TIMEOUT,
        engine: Engine | None = None,
        where: Places | None = None,
    ) -> None:
        self.image = image
        self.memory = parse_size(memory) if isinstance(memory, str) else memory
        self.cpus = cpus
        self.timeout = timeout
        self.engine = engine or connect()
        self._where = where or places()
        if self.memory < 10**6 or not 1 <= cpus <= 64 or not 1 <= timeout <= 3600:
            raise UsageError(
                f"make a virtual machine with {human(self.memory)}, {cpus} processors and {timeout:g} s",
                "that cannot be",
                "It needs at least 1 MB, 1 to 64 processors, and 1 to 3,600 seconds.",
            )

    @cached_property
    def accelerator(self) -> Accelerator:
        """How it runs: "kvm" or "tcg"; found out by trying, the first time on this machine."""
        return accelerator(self.engine, self._where, self._boots_with_kvm)

    @property
    def words(self) -> str:
        """How it runs, in words."""
        return WORDS[self.accelerator]

    @cached_property
    def disk(self) -> int:
        """The bytes of its filesystem: what each machine holds a copy of."""
        self._need_image(self.image)
        return files.packed(self.engine, self.image, self._where)[1]

    def run(self, command: str | Sequence[str] | None = None) -> Ended:
        """Boot, run one command to its end, and end; without a command the image's own.

        Raises MachineError with the end of the console when the guest panics, hangs, or lacks memory.
        """
        with self.boot(command) as booted:
            return booted.wait()

    def boot(self, command: str | Sequence[str] | None = None) -> Booted:
        """Boot and return at once; leaving the `with` block ends the machine."""
        for image in (VM_IMAGE, self.image):
            self._need_image(image)
        archive, _ = files.packed(self.engine, self.image, self._where)
        with engine_errors(f"look at the image {self.image}"):
            config = self.engine.api.images.get(self.image).attrs.get("Config") or {}
        booted = self._create(self.accelerator, self.timeout)
        try:
            with archive.open("rb") as opened:
                booted.attached.put("/guest", opened)
            booted.attached.put("/guest", files.command_archive(config, command))
            booted.attached.start()
        except BaseException:
            booted.attached.remove()
            raise
        return booted

    def _create(self, how: Accelerator, timeout: float) -> Booted:
        megabytes = max(1, self.memory >> 20)
        command = ["boot", how, str(megabytes), str(self.cpus), str(int(timeout))]
        attached = Attached(
            self.engine,
            VM_IMAGE,
            tried=f"start a virtual machine of {self.image}",
            command=command,
            network_mode="none",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            # The guest's files, before they are handed over, are in the container's layer, not in memory.
            mem_limit=(megabytes << 20) + _QEMU,
            memswap_limit=(megabytes << 20) + _QEMU,
            pids_limit=64 + self.cpus,
            devices=["/dev/kvm:/dev/kvm:rw"] if how == "kvm" else [],
            log_config={"type": "json-file", "config": {"max-size": "1m"}},
        )
        return Booted(attached, self, how, timeout)

    def _need_image(self, image: str) -> None:
        if not self.engine.has_image(image):
            with engine_errors(
                f"pull {image}", "Look at its name; ./lab up makes the workshop's own images."
            ):
                self.engine.api.images.pull(image)

    def _boots_with_kvm(self) -> bool:
        self._need_image(VM_IMAGE)
        try:
            with self._create("kvm", PROBE_SECONDS) as booted:
                booted.attached.put("/guest", files.command_archive({}, ["/.lab/busybox", "true"]))
                booted.attached.start()
                return booted.wait().exit_code == 0
        except (EngineError, MachineError):
            return False

    def __repr__(self) -> str:
        return json.dumps({"image": self.image, "memory": human(self.memory), "cpus": self.cpus})


class Booted:
    """A machine that runs. Leaving its `with` block ends it and removes its container."""

    def __init__(self, attached: Attached, machine: Machine, how: Accelerator, timeout: float) -> None:
        self.attached = attached
        self.accelerator: Accelerator = how
        self._machine = machine
        self._timeout = timeout

    def __enter__(self) -> Booted:
        return self

    def __exit__(self, *_: object) -> None:
        self.attached.remove()

    @property
    def _deadline(self) -> float:
        return self.attached.started + self._timeout + _GRACE

    def first_line(self) -> tuple[str, float]:
        """The first line that the guest's program prints, and the seconds from QEMU's start to it.

        Raises MachineError when none comes.
        """
        begun = self._awaited(lambda text: text == console.STARTING)
        up = False

        def of_program(text: str) -> bool:
            nonlocal up
            if text == console.UP:
                up = True
                return False
            return up and bool(console.output([console.UP, text]))

        line = self._awaited(of_program)
        return line.text, line.at - begun.at

    def line(self, starts: str) -> str:
        """The first line that starts so, without that beginning. Raises MachineError when none comes."""
        return self._awaited(lambda text: text.startswith(starts)).text.removeprefix(starts)

    def wait(self) -> Ended:
        """Wait for the end. Raises MachineError with the end of the console unless its program ended."""
        self.attached.ended(self._deadline)
        lines = self.attached.lines
        texts = [line.text for line in lines]
        code = console.exit_code(texts)
        if code is None:
            raise self._failure()
        return Ended(tuple(console.output(texts)), code, _started(lines), self.accelerator, "\n".join(texts))

    def _awaited(self, matches: Callable[[str], bool]) -> Line:
        found = self.attached.line(matches, self._deadline)
        if found is None:
            raise self._failure()
        return found

    def _failure(self) -> MachineError:
        return console.failure(
            [line.text for line in self.attached.lines],
            tried=f"run a virtual machine of {self._machine.image}",
            memory=self._machine.memory,
            timeout=self._timeout,
            late=time.monotonic() - self.attached.started >= self._timeout,
        )


def _started(lines: Sequence[Line]) -> float | None:
    texts = [line.text for line in lines]
    if console.STARTING not in texts or console.UP not in texts:
        return None
    begun, up = texts.index(console.STARTING), texts.index(console.UP)
    for line in lines[up + 1 :]:
        if console.output([console.UP, line.text]):
            return line.at - lines[begun].at
    return None
