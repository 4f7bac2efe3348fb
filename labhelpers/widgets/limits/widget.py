"""What a running container uses, and its limits, which can be changed meanwhile; a machine's cannot."""

from __future__ import annotations

import shlex
import threading
import time
from contextlib import closing
from html import escape
from pathlib import Path
from typing import Any

import traitlets

from labhelpers.engine import Engine, connect, environment
from labhelpers.engine.limits import Limits, read_limits, set_limits, update_command, usages
from labhelpers.errors import LabError, UsageError
from labhelpers.places import places
from labhelpers.vm import Machine
from labhelpers.widgets.lasting import Lasting
from labhelpers.widgets.look import panel

_HERE = Path(__file__).parent
_MEBI = 1 << 20
MINUTES = 10.0  # how long a forgotten picture goes on measuring


class LiveLimits(Lasting):
    """The use of one container, once a second, with sliders for its limits.

    Traits that can be read and observed: `name`; `memory`, `memory_limit` in MiB; `cpus`, `cpu_limit` in
    processors (a limit of 0: none); `most_memory`, `most_cpus`: the ends of the sliders; `machine_memory`
    in MiB and `machine_cpus`: a virtual machine's, 0 where none was given; `state`: "measuring", "ended" or
    "paused"; `said`: the last command and what came of it. `set(memory, cpus)` does what the sliders do.
    """

    _esm = _HERE / "limits.js"
    _css = _HERE / "limits.css"

    name = traitlets.Unicode().tag(sync=True)
    memory = traitlets.Float(0).tag(sync=True)
    memory_limit = traitlets.Int(0).tag(sync=True)
    cpus = traitlets.Float(0).tag(sync=True)
    cpu_limit = traitlets.Float(0).tag(sync=True)
    most_memory = traitlets.Int(512).tag(sync=True)
    most_cpus = traitlets.Float(1).tag(sync=True)
    machine_memory = traitlets.Int(0).tag(sync=True)
    machine_cpus = traitlets.Int(0).tag(sync=True)
    state = traitlets.Unicode("measuring").tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)
    tries = traitlets.Int(0).tag(sync=True)  # the page's sliders go back to what holds when one more was made

    def __init__(self, name: str, engine: Engine, machine: Machine | None, **traits: Any) -> None:
        super().__init__(name=name, **traits)
        self._engine = engine
        if machine:
            self.machine_memory, self.machine_cpus = round(machine.memory / _MEBI), machine.cpus
        self._take(read_limits(engine, name))
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.on_msg(self._hear)
        self._measure()

    def set(self, memory: float, cpus: float) -> None:
        """Give the container `memory` MiB and `cpus` processors. `said` tells what came of it."""
        wanted = Limits(round(memory * _MEBI), round(cpus, 2))
        try:
            set_limits(self.name, wanted, environment(self._engine, places()))
            self.said = shlex.join(update_command(self.name, wanted))
            self._take(read_limits(self._engine, self.name))
        except LabError as error:
            self.said = error.message
        self.tries += 1

    def close(self) -> None:
        """End the measuring and the picture."""
        if hasattr(self, "_stopped"):
            self._stopped.set()
        super().close()

    def _take(self, limits: Limits) -> None:
        self.memory_limit, self.cpu_limit = round(limits.memory / _MEBI), limits.cpus
        self.most_memory = max(self.most_memory, self.memory_limit)
        self.most_cpus = max(self.most_cpus, self.cpu_limit)

    def _hear(self, _: Any, content: Any, buffers: Any) -> None:
        """What the page asks for; anything that is not as the page sends it is passed over."""
        if not isinstance(content, dict):
            return
        if content.get("kind") == "measure":
            self._measure()
        elif content.get("kind") == "set":
            memory, cpus = content.get("memory"), content.get("cpus")
            if isinstance(memory, int | float) and isinstance(cpus, int | float):
                self.set(memory, cpus)

    def _measure(self) -> None:
        if self._thread and self._thread.is_alive():
            return
        self.state = "measuring"
        self._thread = threading.Thread(target=self._follow, name=f"limits of {self.name}", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        until = time.monotonic() + MINUTES * 60
        try:
            with closing(usages(self._engine, self.name)) as measured:
                for now in measured:
                    if self._stopped.is_set():
                        return
                    if time.monotonic() > until:
                        self.state = "paused"
                        return
                    self.memory, self.cpus = round(now.memory / _MEBI, 1), round(now.cpus, 2)
                    self._take(read_limits(self._engine, self.name))
        except LabError:
            pass  # it is gone, or the engine is: either way there is nothing to measure any more
        if not self._stopped.is_set():
            self.state, self.cpus = "ended", 0.0

    def __repr__(self) -> str:
        memory = f"{self.memory_limit} MiB of memory" if self.memory_limit else "memory without a limit"
        cpus = f"{self.cpu_limit:g} CPU" if self.cpu_limit else "all processors"
        machine = (
            f"; the machine: {self.machine_memory} MiB, fixed when it boots" if self.machine_memory else ""
        )
        return f"{self.name} may use {memory} and {cpus}{machine}"

    def _static(self) -> str:
        """The same without scripts: the limits, and what a running notebook shows."""
        return panel(
            f"Limits of {self.name}",
            f"<p>{escape(repr(self))}.</p><p>In a running notebook this shows its use "
            "once a second, with a slider for each limit.</p>",
        )


def live_limits(name: str, *, machine: Machine | None = None, engine: Engine | None = None) -> LiveLimits:
    """A running container's use and limits, with sliders that change them; show it as a cell's last line.

    `machine`: a virtual machine whose fixed allocation stands beside it. Raises EngineError where the
    container is not there or does not run, UsageError for a name that is none.
    """
    if not isinstance(name, str) or not name.strip():
        raise UsageError("show a container's limits", "it has no name", 'Give one: live_limits("web-02").')
    found = engine or connect()
    return LiveLimits(name, found, machine, most_cpus=float(found.info().get("NCPU") or 1))
