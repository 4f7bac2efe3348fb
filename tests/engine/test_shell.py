from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labhelpers.engine import shell
from labhelpers.engine.shell import session, write_docker_config
from labhelpers.places import Places


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    return Places(tmp_path / "data", tmp_path / "cache", tmp_path / "run", tmp_path / "notebooks")


def test_a_session_is_made_once(where: Places) -> None:
    first = session(where)
    assert len(first) == 8
    assert int(first, 16) >= 0
    assert session(where) == first
    assert [p.name for p in where.data.iterdir()] == ["session"]


def test_those_who_come_at_once_agree(where: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    pids = iter(range(100))
    monkeypatch.setattr(shell.os, "getpid", lambda: next(pids))
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(session, [where] * 8))) == 1


def test_proxies_are_taken_over_and_logins_are_not(where: Places, tmp_path: Path) -> None:
    theirs = tmp_path / "person/.docker/config.json"
    theirs.parent.mkdir(parents=True)
    theirs.write_text(
        json.dumps({"proxies": {"default": {"httpProxy": "p"}}, "auths": {"hub": {"auth": "s"}}})
    )
    before = theirs.read_bytes()
    write_docker_config(where)
    path = where.docker_config / "config.json"
    config = json.loads(path.read_text())
    assert config["proxies"] == {"default": {"httpProxy": "p"}}
    assert "auths" not in config
    assert path.stat().st_mode & 0o777 == 0o600
    assert theirs.read_bytes() == before


def test_only_its_user_reads_the_configuration(where: Places) -> None:
    write_docker_config(where)
    assert where.docker_config.stat().st_mode & 0o777 == 0o700
    assert (where.docker_config / "config.json").stat().st_mode & 0o777 == 0o600


def test_what_a_lesson_logged_in_to_stays(where: Places) -> None:
    where.docker_config.mkdir(parents=True)
    (where.docker_config / "config.json").write_text('{"auths": {"localhost:5005": {}}}')
    write_docker_config(where)
    assert "localhost:5005" in (where.docker_config / "config.json").read_text()


@pytest.mark.parametrize("text", ["{broken", "[]", ""])
def test_a_broken_configuration_does_not_stop_it(text: str, where: Places, tmp_path: Path) -> None:
    theirs = tmp_path / "person/.docker/config.json"
    theirs.parent.mkdir(parents=True)
    theirs.write_text(text)
    write_docker_config(where)
    assert (where.docker_config / "config.json").is_file()
    assert sorted(p.name for p in where.docker_config.iterdir()) == ["config.json"]
