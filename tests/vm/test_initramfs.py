from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile

import pytest

from labhelpers.stock.recipes import BY_NAME
from labhelpers.vm.initramfs import from_files, from_tar

BUSYBOX = BY_NAME["busybox"].reference


def unpacked(data: bytes, script: str, env: dict[str, str]) -> str:
    """What a script prints where another program than ours, busybox's cpio, has unpacked it."""
    done = subprocess.run(
        [
            *("docker", "run", "--rm", "-i", "--network", "none", "-w", "/tmp", BUSYBOX),
            *("sh", "-ec", f"cpio -idm 2> /dev/null; {script}"),
        ],
        env=env,
        input=data,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def exported() -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:

        def add(name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", **about: object) -> None:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.mode = kind, len(data), 0o755 if kind == tarfile.DIRTYPE else 0o640
            for key, value in about.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(data))

        add("etc/", tarfile.DIRTYPE)
        add("etc/motd", data=b"hello\n", mtime=1_000_000)
        add("etc/same", tarfile.LNKTYPE, linkname="etc/motd")
        add("etc/link", tarfile.SYMTYPE, linkname="../etc/motd")
        add("etc/schön", data=bytes(range(256)) * 5)
        add("empty")
    out.seek(0)
    return out


@pytest.mark.engine
def test_cpio_unpacks_what_was_in_the_archive(docker_env: dict[str, str]) -> None:
    out = io.BytesIO()
    size = from_tar(exported(), out)
    assert size == len(out.getvalue())
    assert size % 4 == 0, "another archive may follow"
    script = """
    cat etc/motd; stat -c '%a %Y %h' etc/motd; readlink etc/link; [ etc/same -ef etc/motd ] && echo same
    sha256sum < etc/schön | cut -c1-64; stat -c %s empty"""
    digest = hashlib.sha256(bytes(range(256)) * 5).hexdigest()
    told = unpacked(out.getvalue(), script, docker_env).splitlines()
    assert told == ["hello", "640 1000000 2", "../etc/motd", "same", digest, "0"]


@pytest.mark.engine
def test_small_files_come_with_their_folders(docker_env: dict[str, str]) -> None:
    data = from_files({"a/b/one": b"1", "a/two": b"2"})
    assert unpacked(data, "cat a/b/one a/two", docker_env) == "12"


def test_a_file_cut_short_is_noticed() -> None:
    whole = exported().getvalue()
    cut = whole.index(bytes(range(256))) + 300
    with pytest.raises((EOFError, tarfile.ReadError)):
        from_tar(io.BytesIO(whole[:cut]), io.BytesIO())
