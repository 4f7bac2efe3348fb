"""The tar reader held against Python's tarfile and GNU tar: the same entries, or all refuse.

Where ours refuses what another accepts, the reason must be one of `STRICTER`: what engines refuse as well, or
what readers are known to understand differently.
"""

import contextlib
import io
import os
import shutil
import struct
import subprocess
import tarfile

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from labhelpers.errors import FormatError
from labhelpers.filetree import FileCursor, Limits, StreamCursor, StreamReader, normalise, scan
from labhelpers.filetree.cursor import content_digest
from labhelpers.filetree.header import number
from labhelpers.filetree.names import printable

# LAB_FUZZ=50 for a long run.
MORE = int(os.environ.get("LAB_FUZZ", "1"))
STRICTER = (
    "readers disagree",
    "no engine unpacks",
    "longer than any engine",
    "entries follow the end",  # one block of zeros, then more: tarfile stops, engines refuse
    "headers of more than",
    "not octal",  # Python's int() takes 1_0 and +7
    "beyond 63 bits",
    "PAX header",
    "sparse file",
    "negative size",
    "zero byte",
)
FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def ours(data, *, stream=False):
    if stream:
        chunks = iter([data[at : at + 700] for at in range(0, len(data), 700)])
        return scan(StreamCursor(StreamReader(chunks)))
    return scan(FileCursor(lambda at, size: data[at : at + size], 0, len(data)))


KINDS = {
    b"0": "f",
    b"\0": "f",
    b"7": "f",
    b"S": "f",
    b"5": "d",
    b"2": "l",
    b"1": "h",
    b"3": "c",
    b"4": "b",
    b"6": "p",
}


def theirs(data):
    """tarfile's entries.

    None if it refuses. It takes a damaged header for the end, which is no acceptance.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:", errorlevel=2) as archive:
            members = archive.getmembers()
            end = data[archive.offset : archive.offset + 512]
    except (tarfile.TarError, OSError, ValueError, UnicodeError, OverflowError):
        return None
    if end.strip(b"\0") or len(end) not in (0, 512):
        return None
    found = []
    for member in members:
        path = normalise(member.name)
        kind = KINDS.get(member.type, "?")
        size = member.size if kind == "f" else 0
        link = member.linkname if kind in "lh" else ""
        link = normalise(link) if kind == "h" else link
        found.append((path, kind, size, member.mode & 0o7777, member.uid, member.gid, link))
    return found


def as_theirs(index):
    return [
        (entry.path, entry.kind, entry.logical_size, entry.mode, entry.uid, entry.gid, entry.link)
        for entry in index.entries()
    ]


name = st.one_of(
    st.text("ab.", min_size=1, max_size=6),
    st.text("abcdefgh/", min_size=1, max_size=12),
    st.integers(90, 280).map(lambda size: ("long/" * 60)[:size] + "x"),
    st.text(min_size=1, max_size=8).map(lambda text: text.replace("\0", "")),
).filter(lambda text: text.isascii() or text.encode("utf-8", "ignore"))
entry = st.tuples(
    name,
    st.sampled_from([b"0", b"0", b"0", b"5", b"2", b"1", b"3", b"6"]),
    st.binary(max_size=1500),
    st.integers(0, 0o7777),
    st.sampled_from([0, 1000, 0o7777777, 0o10000000, 2**31]),
    name,
)


def build(entries, format):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format, encoding="utf-8") as archive:
        for path, kind, content, mode, owner, link in entries:
            info = tarfile.TarInfo(path)
            info.type, info.mode, info.uid, info.gid = kind, mode, owner, owner
            info.linkname = link if kind in b"12" else ""
            info.size = len(content) if kind == b"0" else 0
            try:
                archive.addfile(info, io.BytesIO(content) if info.size else None)
            except (ValueError, UnicodeError):
                continue  # what the format cannot hold
    return buffer.getvalue()


def odd_checksum(data):
    """Whether a checksum is written in what only Python's int() understands: tabs, signs, underscores."""
    for at in range(0, len(data), 512):
        field = data[at + 148 : at + 156]
        if field.strip(b"01234567 \0"):
            with contextlib.suppress(ValueError):
                int(field.split(b"\0")[0].decode("ascii").strip() or "0", 8)
                return True
    return False


