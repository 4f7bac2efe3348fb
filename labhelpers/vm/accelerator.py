"""Which processor a virtual machine runs on: the host's own, through KVM, or one that QEMU emulates.

A machine may have /dev/kvm and still not boot an ordinary kernel with it, so that it is tried, once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal

from filelock import FileLock

from labhelpers.engine import Engine
from labhelpers.places import Places

Accelerator = Literal["kvm", "tcg"]
# Where KVM works a boot takes about a second.
PROBE_SECONDS = 12
WORDS = {
    "kvm": "KVM: the guest's code runs on this machine's own processor",
    "tcg": "emulation: QEMU translates the guest's code, because KVM does not work here",
}


def accelerator(engine: Engine, where: Places, boots: Callable[[], bool]) -> Accelerator:
    """What works with this engine: "kvm", or "tcg", QEMU's emulation.

    `boots`: boots a machine with KVM, bounded, and says whether that worked; asked once for each engine and
    kernel, then remembered in the data folder.
    """
    info = engine.info()
    key = f"{info.get('ID')} {info.get('KernelVersion')}"
    path = where.data / "accelerator.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        try:
            known: dict[str, Accelerator] = json.loads(path.read_text())
        except (OSError, ValueError):
            known = {}
        if known.get(key) not in ("kvm", "tcg"):
            known = {key: "kvm" if boots() else "tcg"}
            path.write_text(json.dumps(known))
        return known[key]
