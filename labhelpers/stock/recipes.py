"""What the stock holds, and how a changed recipe is noticed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from labhelpers.registry.server import PORT

_FOLDER = Path(__file__).with_name("images")
# What every recipe depends on without naming it: bump it when the way of building changes.
_GENERATION = "1"


@dataclass(frozen=True)
class Recipe:
    """One image of the stock.

    `name`: its folder, and the last part of its repository. `tag`: its tag. `needs`: build arguments, each
    with the name of the recipe whose image it is given; "base" is the base image.
    """

    name: str
    tag: str
    needs: tuple[tuple[str, str], ...] = (("BASE", "base"),)

    @property
    def repository(self) -> str:
        """The repository's name inside the registry."""
        return f"lab/{self.name}"

    @property
    def reference(self) -> str:
        """The image's whole name."""
        return f"localhost:{PORT}/{self.repository}:{self.tag}"

    @property
    def folder(self) -> Path:
        """Its build context."""
        return _FOLDER / self.name

    def digest(self) -> str:
        """A digest over all that decides what is built: files, and the recipes it builds on."""
        total = hashlib.sha256(f"{_GENERATION} {self.name}:{self.tag}".encode())
        for path in sorted(p for p in self.folder.rglob("*") if p.is_file()) if self.folder.is_dir() else []:
            total.update(f"{path.relative_to(self.folder)} {path.stat().st_mode & 0o111:o}\n".encode())
            total.update(path.read_bytes())
        for argument, needed in self.needs:
            total.update(f"{argument} {BY_NAME[needed].digest()}".encode())
        return total.hexdigest()


# In the order in which they are built.
RECIPES = (
    Recipe("base", "12", needs=()),
    Recipe("registry", "2"),
    Recipe("busybox", "1"),
    Recipe("site", "1.0", needs=(("BUSYBOX", "busybox"),)),
    Recipe("python", "3.11"),
    Recipe("redis", "7"),
    Recipe("datascience", "1", needs=(("BASE", "python"),)),
    Recipe("vm", "1", needs=(("BASE", "base"), ("BUSYBOX", "busybox"))),
)
BY_NAME = {recipe.name: recipe for recipe in RECIPES}
VM_IMAGE = BY_NAME["vm"].reference
REGISTRY_IMAGE = BY_NAME["registry"].reference