def comparable(data):
    """Whether tarfile and engines mean the same by these headers (see `header.short_name`)."""
    for at in range(0, len(data) - 511, 512):
        block = data[at : at + 512]
        if block[345] and block[257:263] != b"ustar\0":
            return False  # tarfile takes GNU's access time for a prefix
        if block[508:512] == b"tar\0":
            return False
    return True


def hold_against_tarfile(data):
    try:
        index = ours(data)
    except FormatError as error:
        if theirs(data) is not None:
            ragged = "ends in the middle" in str(error) and len(data) % 512
            assert ragged or odd_checksum(data) or any(reason in str(error) for reason in STRICTER), str(
                error
            )
        with pytest.raises(FormatError):
            ours(data, stream=True)
        return
    streamed = ours(data, stream=True)
    assert [*streamed.entries()] == [*index.entries()]
    assert (streamed.fingerprint, streamed.runs) == (index.fingerprint, index.runs)
    if index.unsafe or index.whiteouts or index.opaques or any(".wh." in path for path in index.paths):
        return
    found = theirs(data)
    if found is None and data.strip(b"\0"):
        pytest.fail("tarfile refuses what ours accepts")
    assert as_theirs(index) == (found or [])


@settings(max_examples=150 * MORE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(entry, max_size=6), st.sampled_from(FORMATS))
def test_generated(entries, format):
    data = build(entries, format)
    assume(".wh." not in data.decode("latin-1") and comparable(data))
    hold_against_tarfile(data)


