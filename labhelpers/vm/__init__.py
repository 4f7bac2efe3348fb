"""Virtual machines: the filesystem of any image, booted under a kernel of its own by QEMU."""

from labhelpers.vm.machine import Booted, Ended, Machine

__all__ = ["Booted", "Ended", "Machine"]
