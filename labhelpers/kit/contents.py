"""What a kit holds: its first entry, `kit.json`, names every other file with its size and digest.

A kit is an OCI image layout in a tar (an "OCI archive"), with Python wheels and Debian packages beside it:

    kit.json            this manifest
    oci-layout          index.json            blobs/sha256/…     the images (OCI image layout specification)
    manifest.json       the same images by name, as `docker load` wants them
    wheels/3.11/…       what requirements.lock pins, for that Python
    packages/bookworm/… the engine's programs, for that release of the distribution
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from labhelpers.errors import FormatError
from labhelpers.oci import is_digest
from labhelpers.places import Places

MANIFEST = "kit.json"
VERSION = 1
LARGEST_MANIFEST = 4 << 20  # bytes; a real one has about 50 kB
# The only names that are ever written to disk.
_PATH = re.compile(
    r"oci-layout|index\.json|manifest\.json|blobs/sha256/[0-9a-f]{64}"
    r"|wheels/\d\.\d{1,3}/\w[\w.+!-]*\.whl|packages/[a-z]+/\w[\w.+:~%-]*\.deb",
    re.ASCII,
)


@dataclass(frozen=True)
class Entry:
    """One file of a kit. `size` in bytes; `digest`: sha256:…"""

    path: str
    size: int
    digest: str


@dataclass(frozen=True)
class Contents:
    """A kit's manifest.

    `workshop`: the version that made it. `platform`: os/architecture of images and programs. `python`: the
    version that the wheels are for. `release`: the distribution's release that the packages are for, "" where
    there are none. `images`: name -> digest of the recipe that made it. `files`: all others, in their order.
    """

    workshop: str
    platform: str
    python: str
    release: str
    images: Mapping[str, str]
    files: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files)

    def dump(self) -> bytes:
        """As `kit.json` has it."""
        return json.dumps({"kit": VERSION, **asdict(self)}, indent=1).encode()


def parse(data: bytes) -> Contents:
    """Read `kit.json`; it may come from anybody. `FormatError` says what is wrong with it."""
    version = None
    try:
        found = json.loads(data)
        version = found["kit"]
        files = tuple(Entry(**entry) for entry in found["files"])
        texts = [found[name] for name in ("workshop", "platform", "python", "release")]
        workshop, system, python, release = texts
        images = dict(found["images"])
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError) as error:
        if version not in (None, VERSION):
            raise FormatError("another version of the workshop made it") from error
        raise FormatError("its kit.json cannot be read") from error
    if version != VERSION:
        raise FormatError("another version of the workshop made it")
    right = all(isinstance(text, str) for text in (*texts, *images, *images.values()))
    for entry in files:
        size = isinstance(entry.size, int) and not isinstance(entry.size, bool) and entry.size >= 0
        right = right and size and is_digest(entry.digest) and isinstance(entry.path, str)
        if right and not _PATH.fullmatch(entry.path):
            raise FormatError(f"it holds a file that no kit has, {entry.path[:80]!r}")
    if not right or len({entry.path for entry in files}) != len(files):
        raise FormatError("its kit.json cannot be read")
    return Contents(workshop, system, python, release, images, files)


def loaded(where: Places) -> Contents | None:
    """What the kit that was loaded into these places holds, or None where there is none."""
    try:
        return parse((where.kit / MANIFEST).read_bytes())
    except (OSError, FormatError):
        return None
