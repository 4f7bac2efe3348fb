"""Writing a kit: the images out of the class registry, the rest from where `up` gets it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from labhelpers import __version__, oci, reference
from labhelpers.engine import packages
from labhelpers.errors import FormatError, KitError
from labhelpers.kit import wheels
from labhelpers.kit.contents import MANIFEST, Contents, Entry
from labhelpers.owners import temporary
from labhelpers.registry.client import RegistryClient
from labhelpers.registry.server import ClassRegistry
from labhelpers.stock.build import missing
from labhelpers.stock.recipes import RECIPES, Recipe
from labhelpers.telling import Progress, Task
from labhelpers.units import human

_CHUNK = 1 << 20
_LARGEST_DOCUMENT = 4 << 20


@dataclass
class _Source:
    """Where the bytes of one entry come from."""

    entry: Entry
    chunks: Callable[[], Iterator[bytes]]


@dataclass
class _Plan:
    """All entries of a kit, each once."""

    sources: list[_Source] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)

    def add(self, entry: Entry, chunks: Callable[[], Iterator[bytes]]) -> None:
        if entry.path not in self.paths:
            self.paths.add(entry.path)
            self.sources.append(_Source(entry, chunks))

    def document(self, path: str, data: bytes) -> None:
        self.add(Entry(path, len(data), oci.sha256(data)), lambda: iter([data]))

    def file(self, folder: str, path: Path) -> None:
        with path.open("rb") as stored:
            digest = hashlib.file_digest(stored, "sha256").hexdigest()
        entry = Entry(f"{folder}/{path.name}", path.stat().st_size, f"sha256:{digest}")
        self.add(entry, lambda: _chunks(path))


def save(target: Path, registry: ClassRegistry, progress: Progress) -> tuple[Contents, str]:
    """Write a kit to `target`, whole or not at all; what it holds, and the digest of the file.

    `registry`: the class registry, running. Raises KitError with what to do, also where the disk is full.
    """
    tried = f"save the kit {target}"
    if lacking := missing(registry):
        names = ", ".join(recipe.name for recipe in lacking)
        raise KitError(tried, f"the class registry lacks {names}", "Run ./lab up first, then repeat.")
    if target.is_dir():
        raise KitError(tried, "there is a folder of that name", "Give the name of a file.")
    if not target.parent.is_dir():
        raise KitError(tried, f"there is no folder {target.parent}", "Make it first, or name another file.")
    with temporary() as work:
        plan = _Plan()
        with progress.task("Reading what the registry holds", unit="steps"):
            _images(plan)
        _wheels(plan, work / "wheels", progress)
        release = _packages(plan, work, progress)
        contents = Contents(
            __version__,
            str(oci.host_platform()),
            wheels.PYTHON,
            release,
            {recipe.reference: recipe.digest() for recipe in RECIPES},
            tuple(source.entry for source in plan.sources),
        )
        return contents, _write(target, contents, plan, tried, progress)


def _images(plan: _Plan) -> None:
    descriptors, names = [], []
    plan.document("oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
    blobs = _Plan()
    for recipe in RECIPES:
        descriptor, name = _image(blobs, recipe)
        descriptors.append(descriptor)
        names.append(name)
    index = {"schemaVersion": 2, "mediaType": oci.INDEX_TYPES[0], "manifests": descriptors}
    plan.document("index.json", json.dumps(index, indent=1).encode())
    plan.document("manifest.json", json.dumps(names, indent=1).encode())
    for source in blobs.sources:
        plan.add(source.entry, source.chunks)


def _image(plan: _Plan, recipe: Recipe) -> tuple[dict[str, object], dict[str, object]]:
    """One image: its blobs into the plan; its line in index.json, and in manifest.json."""
    client = RegistryClient(reference.parse(recipe.reference), limit=_LARGEST_DOCUMENT)
    data, media_type = client.manifest(recipe.tag)
    try:
        manifest = oci.parse_manifest(data)
    except FormatError as error:
        raise KitError(f"read {recipe.reference}", str(error), "Run ./lab up, then repeat.") from error
    digest = oci.sha256(data)
    plan.document(oci.blob_name(digest), data)
    for blob in (manifest.config, *manifest.layers):
        entry = Entry(oci.blob_name(blob.digest), blob.size, blob.digest)
        plan.add(entry, lambda which=blob.digest: client.blob(which))  # type: ignore[misc]
    line = {
        "mediaType": media_type,
        "digest": digest,
        "size": len(data),
        "annotations": {oci.NAME: recipe.reference, oci.CONTAINERD_NAME: recipe.reference},
    }
    layers = [oci.blob_name(layer.digest) for layer in manifest.layers]
    return line, {
        "Config": oci.blob_name(manifest.config.digest),
        "RepoTags": [recipe.reference],
        "Layers": layers,
    }


def _wheels(plan: _Plan, folder: Path, progress: Progress) -> None:
    """What `lab` installs into .venv, for the Python that runs here."""
    with progress.task("Fetching the Python packages", unit="steps"):
        wheels.download(folder)
        for path in sorted(folder.iterdir()):
            plan.file(f"wheels/{wheels.PYTHON}", path)


def _packages(plan: _Plan, work: Path, progress: Progress) -> str:
    """The programs of the workshop's own engine, where this machine has an archive of them; their release."""
    archive = packages.archive()
    if archive is None:
        return ""
    # The base image is in the kit, so it need not be bootstrapped.
    own, newer = packages.engine_packages(archive, has=["mmdebstrap"])
    with progress.task("Fetching the engine's packages", unit="steps") as task:
        debs = packages.download(archive, work, own, newer, task, on_a_bare_machine=True)
        for path in sorted(debs.glob("*.deb")):
            plan.file(f"packages/{archive.codename}", path)
    return archive.codename


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stored:
        while chunk := stored.read(_CHUNK):
            yield chunk


