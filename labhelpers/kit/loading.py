"""Reading a kit: every byte is held against its digest, and it is there whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labhelpers import oci
from labhelpers.errors import FormatError, KitError
from labhelpers.kit.contents import LARGEST_MANIFEST, MANIFEST, Contents, Entry, parse
from labhelpers.places import Places
from labhelpers.stock.recipes import RECIPES
from labhelpers.telling import Progress, Task
from labhelpers.units import human

_CHUNK = 1 << 20
_NO_KIT = "./lab kit save FILE makes one."


def load(path: Path, where: Places, progress: Progress) -> Contents:
    """Take a kit into these places, where `./lab up` finds it; replaces one that was loaded before.

    Raises KitError for what is no kit, damaged, or made for another machine or version, and on a full disk.
    """
    tried = f"load the kit {path}"
    fresh = where.kit.with_name(f"kit-{os.getpid()}.part")
    with _errors(tried), path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
        members = iter(tar)
        contents = _manifest(tar, next(members, None))
        _fits(tried, contents)
        try:
            fresh.mkdir(parents=True)
            free = shutil.disk_usage(fresh).free
            if contents.size > free:
                found = f"it needs {human(contents.size)}, and {human(free)} are free in {where.cache}"
                raise KitError(tried, found, "Free some disk space, then repeat.")
            with progress.task(f"Loading {path.name}") as task:
                _unpack(tar, members, contents, fresh, task)
            (fresh / MANIFEST).write_bytes(contents.dump())
            shutil.rmtree(where.kit, ignore_errors=True)
            fresh.rename(where.kit)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return contents


@contextmanager
def _errors(tried: str) -> Iterator[None]:
    try:
        yield
    except FormatError as error:
        raise KitError(tried, str(error), error.fix or "Copy it again, or save it again.") from error
    except tarfile.ReadError as error:
        damaged = "end" in str(error)
        found = "it ends early" if damaged else "it is no kit"
        raise KitError(tried, found, "Copy it again." if damaged else _NO_KIT) from error
    except OSError as error:
        raise KitError(
            tried, error.strerror or str(error), "Check the path and the disk, then repeat."
        ) from error


def _manifest(tar: tarfile.TarFile, first: tarfile.TarInfo | None) -> Contents:
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > LARGEST_MANIFEST:
        raise FormatError("it is no kit", _NO_KIT)
    stored = tar.extractfile(first)
    assert stored is not None
    return parse(stored.read())


def _fits(tried: str, contents: Contents) -> None:
    """Refuse what `./lab up` could not use here."""
    here = str(oci.host_platform())
    if contents.platform != here:
        raise KitError(
            tried, f"it is for {contents.platform}, and this machine is {here}", "Save one on such a machine."
        )
    ours = {recipe.reference: recipe.digest() for recipe in RECIPES}
    if contents.images != ours:
        other = sorted(name for name, digest in ours.items() if contents.images.get(name) != digest)
        raise KitError(
            tried,
            f"another version of the workshop made it ({contents.workshop}); {', '.join(other)} differ here",
            "Use the same checkout of the workshop here as where it was saved.",
        )


def _unpack(
    tar: tarfile.TarFile, members: Iterator[tarfile.TarInfo], contents: Contents, folder: Path, task: Task
) -> None:
    wanted = {entry.path: entry for entry in contents.files}
    done = 0
    for member in members:
        entry = wanted.pop(member.name, None)
        # The names in `wanted` were looked at one by one: none leads out of the folder.
        if entry is None or not member.isreg() or member.size != entry.size:
            raise FormatError(f"{member.name[:80]!r} is not what its kit.json names")
        task.update(done, contents.size, entry.path)
        _unpack_one(tar, member, entry, folder / entry.path)
        done += entry.size
    if wanted:
        raise FormatError(f"{len(wanted)} files are missing from its end")
    task.update(done, contents.size)


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, entry: Entry, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    total = hashlib.sha256()
    stored = tar.extractfile(member)
    assert stored is not None
    with target.open("xb") as sink:
        while chunk := stored.read(_CHUNK):
            total.update(chunk)
            sink.write(chunk)
    if f"sha256:{total.hexdigest()}" != entry.digest:
        raise FormatError(f"it is damaged: the digest of {entry.path} differs")
