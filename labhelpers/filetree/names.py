"""Names inside a layer: one spelling for each path, whiteouts told from files, and names made safe to print.

Names are bytes in a tar archive. They are held as text with `surrogateescape` (PEP 383), so that every name
survives, whatever its encoding; `os.fsencode` gives the bytes back.
"""

from __future__ import annotations

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
META = ".wh..wh."


def text(raw: bytes) -> str:
    """The bytes of a name as text; bytes that are not UTF-8 become lone surrogates, and survive."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape")


def normalise(name: str) -> str | None:
    """One spelling for `./a`, `/a`, `a/` and `a`: names joined by single slashes, none at either end.

    The root is "". None for a name that leaves the root at any point (`../x`, `/../x`, `a/../../x`).
    """
    if (
        "//" not in name
        and "./" not in name
        and name[:1] != "/"
        and name[-1:] != "/"
        and name[-2:] != "/."
        and name[-3:] != "/.."
        and name not in (".", "..")
    ):
        return name  # nearly every name of nearly every image
    parts: list[str] = []
    for part in name.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def whiteout_target(path: str) -> tuple[str, str] | None:
    """What a normalised path hides, if its last name is a whiteout: (kind, path).

    Kinds: "whiteout" (hides the path and all below it), "opaque" (hides what lower layers left in the
    folder), "meta" (no file of the image: `.wh..wh.*` and what is below it), "unsafe" (a whiteout of nothing,
    of `.` or of `..`: engines of old removed the whole folder). None for an ordinary path.
    """
    folder, _, base = path.rpartition("/")
    if _below_meta(path):
        if base == OPAQUE and not _below_meta(folder):
            return "opaque", folder
        return "meta", path
    if not base.startswith(WHITEOUT):
        return None
    hidden = base[len(WHITEOUT) :]
    if hidden in ("", ".", ".."):
        return "unsafe", path
    return "whiteout", f"{folder}/{hidden}" if folder else hidden


def _below_meta(path: str) -> bool:
    return path.startswith(META) or "/" + META in path


def printable(name: str) -> str:
    """A name for people: control, formatting (bidirectional) and undecodable characters shown as escapes.

    What comes out is one line, holds nothing that a terminal acts on, and can be told from other names.
    """
    if name.isascii() and name.isprintable() and "\\" not in name:
        return name
    shown: list[str] = []
    for char in name:
        code = ord(char)
        if 0xDC80 <= code <= 0xDCFF:
            shown.append(f"\\x{code - 0xDC00:02x}")
        elif char == "\\":
            shown.append("\\\\")
        elif char == " " or char.isprintable():
            shown.append(char)
        elif code < 0x100:
            shown.append(f"\\x{code:02x}")
        else:
            shown.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return "".join(shown)
