from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from labhelpers.places import places

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG places are Linux's")
# The longest name that containerd puts below the runtime folder, and what a socket's path may have.
LONGEST, LIMIT = "/containerd/containerd-debug.sock.ttrpc", 107


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LABHELPERS_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_the_platforms_own_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    where = places()
    assert where.data == tmp_path / ".local/share/labhelpers"
    assert where.cache == tmp_path / ".cache/labhelpers"
    expected = Path("/run/labhelpers") if os.getuid() == 0 else None
    assert where.runtime == (expected or Path(tempfile.gettempdir()) / f"labhelpers-{os.getuid()}")


def test_xdg_folders_are_honoured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    where = places()
    assert (where.data, where.cache, where.runtime) == (
        tmp_path / "d/labhelpers",
        tmp_path / "c/labhelpers",
        tmp_path / "labhelpers",
    )


def test_a_runtime_folder_that_is_not_there_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    assert tmp_path not in places().runtime.parents


def test_one_variable_moves_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LABHELPERS_HOME", str(tmp_path))
    where = places()
    assert {where.data.parent, where.cache.parent} == {tmp_path}
    for path in (where.prefix, where.client_prefix, where.engine_data, where.docker_config, where.logs):
        assert path.parent == where.data


def test_a_relative_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The engine runs elsewhere: a relative path would mean another place there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABHELPERS_HOME", "here")
    assert places().data == tmp_path / "here" / "data"


@pytest.mark.parametrize("length", [10, 40, 60, 61, 62, 63, 64, 65, 66, 67, 68, 70, 90, 200])
@pytest.mark.parametrize("letter", ["x", "ü"])
def test_sockets_always_fit(
    length: int, letter: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LABHELPERS_HOME", "/" + letter * length)
    runtime = os.fsencode(places().runtime)
    assert len(runtime) + len("/exec") + len(LONGEST) <= LIMIT
    assert len(runtime) + len("/docker.sock") <= LIMIT


def test_two_long_homes_have_two_runtime_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for name in ("a", "b"):
        monkeypatch.setenv("LABHELPERS_HOME", "/" + "x" * 100 + name)
        found.add(places().runtime)
    assert len(found) == 2
