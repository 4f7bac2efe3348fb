"""Names of image sources, as containers-transports(5) has them and as people type them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from labhelpers import reference
from labhelpers.errors import ImageError

DAEMON, DOCKER_ARCHIVE, OCI, OCI_ARCHIVE, REGISTRY = (
    "docker-daemon",
    "docker-archive",
    "oci",
    "oci-archive",
    "docker",
)
_PATHS = ("/", "./", "../", "~", "\\")
_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.zst")
_FILES = (DOCKER_ARCHIVE, OCI, OCI_ARCHIVE)
_FIX = (
    "Give a name (python:3.12), a file or folder, or docker-daemon:NAME, docker-archive:FILE, oci:FOLDER, "
    "oci-archive:FILE, docker://NAME."
)


class Source(NamedTuple):
    """Where an image is read from. `path` for files and folders, else `name`; `image`: which of several in a
    file.

    `bare`: no transport was given, so a file may be in any format.
    """

    transport: str
    path: Path | None = None
    name: str = ""
    image: str | None = None
    bare: bool = False

    def __str__(self) -> str:
        if self.path is None:
            return f"docker://{self.name}" if self.transport == REGISTRY else f"{self.transport}:{self.name}"
        return f"{self.transport}:{self.path}" + (f":{self.image}" if self.image else "")


def parse_source(text: str) -> Source:
    """The source that a text names; looks at the disk for files and folders, opens nothing.

    `ImageError` for what is neither the name of an image nor a file or folder that is there.
    """
    if not text.strip() or "\0" in text:
        raise ImageError("find the image", "no name was given", _FIX)
    transport, colon, rest = text.partition(":")
    if transport == REGISTRY and rest.startswith("//"):
        return Source(REGISTRY, name=str(reference.parse(rest.removeprefix("//")).familiar))
    if colon and transport == DAEMON:
        return Source(DAEMON, name=_daemon_name(rest))
    if colon and transport in _FILES:
        return _file(transport, rest, text)
    if _exists(text):
        path = Path(text)
        return Source(OCI if path.is_dir() else DOCKER_ARCHIVE, path=path, bare=True)
    like_a_path = text.startswith(_PATHS)
    found = _split(text)
    if found is not None and (like_a_path or found[0].endswith(_SUFFIXES)):
        path = Path(found[0])  # python:3.12 stays a name beside a folder called python
        return Source(OCI if path.is_dir() else DOCKER_ARCHIVE, path=path, image=found[1], bare=True)
    if like_a_path or text.endswith(_SUFFIXES):
        raise ImageError(
            f"read the image {_shown(text)}", "there is no such file or folder", "Check the path."
        )
    return Source(DAEMON, name=_daemon_name(text))


def _daemon_name(text: str) -> str:
    """A name as the engine knows it; an identifier (sha256:… or its hexadecimal digits) stays as it is."""
    if reference.is_digest(text):
        return text
    if 12 <= len(text) <= 64 and all(char in "0123456789abcdef" for char in text):
        return text
    return reference.parse(text).familiar


def _file(transport: str, rest: str, text: str) -> Source:
    found = _split(rest)
    if found is None:
        raise ImageError(
            f"read the image {_shown(text)}", "there is no such file or folder", "Check the path."
        )
    return Source(transport, path=Path(found[0]), image=found[1])


def _split(text: str) -> tuple[str, str | None] | None:
    """PATH[:IMAGE]: the longest beginning that exists is the path, which may itself hold colons."""
    end = len(text)
    while end > 0:
        if _exists(text[:end]):
            return text[:end], text[end + 1 :] or None
        end = text.rfind(":", 0, end)
    return None


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False  # longer than a path can be, or not to be looked at


def _shown(text: str) -> str:
    return ascii(text if len(text) < 200 else text[:197] + "...")
