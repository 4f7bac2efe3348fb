"""A kit's form: what is taken, and what is refused. The whole way is in tests/owner/test_kit.py."""

from __future__ import annotations

import io
import json
import os
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from labhelpers import __version__, oci
from labhelpers.errors import KitError
from labhelpers.kit.contents import MANIFEST, Contents, Entry, loaded, parse
from labhelpers.kit.loading import load
from labhelpers.kit.wheels import LOCK, for_other_releases
from labhelpers.places import Places
from labhelpers.stock import RECIPES
from labhelpers.telling import Quiet

FILES = {
    "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
    "wheels/3.11/some-1.0-py3-none-any.whl": b"a wheel" * 1000,
    "packages/bookworm/docker.io_26.1.5%2bdfsg1-1_amd64.deb": b"a package" * 1000,
}


def contents(files: dict[str, bytes]) -> Contents:
    """What a kit of this version for this machine says about its files."""
    entries = tuple(Entry(path, len(data), oci.sha256(data)) for path, data in files.items())
    images = {recipe.reference: recipe.digest() for recipe in RECIPES}
    return Contents(__version__, str(oci.host_platform()), "3.11", "bookworm", images, entries)


def write(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def kit(path: Path, files: dict[str, bytes] = FILES) -> Path:
    return write(path, {MANIFEST: contents(FILES).dump(), **files})


@pytest.fixture
def where(tmp_path: Path) -> Places:
    return Places(*(tmp_path / name for name in ("data", "cache", "run", "notebooks")))


def test_what_was_loaded_is_what_was_saved(tmp_path: Path, where: Places) -> None:
    assert loaded(where) is None
    load(kit(tmp_path / "class.kit"), where, Quiet())
    assert loaded(where) == contents(FILES)
    assert {name: (where.kit / name).read_bytes() for name in FILES} == FILES
    load(kit(tmp_path / "class.kit"), where, Quiet())
    assert [path.name for path in where.cache.iterdir()] == ["kit"], "a second time leaves nothing beside it"


def test_its_manifest_survives_being_written(tmp_path: Path) -> None:
    assert parse(contents(FILES).dump()) == contents(FILES)


NAMES = list(FILES)
DAMAGED = {
    "a changed byte": (lambda: {**FILES, NAMES[1]: b"b" + FILES[NAMES[1]][1:]}, "the digest of wheels/"),
    "a file too many": (lambda: {**FILES, "wheels/3.11/more-1.whl": b"x"}, "not what its kit.json names"),
    "a file of another size": (lambda: {**FILES, NAMES[2]: b"short"}, "not what its kit.json names"),
    "a file too few": (lambda: {name: FILES[name] for name in NAMES[:2]}, "1 files are missing"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damage_is_named_and_what_was_there_stays(case: str, tmp_path: Path, where: Places) -> None:
    load(kit(tmp_path / "whole.kit"), where, Quiet())
    files, words = DAMAGED[case]
    with pytest.raises(KitError, match=words):
        load(kit(tmp_path / "damaged.kit", files()), where, Quiet())
    assert loaded(where) == contents(FILES)
    assert [path.name for path in where.cache.iterdir()] == ["kit"]


@pytest.mark.parametrize("size", [1000, 8000, 12_288])
def test_half_a_kit_is_named(size: int, tmp_path: Path, where: Places) -> None:
    whole = kit(tmp_path / "class.kit").read_bytes()
    path = tmp_path / "half.kit"
    path.write_bytes(whole[:size])
    with pytest.raises(KitError, match=r"it ends early|missing from its end|no kit"):
        load(path, where, Quiet())
    assert not list(where.cache.glob("*"))


def other(**changes: object) -> bytes:
    return replace(contents(FILES), **changes).dump()  # type: ignore[arg-type]


def hostile(path: str) -> bytes:
    return json.dumps(
        {**json.loads(other()), "files": [{"path": path, "size": 1, "digest": oci.sha256(b"x")}]}
    ).encode()


REFUSED = {
    "another machine's": (other(platform="linux/s390x"), "it is for linux/s390x"),
    "another version's": (other(images={}, workshop="9.9"), r"another version .*\(9\.9\); .*registry:2"),
    "a later form": (b'{"kit": 2}', "another version of the workshop"),
    "one that looks like this": (
        other().replace(b'"kit": 1', b'"kit": 2'),
        "another version of the workshop",
    ),
    "no JSON": (b"\x00\xff", "cannot be read"),
    "other JSON": (b"[1]", "cannot be read"),
    "no list": (other().replace(b'"files"', b'"other"'), "cannot be read"),
    "a size that is none": (hostile("oci-layout").replace(b'"size": 1', b'"size": -1'), "cannot be read"),
    "a way out": (hostile("wheels/3.11/../../../x.whl"), "a file that no kit has"),
    "an absolute path": (hostile("/etc/passwd"), "a file that no kit has"),
    "a new line": (hostile("oci-layout\n"), "a file that no kit has"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(case: str, tmp_path: Path, where: Places) -> None:
    document, words = REFUSED[case]
    path = write(tmp_path / "x.kit", {MANIFEST: document, **FILES})
    with pytest.raises(KitError, match=words):
        load(path, where, Quiet())
    assert not list(where.cache.glob("*"))


def test_what_is_no_kit_is_called_so(tmp_path: Path, where: Places) -> None:
    text = tmp_path / "text"
    text.write_text("not a tar" * 1000)
    empty = tmp_path / "empty"
    empty.touch()
    for path in (text, empty, write(tmp_path / "other.tar", {"oci-layout": b"{}"})):
        with pytest.raises(KitError, match="it is no kit"):
            load(path, where, Quiet())
    with pytest.raises(KitError, match="No such file"):
        load(tmp_path / "missing", where, Quiet())
    with pytest.raises(KitError, match="Is a directory"):
        load(tmp_path, where, Quiet())


def test_a_link_is_no_file(tmp_path: Path, where: Places) -> None:
    path = tmp_path / "x.kit"
    with tarfile.open(path, "w") as tar:
        manifest = contents(FILES).dump()
        member = tarfile.TarInfo(MANIFEST)
        member.size = len(manifest)
        tar.addfile(member, io.BytesIO(manifest))
        link = tarfile.TarInfo("oci-layout")
        link.type, link.linkname = tarfile.SYMTYPE, os.fspath(tmp_path)
        tar.addfile(link)
    with pytest.raises(KitError, match=r"not what its kit.json names"):
        load(path, where, Quiet())


def test_the_wheels_are_for_every_release_of_this_python() -> None:
    lock = """one==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:ab
two==1.0 ; python_full_version < '3.11.5' \\
    --hash=sha256:ba
two==2.0 ; python_full_version >= '3.11.5' \\
    --hash=sha256:bb
three==1.0 ; python_full_version < '3.14' \\
    --hash=sha256:ca
four==1.0 ; python_full_version < '3.12.4' \\
    --hash=sha256:da
"""
    assert for_other_releases(lock, "3.11") == (
        "two==1.0 \\\n    --hash=sha256:ba\ntwo==2.0 \\\n    --hash=sha256:bb\n"
    )
    assert "soupsieve==2.10 \\\n" in for_other_releases(LOCK.read_text(), "3.11")
