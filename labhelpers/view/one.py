"""One file: where each of its versions lives, what it holds, and what differs between two versions."""

from __future__ import annotations

import difflib
from typing import Any

from labhelpers.analysis.changes import Version, versions
from labhelpers.errors import UsageError
from labhelpers.filetree import printable
from labhelpers.filetree.index import FILE, FOLDER, KINDS
from labhelpers.image import Image
from labhelpers.units import human
from labhelpers.view import words

TEXT_LIMIT = 64_000
HEX_LIMIT = 2_048
# What two versions are compared in at most: comparing lines takes quadratic time at worst.
_DIFFERENCE_LIMIT = 200_000
_LINES = 2_000
_LONGEST_LINE = 2_000
_WIDTH = 16


def one(image: Image, path: str) -> dict[str, Any]:
    """Every stored version of a path, base first, and which of them the image shows."""
    found = versions(image, path)
    rows = []
    for at, version in enumerate(found):
        entry = version.entry
        final = version.state == "final"
        row = {
            "at": at,
            "layer": version.layer,
            "state": "shown" if final else "hidden",
            "word": "this one is shown" if final else "hidden by a later layer",
            "kind": KINDS[entry.kind],
            "size_text": "" if entry.kind == FOLDER else human(entry.logical_size),
            "mode": words.mode_text(entry.kind, entry.mode),
            "owner": f"{entry.uid}:{entry.gid}",
            "readable": _is_file(image, version),
        }
        if entry.link:
            row["link"] = words.shorten_path(printable(entry.link))
        rows.append(row)
    return {
        "path": words.shorten_path(words.slashed(path), 400),
        "versions": rows,
        "sentence": _sentence(found),
    }


def _sentence(found: list[Version]) -> str:
    if not found:
        return "No layer stores this path by itself: it is only implied by what is in it."
    layers = words.listed((str(version.layer) for version in found), most=6)
    where = f"Stored in layer {layers}" if len(found) == 1 else f"Stored in layers {layers}"
    final = [version.layer for version in found if version.state == "final"]
    if not final:
        return f"{where}; the image shows none of them: a later layer removed it."
    if len(found) == 1:
        return f"{where}."
    return f"{where}; the image shows the one of layer {final[0]}."


def _is_file(image: Image, version: Version) -> bool:
    return image.layers[version.content_layer].index.kinds[version.number] == FILE


def _read(image: Image, version: Version, size: int) -> bytes:
    return image.layers[version.content_layer].content.read(version.number, size=size)


def _version(image: Image, path: str, at: int) -> Version:
    found = versions(image, path)
    if not 0 <= at < len(found) or not _is_file(image, found[at]):
        raise UsageError(
            f"read {words.slashed(path)}",
            "there is no file's content in that version",
            "Choose a regular file.",
        )
    return found[at]


def content(image: Image, path: str, at: int, *, form: str = "auto") -> dict[str, Any]:
    """The content of version `at` (of `one`), up to a limit: `form` "text", "hex", or "auto" for what fits.

    `ImageError` if the layer cannot be read any more; `UsageError` if there is no content to read.
    """
    version = _version(image, path, at)
    size = version.entry.logical_size
    data = _read(image, version, TEXT_LIMIT + 4)
    text = as_text(data[:TEXT_LIMIT], whole=size <= TEXT_LIMIT)
    if form == "hex" or (form == "auto" and text is None):
        shown, limit, form = as_hex(data[:HEX_LIMIT]), HEX_LIMIT, "hex"
    else:
        if text is None:
            text = data[:TEXT_LIMIT].decode("utf-8", "surrogateescape")
        shown, limit, form = words.printable_text(text, keep="\n\t"), TEXT_LIMIT, "text"
    note = "The file is empty." if not size else ""
    if size > limit:
        note = f"The first {human(limit)} of {human(size)}."
    return {"form": form, "text": shown, "note": note, "layer": version.layer}


def as_text(data: bytes, *, whole: bool = True) -> str | None:
    """The text that bytes are, or None. Where they are only a beginning, the last character may be cut."""
    if b"\0" in data:
        return None
    for cut in range(1 if whole else 4):
        try:
            return data[: len(data) - cut].decode()
        except UnicodeDecodeError:
            continue
    return None


def as_hex(data: bytes) -> str:
    """Bytes as offset, hexadecimal digits and ASCII, sixteen to a line."""
    lines = []
    for at in range(0, len(data), _WIDTH):
        part = data[at : at + _WIDTH]
        seen = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{at:08x}  {part[:8].hex(' '):23}  {part[8:].hex(' '):23}  {seen}")
    return "\n".join(lines)


def difference(image: Image, path: str, first: int, second: int) -> dict[str, Any]:
    """What differs between two versions of a path: lines of a unified difference, or a sentence."""
    one_, two = _version(image, path, first), _version(image, path, second)
    a, b = (_read(image, version, _DIFFERENCE_LIMIT + 1) for version in (one_, two))
    title = f"From layer {one_.layer} to layer {two.layer}"
    old, new = as_text(a), as_text(b)
    if a == b and max(len(a), len(b)) <= _DIFFERENCE_LIMIT:
        return {"title": title, "note": "The content is the same.", "lines": []}
    if old is None or new is None or max(len(a), len(b)) > _DIFFERENCE_LIMIT:
        return {"title": title, "note": _bytes_differ(a, b), "lines": []}
    before, after = old.splitlines(), new.splitlines()
    if max(len(before), len(after)) > _LINES:
        return {"title": title, "note": _bytes_differ(a, b), "lines": []}
    lines = []
    for line in [*difflib.unified_diff(before, after, lineterm="", n=3)][2:]:
        kind = {"+": "added", "-": "removed", "@": "place"}.get(line[0], "same")
        lines.append([kind, words.shorten(words.printable_text(line, keep="\t"), _LONGEST_LINE)])
    note = "" if lines else "Only the ends of lines differ."
    return {"title": title, "note": note, "lines": lines}


def _bytes_differ(a: bytes, b: bytes) -> str:
    at = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if at == len(a) == len(b):
        return f"The first {human(at)} are the same; that is as far as they are compared here."
    return f"Not compared line by line (binary, or too long). The first byte that differs is number {at:,}."
