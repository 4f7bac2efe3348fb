"""The words of the explorer: instructions as their author wrote them, signs for changes, safe text."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable
from typing import NamedTuple

from labhelpers.filetree import printable
from labhelpers.filetree.index import (
    BLOCK_DEVICE,
    CHARACTER,
    FIFO,
    FILE,
    FOLDER,
    HARDLINK,
    SYMLINK,
)

UNKNOWN_STEP = "(no instruction recorded)"
_VERBS = (
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
)
_SHELL = re.compile(r"^(?:RUN )?(?:\|\d+ .*?)?/bin/sh -c ")
_MODES = {
    FILE: stat.S_IFREG,
    FOLDER: stat.S_IFDIR,
    SYMLINK: stat.S_IFLNK,
    HARDLINK: stat.S_IFREG,
    CHARACTER: stat.S_IFCHR,
    BLOCK_DEVICE: stat.S_IFBLK,
    FIFO: stat.S_IFIFO,
}


class Sign(NamedTuple):
    """How a kind of change is told: a sign and a word, so that no colour has to be seen."""

    sign: str
    word: str


# What a layer did to a path, in the order in which people are offered them.
SIGNS = {
    "added": Sign("+", "added"),
    "modified": Sign("~", "modified"),
    "metadata": Sign("m", "metadata only"),
    "again": Sign("=", "stored again"),
    "removed": Sign("−", "removed"),
    "hidden": Sign("◌", "hidden later"),
}


def instruction(created_by: str, *, longest: int = 0) -> str:
    """A build step as its author wrote it, in one line, safe to show; cut to `longest` characters if given.

    What engines put around it is left out: `/bin/sh -c #(nop)`, `# buildkit`, the arguments of a RUN.
    """
    text = " ".join(created_by.split()).removesuffix("# buildkit").strip()
    bare = _SHELL.sub("", text)
    if bare != text:
        text = bare.removeprefix("#(nop)").strip() if bare.startswith("#(nop)") else f"RUN {bare}"
    text = printable_text(text) or UNKNOWN_STEP
    return shorten(text, longest) if longest else text


def verb(text: str) -> str:
    """The first word of a cleaned instruction if it is a Dockerfile's; "" otherwise."""
    first = text.partition(" ")[0]
    return first if first in _VERBS else ""


def shorten(text: str, longest: int) -> str:
    """A text cut to so many characters, with an ellipsis where something is left out."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shorten_path(path: str, longest: int = 200) -> str:
    """A path cut in its middle: both where it is and what it is called matter."""
    if len(path) <= longest:
        return path
    tail = longest // 2
    return f"{path[: longest - tail - 1]}…{path[-tail:]}"


def printable_text(text: str, *, keep: str = "") -> str:
    """Text with control, formatting (bidirectional) and undecodable characters as escapes.

    As `printable`, but backslashes stay single: content is for reading, a name must be told from others.
    `keep`: characters that stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in keep or char == "\\" else printable(char) for char in text)


def slashed(path: str) -> str:
    """A path of an index as people write it: with a leading slash, escaped."""
    return f"/{printable(path)}"


def mode_text(kind: str, mode: int) -> str:
    """Permission bits as `ls -l` writes them: "drwxr-xr-x"."""
    return stat.filemode(_MODES[kind] | mode)


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 file", "12,345 files"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Iterable[str], *, most: int = 3) -> str:
    """Names in a sentence: "a", "a and b", "a, b, c and 4 more"."""
    every = list(names)
    if len(every) > most:
        return f"{', '.join(every[:most])} and {len(every) - most:,} more"
    return " and ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)
