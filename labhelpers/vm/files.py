"""The guest's files: the filesystem of an image, made once into an initramfs and kept in the cache."""

from __future__ import annotations

import os
import shlex
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from labhelpers.engine import Engine, engine_errors
from labhelpers.engine.owned import labels
from labhelpers.errors import MachineError
from labhelpers.places import Places
from labhelpers.vm.initramfs import from_files, from_tar

_KEPT = 3  # images whose initramfs stays in the cache
_BLOCK = 512
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def packed(engine: Engine, image: str, where: Places) -> tuple[Path, int]:
    """A tar archive that holds `image.cpio`, the image's filesystem; and the bytes of that file.

    Made on first use (as `docker create`, `docker export`, `docker rm`), then found in the cache.
    Raises EngineError, MachineError when the disk is full.
    """
    with engine_errors(f"look at the image {image}", f"Pull it first: docker pull {image}"):
        identity = str(engine.api.images.get(image).id).partition(":")[2][:24]
    folder = where.cache / "vm"
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{identity}.tar"
    with FileLock(folder / "lock"):
        if not archive.exists():
            try:
                _pack(engine, image, archive)
            except OSError as full:
                raise MachineError(
                    f"make a filesystem of {image} for a virtual machine",
                    full.strerror or str(full),
                    f"Look at the free space of {folder}.",
                ) from full
            oldest = sorted(folder.glob("*.tar"), key=lambda path: path.stat().st_mtime)[:-_KEPT]
            for path in oldest:
                path.unlink(missing_ok=True)
        os.utime(archive)
    with tarfile.open(archive) as opened:
        return archive, opened.getmembers()[0].size


def _pack(engine: Engine, image: str, archive: Path) -> None:
    fresh = archive.with_suffix(".part")
    try:
        with tempfile.TemporaryFile(dir=archive.parent) as exported, fresh.open("wb") as out:
            for chunk in _export(engine, image):
                exported.write(chunk)
            exported.seek(0)
            # The header says how long the file is, which is known afterwards.
            out.seek(_BLOCK)
            header = tarfile.TarInfo("image.cpio")
            header.size = from_tar(exported, out)
            out.write(b"\0" * (-header.size % _BLOCK + 2 * _BLOCK))
            out.seek(0)
            out.write(header.tobuf(tarfile.GNU_FORMAT))
        fresh.replace(archive)
    finally:
        fresh.unlink(missing_ok=True)


def _export(engine: Engine, image: str) -> Any:
    container = None
    try:
        with engine_errors(f"export the filesystem of {image}"):
            # The command is never run, but an image without one of its own needs it.
            container = engine.api.containers.create(image, ["true"], network_mode="none", labels=labels())
            yield from container.export()
    finally:
        if container is not None:
            container.remove(force=True, v=True)


def command_archive(config: Mapping[str, Any], command: str | Sequence[str] | None) -> bytes:
    """A tar archive that holds `command.cpio`: what the guest is to run, as a container of the image would.

    `config`: the image's configuration. `command`: as `docker run IMAGE …` takes it; a string is for `sh -c`;
    None is the image's own. The user that the configuration names is not changed to: all run as root.
    """
    if command is None:
        argv = [*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]
    else:
        argv = ["sh", "-c", command] if isinstance(command, str) else list(command)
    variables = {"PATH": _PATH, "HOME": "/root"}
    variables |= dict(entry.partition("=")[::2] for entry in config.get("Env") or [])
    lines = [
        f"export {name}={shlex.quote(value)}" for name, value in variables.items() if name.isidentifier()
    ]
    lines += [f"cd {shlex.quote(config.get('WorkingDir') or '/')}", f"exec {shlex.join(argv)}", ""]
    return as_tar("command.cpio", from_files({".lab/command": "\n".join(lines).encode()}))


def as_tar(name: str, data: bytes) -> bytes:
    """A tar archive of one file."""
    header = tarfile.TarInfo(name)
    header.size = len(data)
    return header.tobuf(tarfile.GNU_FORMAT) + data + b"\0" * (-len(data) % _BLOCK + 2 * _BLOCK)
