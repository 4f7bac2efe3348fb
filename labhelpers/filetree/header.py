"""The 512-byte header of a tar entry and the PAX records before one, read as strictly as engines read them.

Source: POSIX.1-2024 pax (ustar and pax formats), the GNU tar manual (base-256 numbers, long names), and the
behaviour of the readers that engines use. Where readers are known to disagree the entry is refused: an image
that two tools see differently is how files are hidden from a scan.
"""

from __future__ import annotations

import zlib

from labhelpers.errors import FormatError

ZERO = bytes(512)
_LARGEST = (1 << 63) - 1
_OCTAL = b"01234567"
_SPACES = 8 * 32 - 3
_adler = zlib.adler32


def number(field: bytes) -> int:
    """A number of a header: octal text, or GNU's base-256 where the first bit is set.

    `FormatError` otherwise.
    """
    first = field[0]
    if first in (0x80, 0xFF):
        # The first byte marks the form and the sign; the rest is two's complement.
        value = int.from_bytes(field[1:], "big")
        if first == 0xFF:
            value -= 1 << (8 * (len(field) - 1))
        if not -_LARGEST <= value <= _LARGEST:
            raise FormatError("a header holds a number beyond 63 bits")
        return value
    digits = field.split(b"\0", 1)[0].strip(b" ")
    if digits.strip(_OCTAL):
        raise FormatError("a header holds a number that is not octal")
    return int(digits or b"0", 8)


def summed(block: bytes) -> int:
    """The checksum that a header should have: the sum of its bytes, with spaces for the checksum itself."""
    # Adler-32's low half is one more than the sum of the bytes modulo 65,521, which 256 of them never reach.
    low = _adler(block[:148]) & 0xFFFF
    middle = _adler(block[156:412]) & 0xFFFF
    return low + middle + (_adler(block[412:]) & 0xFFFF) + _SPACES


def checked(block: bytes) -> bool:
    """Whether a header's checksum is right.

    Unsigned as POSIX has it, or signed as some old writers had it.
    """
    try:
        claimed = number(block[148:156])
    except FormatError:
        return False
    found = summed(block)
    return claimed == found or claimed == found - 256 * sum(byte > 127 for byte in block[:148] + block[156:])


def check_numbers(block: bytes) -> None:
    """`FormatError` if a field of a header that is not asked for is no number.

    Other readers would refuse it.
    """
    for start, end in ((100, 108), (108, 116), (116, 124), (136, 148), (329, 337), (337, 345)):
        number(block[start:end])


def short_name(block: bytes) -> bytes:
    """The name in a header, its prefix before it where the format has one."""
    name = block[:100].split(b"\0", 1)[0]
    if block[345] and block[257:263] == b"ustar\0":
        # The star format keeps times where ustar keeps the end of the prefix.
        end = 476 if block[508:512] == b"tar\0" else 500
        prefix = block[345:end].split(b"\0", 1)[0]
        if prefix:
            return prefix + b"/" + name
    return name


def pax_records(data: bytes) -> list[tuple[str, bytes]]:
    """The records of a PAX header, in order: "LENGTH KEY=VALUE\\n", LENGTH counting all of the record."""
    records: list[tuple[str, bytes]] = []
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 20)
        digits = data[at:space]
        if space < 0 or not digits.isdigit():
            if not data[at:].strip(b"\0"):
                break  # some writers pad the records rather than the block
            raise FormatError("a PAX header holds a record without a length")
        end = at + int(digits)
        record = data[space + 1 : end]
        key, equals, value = record[:-1].partition(b"=")
        if end > len(data) or not equals or not key or record[-1:] != b"\n" or b"\0" in key:
            raise FormatError("a PAX header holds a damaged record")
        records.append((key.decode("utf-8", "surrogateescape"), value))
        at = end
    return records


def pax_number(value: bytes) -> int:
    """A size or an identifier of a PAX record: decimal digits. `FormatError` otherwise."""
    if not value.isdigit() or len(value) > 19 or int(value) > _LARGEST:
        raise FormatError("a PAX header holds a number that is not decimal")
    return int(value)


def pax_time(value: bytes) -> int:
    """A time of a PAX record, seconds with any number of decimals, as nanoseconds.

    `FormatError` otherwise.
    """
    sign = -1 if value[:1] == b"-" else 1
    whole, _, part = value.lstrip(b"-").partition(b".")
    if not whole.isdigit() or (part and not part.isdigit()) or len(value) > 64:
        raise FormatError("a PAX header holds a time that is not a number")
    return clamped(sign * (int(whole) * 1_000_000_000 + int((part + b"0" * 9)[:9])))


def clamped(nanoseconds: int) -> int:
    """A time that fits into 64 bits; the first or the last such time for what does not."""
    return max(-_LARGEST, min(_LARGEST, nanoseconds))
