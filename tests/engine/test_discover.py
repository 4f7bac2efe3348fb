from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from labhelpers.engine.client import open_engine
from labhelpers.engine.discover import (
    DEFAULT_SOCKET,
    Candidate,
    Found,
    candidates,
    choose,
    contexts,
    discover,
    probe,
)
from labhelpers.errors import EngineError, EngineNotFound, EngineUnreachable
from labhelpers.places import Places

posix = pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets")


@pytest.fixture
def where(tmp_path: Path) -> Places:
    return Places(tmp_path / "data", tmp_path / "cache", tmp_path / "run", tmp_path / "notebooks")


def context(config: Path, name: str, host: str, *, tls: bool = False) -> None:
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = config / "contexts" / "meta" / key
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))
    if tls:
        (config / "contexts" / "tls" / key / "docker").mkdir(parents=True)


def http(body: str, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


# -- the order


def test_docker_host_goes_before_a_context(tmp_path: Path, where: Places) -> None:
    env = {"DOCKER_HOST": "tcp://127.0.0.1:1", "DOCKER_CONTEXT": "other"}
    assert candidates(env, tmp_path, where) == [Candidate("DOCKER_HOST", "tcp://127.0.0.1:1", named=True)]


def test_docker_host_that_is_the_workshops_own_engine_is_not_somebodys_choice(
    tmp_path: Path, where: Places
) -> None:
    """The workshop's kernels have it in their environment; `up` from there must start that engine again."""
    (one,) = candidates({"DOCKER_HOST": f"unix://{where.socket}"}, tmp_path, where)
    assert not one.named


def test_docker_context_goes_before_the_configuration(tmp_path: Path, where: Places) -> None:
    config = tmp_path / ".docker"
    context(config, "first", "tcp://first:1")
    context(config, "second", "tcp://second:2")
    (config / "config.json").write_text('{"currentContext": "first"}')
    assert candidates({"DOCKER_CONTEXT": "second"}, tmp_path, where)[0].host == "tcp://second:2"
    assert candidates({}, tmp_path, where)[0].host == "tcp://first:1"


def test_without_any_choice_the_usual_sockets_are_tried_and_the_own_engine_last(
    tmp_path: Path, where: Places
) -> None:
    found = candidates({"XDG_RUNTIME_DIR": "/r"}, tmp_path, where)
    assert not any(one.named for one in found)
    assert found[-1].host == f"unix://{where.socket}"
    if sys.platform != "win32":
        assert found[0].host == "unix:///var/run/docker.sock"
        assert "unix:///r/docker.sock" in [one.host for one in found]


def test_context_default_is_the_default_socket(tmp_path: Path, where: Places) -> None:
    (one,) = candidates({"DOCKER_CONTEXT": "default"}, tmp_path, where)
    assert (one.host, one.named) == (DEFAULT_SOCKET, True)


def test_docker_config_moves_the_contexts(tmp_path: Path, where: Places) -> None:
    context(tmp_path / "elsewhere", "x", "tcp://x:1", tls=True)
    env = {"DOCKER_CONFIG": str(tmp_path / "elsewhere"), "DOCKER_CONTEXT": "x"}
    (one,) = candidates(env, tmp_path, where)
    assert one.host == "tcp://x:1"
    assert one.tls is not None
    assert one.tls.is_dir()


# -- what a person named is used or reported


@pytest.mark.parametrize("by", ["DOCKER_CONTEXT", "config.json"])
def test_misspelt_context_is_reported_with_the_known_ones(by: str, tmp_path: Path, where: Places) -> None:
    config = tmp_path / ".docker"
    context(config, "colima", "unix:///c.sock")
    env = {"DOCKER_CONTEXT": "colmia"} if by == "DOCKER_CONTEXT" else {}
    if not env:
        (config / "config.json").write_text('{"currentContext": "colmia"}')
    with pytest.raises(EngineError) as caught:
        candidates(env, tmp_path, where)
    assert "colmia" in caught.value.tried
    assert by in caught.value.tried
    assert caught.value.found.endswith("known: default, colima")


@pytest.mark.parametrize("text", ["{not json", "[]", ""])
def test_broken_configuration_is_named(text: str, tmp_path: Path, where: Places) -> None:
    config = tmp_path / ".docker" / "config.json"
    config.parent.mkdir()
    config.write_text(text)
    with pytest.raises(EngineError, match="not valid JSON") as caught:
        candidates({}, tmp_path, where)
    assert str(config) in caught.value.tried


@pytest.mark.parametrize("text", ["{}", '{"currentContext": ""}', '{"auths": {}}'])
def test_configuration_without_a_context_changes_nothing(text: str, tmp_path: Path, where: Places) -> None:
    config = tmp_path / ".docker" / "config.json"
    config.parent.mkdir()
    config.write_text(text)
    assert len(candidates({}, tmp_path, where)) > 1


def test_damaged_contexts_are_left_out(tmp_path: Path) -> None:
    for name, text in {"a": "{", "b": "[]", "c": '{"Name": "c"}'}.items():
        folder = tmp_path / "contexts" / "meta" / name
        folder.mkdir(parents=True)
        (folder / "meta.json").write_text(text)
    context(tmp_path, "whole", "tcp://w:1")
    assert list(contexts(tmp_path)) == ["whole"]


@pytest.mark.parametrize(
    "host",
    ["tcp://127.0.0.1:1", "unix:///nowhere/docker.sock", "nonsense://x", "", "http://[", "tcp://x:notaport"],
)
def test_wrong_docker_host_ends_in_one_message_that_names_it(host: str, where: Places) -> None:
    if not host:
        assert len(candidates({"DOCKER_HOST": host}, where.data, where)) > 1  # empty is unset, as for the CLI
        return
    with pytest.raises(EngineUnreachable) as caught:
        choose(discover({"DOCKER_HOST": host}))
    assert host in caught.value.message
    assert "DOCKER_HOST" in caught.value.fix
    assert "\n" not in caught.value.message


# -- what listens is not an engine


@posix
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        http("<html>hello</html>"),
        http("[]"),
        http('{"hello": 1}'),
        http('{"message": "no"}', "500 Internal Server Error"),
        http('{"ApiVersion":')[:-3],
    ],
    ids=["hangs-up", "ssh", "html", "list", "other-json", "500", "cut-off"],
)
def test_something_that_is_not_an_engine(answer: bytes, listener: Callable[[bytes | None], str]) -> None:
    host = listener(answer)
    with pytest.raises(EngineUnreachable) as caught:
        open_engine(host, "DOCKER_HOST")
    assert host in caught.value.tried
    assert caught.value.found
    assert "\n" not in caught.value.found


