"""Sizes for people, and back: decimal units (1 kB = 1,000 bytes) as registries and disks count."""

from __future__ import annotations

import re

from labhelpers.errors import UsageError

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_LONGEST = 100  # Python refuses to read numbers of thousands of digits
_SIZE = r"([0-9]+(?:\.[0-9]+)?)\s*(?:([kmgt])(i?))?(?:b|bytes?)?"


def human(size: int) -> str:
    """A number of bytes in few characters: "999 bytes", "1.2 kB", "743 MB"."""
    value, unit = float(size), 0
    while abs(value) >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    if unit == 0:
        return f"{size} byte" if abs(size) == 1 else f"{size} bytes"
    return f"{value:.1f} {_UNITS[unit]}" if abs(value) < 99.95 else f"{value:.0f} {_UNITS[unit]}"


def parse_size(text: str) -> int:
    """Bytes from "1500", "10 MB" or "10MiB". `UsageError` for anything else."""
    found = re.fullmatch(_SIZE, text.strip(), re.IGNORECASE | re.ASCII) if len(text) <= _LONGEST else None
    if not found:
        shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
        raise UsageError(f"read {shown!r} as a size", "it is none", "Sizes look like 500kB, 10MB or 10MiB.")
    number, letter, binary = found[1], (found[2] or "").lower(), found[3]
    factor: int = 1024 ** "_kmgt".index(letter) if binary and letter else _FACTORS[letter]
    whole, _, part = number.partition(".")
    return int(whole) * factor + int(part or "0") * factor // int(10 ** len(part))