class _Hashed(io.RawIOBase):
    """A file that is written; the digest of all that was."""

    def __init__(self, sink: BinaryIO) -> None:
        self.sink = sink
        self.sum = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.sum.update(cast(bytes, data))
        return self.sink.write(cast(bytes, data))


class _Checked(io.RawIOBase):
    """A source as tarfile reads it; its bytes are held against its digest, and told about."""

    def __init__(self, source: _Source, told: Callable[[int], None]) -> None:
        self.entry = source.entry
        self.chunks = source.chunks()
        self.sum = hashlib.sha256()
        self.left = b""
        self.told = told

    def read(self, size: int = -1) -> bytes:
        while len(self.left) < size and (chunk := next(self.chunks, b"")):
            self.sum.update(chunk)
            self.left += chunk
        data, self.left = self.left[:size], self.left[size:]
        self.told(len(data))
        return data

    def check(self) -> None:
        if f"sha256:{self.sum.hexdigest()}" != self.entry.digest:
            raise FormatError(f"what came for {self.entry.path} has another digest")


def _write(target: Path, contents: Contents, plan: _Plan, tried: str, progress: Progress) -> str:
    manifest = contents.dump()
    free = shutil.disk_usage(target.parent).free
    if contents.size > free:
        found = f"it needs {human(contents.size)}, and {human(free)} are free there"
        raise KitError(tried, found, "Free some disk space, or name a file on another disk.")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file, progress.task(f"Writing {target.name}") as task:
            sink = _Hashed(file)
            with tarfile.open(fileobj=cast(BinaryIO, sink), mode="w|", format=tarfile.GNU_FORMAT) as tar:
                tar.addfile(_member(MANIFEST, len(manifest)), io.BytesIO(manifest))
                _fill(tar, contents, plan, task)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except FormatError as error:
        raise KitError(tried, str(error), "Run ./lab up, then repeat.") from error
    except OSError as error:
        raise KitError(
            tried, error.strerror or str(error), "Free some disk space, or name another file."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return f"sha256:{sink.sum.hexdigest()}"


def _fill(tar: tarfile.TarFile, contents: Contents, plan: _Plan, task: Task) -> None:
    done = 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        task.update(done, contents.size, f"{human(done)} of {human(contents.size)}")

    for source in plan.sources:
        reader = _Checked(source, told)
        tar.addfile(_member(source.entry.path, source.entry.size), cast(BinaryIO, reader))
        reader.check()


def _member(path: str, size: int) -> tarfile.TarInfo:
    """A file that is the same whoever writes it, and when."""
    member = tarfile.TarInfo(path)
    member.size, member.mode = size, 0o644
    return member
