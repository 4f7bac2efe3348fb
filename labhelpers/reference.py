"""Image references, as the distribution project's grammar has them: `[HOST/]PATH[:TAG][@DIGEST]`.

Source: the reference package of the distribution project, and the OCI distribution specification. Written out
because the parsers at hand accept a trailing newline, or take `localhost/x` for a name on Docker Hub, and
cost 60 ms to import.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from labhelpers.errors import ImageError

HUB = "docker.io"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
# Compiled when they are used (by `re`, which keeps them): most looks at images name none.
_PATH = rf"{_COMPONENT}(?:/{_COMPONENT})*"
_TAG = r"\w[\w.-]{0,127}"
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}", re.ASCII)
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed reference. `host` and `path` are whole (`docker.io`, `library/python`); `tag` or `digest` or
    both.

    Made by `parse`, which fills in what people leave out.
    """

    host: str
    path: str
    tag: str | None = None
    digest: str | None = None

    @property
    def familiar(self) -> str:
        """The name as people write it: without `docker.io/` and `library/`, with its tag or digest."""
        name = self.path if self.host == HUB else f"{self.host}/{self.path}"
        if self.host == HUB and name.startswith("library/") and name.count("/") == 1:
            name = name.removeprefix("library/")
        return name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def __str__(self) -> str:
        tail = (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")
        return f"{self.host}/{self.path}{tail}"


def is_digest(value: object) -> bool:
    """Whether a value is a digest in full, of an algorithm that is registered (sha256, sha384, sha512)."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def parse(name: str) -> Reference:
    """The reference that a name means; the tag is `latest` where neither tag nor digest is given.

    `ImageError` (with what is wrong with the name) if it is no reference.
    """
    rest, at, digest = name.partition("@")
    if at and not is_digest(digest):
        raise _wrong(name, "what follows the @ is no digest (sha256: and 64 hexadecimal digits)")
    first, slash, after = rest.partition("/")
    host = HUB
    if slash and (first == "localhost" or "." in first or ":" in first or first.lower() != first):
        host, rest = first, after
        if not re.fullmatch(_HOST, host, re.ASCII):
            raise _wrong(name, f"{host!r} is no host name")
        if host in ("index.docker.io", "registry-1.docker.io"):
            host = HUB
    path, colon, tag = rest.partition(":")
    if colon and not re.fullmatch(_TAG, tag, re.ASCII):
        raise _wrong(name, f"{tag!r} is no tag (letters, digits, _ . - ; at most 128)")
    if path != path.lower():
        raise _wrong(name, "a repository is written in lower case")
    if not re.fullmatch(_PATH, path, re.ASCII):
        raise _wrong(name, "a repository is made of letters, digits and single separators")
    if host == HUB and "/" not in path:
        if re.fullmatch("[a-f0-9]{64}", path):
            raise _wrong(name, "64 hexadecimal digits are an identifier, not a name")
        path = f"library/{path}"
    if len(host) + 1 + len(path) > _LONGEST:
        raise _wrong(name, f"it is longer than {_LONGEST} characters")
    return Reference(host, path, tag or (None if digest else "latest"), digest or None)


def _wrong(name: str, found: str) -> ImageError:
    shown = ascii(name if len(name) < 80 else name[:77] + "...")
    return ImageError(
        f"read {shown} as an image name", found, "Names look like python:3.12 or localhost:5005/app:1."
    )