@posix
def test_a_server_that_never_answers_is_given_up(listener: Callable[[bytes | None], str]) -> None:
    host = listener(None)
    found = probe(Candidate("DOCKER_HOST", host, named=True), timeout=1)
    assert (found.state, found.engine) == ("silent", None)
    assert found.detail == "no answer in time"
    with pytest.raises(EngineUnreachable, match="no answer in time"):
        choose([found])


@posix
def test_an_engine_that_answers_is_described(listener: Callable[[bytes | None], str]) -> None:
    body = json.dumps(
        {
            "Version": "26.1.5",
            "ApiVersion": "1.45",
            "MinAPIVersion": "1.24",
            "Components": [{"Name": "Engine"}],
        }
    )
    host = listener(http(body))
    found = probe(Candidate("the default socket", host))
    try:
        assert (found.state, found.detail) == ("answers", "Docker Engine 26.1.5, API 1.45")
    finally:
        if found.engine:
            found.engine.close()


@posix
def test_a_socket_without_a_server_is_silent(tmp_path: Path) -> None:
    path = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    found = probe(Candidate("the default socket", f"unix://{path}"))
    assert (found.state, found.detail) == ("silent", "Connection refused")


@posix
def test_a_socket_that_may_not_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may use every socket, so what the system would say to others is put into its mouth."""
    path = tmp_path / "docker.sock"
    path.touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = probe(Candidate("the default socket", f"unix://{path}"))
    assert found.state == "denied"
    with pytest.raises(EngineUnreachable, match=r"may not use it.*group"):
        choose([found])


# -- the choice


class _Answering:
    name, version, api_version = "Docker Engine", "1", "1.45"


def _found(state: str, origin: str = "somewhere", *, named: bool = False) -> Found:
    engine = _Answering() if state == "answers" else None
    return Found(Candidate(origin, f"unix:///{origin}", named=named), state, state, engine)  # type: ignore[arg-type]


def test_the_first_that_answers_is_taken() -> None:
    found = [_found("absent"), _found("silent"), _found("answers", "a"), _found("answers", "b")]
    assert choose(found).candidate.origin == "a"


def test_no_engine_at_all_says_how_many_places_were_looked_at() -> None:
    with pytest.raises(EngineNotFound, match="looked at 2 places"):
        choose([_found("absent"), _found("absent")])


def test_the_own_engine_that_does_not_answer_is_no_engine_and_may_be_started() -> None:
    with pytest.raises(EngineNotFound):
        choose([_found("absent"), _found("silent", "the workshop's own engine")])


def test_an_engine_that_hangs_is_not_replaced_by_one_of_our_own() -> None:
    with pytest.raises(EngineUnreachable, match="Restart that engine"):
        choose([_found("silent", "the default socket"), _found("absent")])


@posix
def test_two_names_of_one_socket_are_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    for name in ("run", "desktop"):
        (home / ".docker" / name).mkdir(parents=True)
    (home / ".docker/run/docker.sock").touch()
    (home / ".docker/desktop/docker.sock").symlink_to(home / ".docker/run/docker.sock")
    monkeypatch.setenv("HOME", str(home))
    hosts = [one.candidate.host for one in discover({}, timeout=1)]
    assert [host for host in hosts if str(home) in host and "/.docker/" in host] == [
        f"unix://{home}/.docker/run/docker.sock"
    ]