def rechecked(block):
    """A header with the checksum that it should have."""
    block = block[:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


mutation = st.tuples(
    st.sampled_from(["byte", "header", "cut", "zero", "double", "drop", "swap"]),
    st.integers(0, 2**20),
    st.integers(0, 255),
    st.integers(0, 511),
)


def mutate(data, changes):
    for how, where, value, inside in changes:
        if len(data) < 1024:
            break
        at = where % len(data)
        block = at - at % 512
        if how == "byte":
            data = data[:at] + bytes([value]) + data[at + 1 :]
        elif how == "header":
            old = data[block : block + 512]
            changed = old[:inside] + bytes([value]) + old[inside + 1 :]
            data = data[:block] + rechecked(changed) + data[block + 512 :]
        elif how == "cut":
            data = data[:at]
        elif how == "zero":
            data = data[:block] + bytes(512) + data[block + 512 :]
        elif how == "double":
            data = data[: block + 512] + data[block:]
        elif how == "drop":
            data = data[:block] + data[block + 512 :]
        else:
            data = (
                data[:block]
                + data[block + 512 : block + 1024]
                + data[block : block + 512]
                + data[block + 1024 :]
            )
    return data


@settings(max_examples=400 * MORE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(entry, min_size=1, max_size=4),
    st.sampled_from(FORMATS),
    st.lists(mutation, min_size=1, max_size=3),
)
def test_mutated(entries, format, changes):
    data = mutate(build(entries, format), changes)
    assume(comparable(data))
    hold_against_tarfile(data)


GNU_TAR = shutil.which("tar")


def gnu(path):
    """GNU tar's entries as (name, kind, size); None if it refuses or complains."""
    done = subprocess.run(
        ["tar", "-tvPf", path, "--numeric-owner", "--full-time", "--quoting-style=literal"],
        capture_output=True, env={"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    if done.returncode or done.stderr:
        return None
    found = []
    for line in done.stdout.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        mode, _, size, _, _, shown = line.split(None, 5)
        shown = shown.partition(" -> ")[0].partition(" link to ")[0]
        kind = {"-": "f", "h": "h", "c": "c"}.get(mode[0], mode[0])
        found.append((normalise(shown), kind, int(size) if kind == "f" else 0))
    return found


def not_listed(data):
    """Whether GNU tar's list cannot be read back (spaces, line ends), or takes a file "x/" for a folder."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        slashed = any(member.isreg() and (member.name + "/").endswith("//") for member in archive)
    return slashed or any(
        char in entry.path or char in entry.link for entry in ours(data).entries() for char in " \n"
    )


plain = st.tuples(
    st.one_of(st.text("abc/", min_size=1, max_size=9), st.integers(90, 280).map(lambda size: ("dir/" *
    70)[:size] + "x"))
    .filter(lambda text: text.strip("/") and not text.startswith("/")),
    st.sampled_from([b"0", b"0", b"5", b"2", b"1", b"6"]),
    st.binary(max_size=700),
    st.just(0o644),
    st.just(0),
    st.just("target"),
)  # fmt: skip


@pytest.mark.skipif(not GNU_TAR, reason="there is no GNU tar here")
@settings(max_examples=60 * MORE, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.lists(plain, min_size=1, max_size=4), st.sampled_from(FORMATS), st.lists(mutation, max_size=2))
def test_against_gnu_tar(tmp_path_factory, entries, format, changes):
    entries = [(path.rstrip("/"), *rest) for path, *rest in entries]
    data = mutate(build(entries, format), changes)
    assume(comparable(data))
    path = tmp_path_factory.mktemp("gnu") / "a.tar"
    path.write_bytes(data)
    found = gnu(path)
    try:
        index = ours(data)
    except FormatError as error:
        assert (
            found is None
            or any(reason in str(error) for reason in STRICTER)
            or "ends in the middle" in str(error)
        )
        return
    if found is None or not_listed(data) or any(kind not in "fdlhcbp" for _, kind, _ in found):
        return  # GNU tar complains of more than it refuses (implausible dates, missing end)
    known = [
        (entry.path, entry.kind, entry.logical_size if entry.kind == "f" else 0) for entry in index.entries()
    ]
    names = [(path, kind, size) for path, kind, size in found if path]
    assert known == names


def header(name=b"a", size=b"%011o\0" % 0, kind=b"0", magic=b"ustar\x0000", prefix=b"", link=b""):
    block = struct.pack("100s8s8s8s12s12s8sc100s8s32s32s8s8s155s12x", name, b"0000644\0", b"0000000\0",
    b"0000000\0", size, b"%011o\0" % 1, b" " * 8, kind, link, magic, b"", b"", b"", b"", prefix)  # fmt: skip
    return rechecked(block)


def pax(*records):
    data = b""
    for key, value in records:
        body = b" %s=%s\n" % (key, value)
        length = len(body) + 1
        while len(b"%d" % length) + len(body) != length:
            length += 1
        data += b"%d" % length + body
    return header(b"PaxHeader", b"%011o\0" % len(data), b"x") + data + bytes(-len(data) % 512)


END = bytes(1024)


def one(data):
    (found,) = ours(data + END).entries()
    return found


def test_pax_size_and_name():
    found = one(
        pax((b"size", b"3"), (b"path", b"d/\xc3\xa9"), (b"mtime", b"-1.5")) + header() + b"abc" + bytes(509)
    )
    assert (found.size, found.path, found.mtime) == (3, "d/é", -1_500_000_000)


def test_base_256_size_beyond_the_archive():
    with pytest.raises(FormatError, match="ends in the middle"):
        ours(header(size=b"\x80" + (1 << 40).to_bytes(11, "big")) + END)
    with pytest.raises(FormatError, match="63 bits"):
        ours(header(size=b"\x80" + b"\xff" * 11) + END)
    with pytest.raises(FormatError, match="negative"):
        ours(header(size=b"\xff" * 12) + END)
    assert number(b"\x80" + (5).to_bytes(11, "big")) == 5
    assert number(b"\xff" * 8) == -1


def test_names_that_are_not_utf8():
    found = one(header(b"caf\xe9"))
    assert found.path == "caf\udce9"
    assert found.path.encode("utf-8", "surrogateescape") == b"caf\xe9"
    assert printable(found.path) == "caf\\xe9"


def test_prefix_only_in_ustar():
    assert one(header(b"a", prefix=b"p")).path == "p/a"
    assert one(header(b"a", magic=b"ustar  \0", prefix=b"p")).path == "a"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (header(kind=b"V"), "no engine"),
        (header(kind=b"9"), "no engine"),
        (pax((b"size", b"1")) + pax((b"size", b"2")) + header(), "two headers"),
        (
            pax((b"path", b"a")) + header(b"L", b"%011o\0" % 2, b"L") + b"b\0" + bytes(510) + header(),
            "two names",
        ),
        (pax((b"path", b"a\0b")) + header(), "zero byte"),
        (header(b"g", b"%011o\0" % 11, b"g") + b"11 path=aa\n" + bytes(501) + header(), "global"),
        (header(b"x", b"%011o\0" % 6, b"x") + b"99 a=b" + bytes(506) + header(), "PAX"),
        (header(b"L", b"%011o\0" % (2 << 20), b"L"), "headers of more than"),
        (pax((b"path", b"a")), "middle of an entry"),
        (header() + bytes(512) + header(), "follow the end"),
        (header(size=b"00000000009\0"), "not octal"),
        (header(b"x" * 100), ""),
        (b"x" * 512, "no tar header"),
        (header() + b"x" * 512, "damaged"),
        (header() + b"x" * 100, "middle of an entry"),
        (pax((b"path", b"a/" * 300 + b"b")) + header(), "longer than any engine"),
        (pax((b"path", b"a" * 5000)) + header(), "longer than any engine"),
    ],
)
def test_refused(data, why):
    if not why:
        ours(data + END)
        return
    tail = b"" if len(data) % 512 else END
    with pytest.raises(FormatError, match=why):
        ours(data + tail)


def test_limits():
    data = b"".join(header(b"%d" % number) for number in range(10)) + END
    with pytest.raises(FormatError, match="more than 5 entries"):
        scan(FileCursor(lambda at, size: data[at : at + size], 0, len(data)), limits=Limits(entries=5))


@pytest.mark.skipif(not GNU_TAR, reason="there is no GNU tar here")
@pytest.mark.parametrize(
    "options", [["--format=gnu"], *(["--format=pax", f"--sparse-version={v}"] for v in ("0.0", "0.1", "1.0"))]
)
def test_sparse_files(tmp_path, options):
    path = tmp_path / "holes"
    with path.open("wb") as file:
        for at in range(30):
            file.seek(at * 200_000)
            file.write(b"%d" % at * 2048)
        file.truncate(10_000_000)
    (tmp_path / "after").write_bytes(b"after")
    subprocess.run(
        ["tar", "-cSf", tmp_path / "s.tar", *options, "-C", tmp_path, "holes", "after"], check=True
    )
    data = (tmp_path / "s.tar").read_bytes()
    for index in (ours(data), ours(data, stream=True)):
        holes, after = index.entries()
        assert (holes.path, holes.logical_size, after.path, after.size) == ("holes", 10_000_000, "after", 5)
        assert holes.size < 1_000_000
    from labhelpers.layout.content import LayerContent

    content = LayerContent(ours(data), read_at=lambda at, size: data[at : at + size])
    assert content.read(0) == path.read_bytes()
    assert content.read(0, start=199_990, size=30) == path.read_bytes()[199_990:200_020]
    assert content.read(1) == b"after"
    assert content.digest(1) == content_digest(b"after") == ours(data, stream=True).digests[1]
    assert content.digest(0) == ours(data, stream=True).digests[0]
