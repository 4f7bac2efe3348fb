"""The registry's access log, read line by line."""

from __future__ import annotations

from labhelpers.engine.transfer import Event
from labhelpers.registry.moving import Way
from labhelpers.registry.traffic import requests, traffic

A, B, C = ("sha256:" + letter * 64 for letter in "abc")
DOCKER = "docker/26.1.5 UpstreamClient(Docker-Client/26.1.5 \\x28linux\\x29)"


def line(request: str, status: int, size: int = 0, agent: str = DOCKER) -> str:
    return f'10.0.0.1 - - [25/Nov/2026:04:48:40 +0000] "{request} HTTP/1.1" {status} {size} "" "{agent}"'


def upload(repository: str, digest: str, status: int = 201) -> str:
    return line(
        f"PUT /v2/{repository}/blobs/uploads/1-2?_state=x%3D&digest={digest.replace(':', '%3A')}", status
    )


def mount(repository: str, digest: str, status: int) -> str:
    return line(f"POST /v2/{repository}/blobs/uploads/?from=other&mount={digest.replace(':', '%3A')}", status)


def test_a_push() -> None:
    log = [
        line("GET /v2/", 401),
        line(f"HEAD /v2/a/b/blobs/{A}", 404),
        line(f"HEAD /v2/a/b/blobs/{B}", 200),
        line("POST /v2/a/b/blobs/uploads/", 202),
        line("PATCH /v2/a/b/blobs/uploads/1-2?_state=x%3D", 202),
        upload("a/b", A),
        line(f"HEAD /v2/a/b/blobs/{A}", 200),  # the engine looks whether it arrived
        mount("a/b", C, 201),
        line("PUT /v2/a/b/manifests/1", 201),
    ]
    seen = traffic(requests("\n".join(log)), "a/b")
    assert (seen.sent, seen.found, seen.linked) == ({A}, {B}, {C})
    assert (seen.put, seen.asked, seen.fetched) == (["1"], [], set())


def test_what_failed_did_not_travel() -> None:
    log = [upload("a", A, 500), mount("a", B, 202), line(f"GET /v2/a/blobs/{C}", 404, 157)]
    seen = traffic(requests("\n".join(log)), "a")
    assert seen.sent | seen.linked | seen.found | seen.fetched == set()


def test_a_pull() -> None:
    log = [
        line("HEAD /v2/a/manifests/1", 200, 900),
        line(f"GET /v2/a/manifests/{A}", 200, 900),
        line(f"GET /v2/a/blobs/{B}", 200, 1000),
        line(f"GET /v2/a/blobs/{C}", 200, 20),
    ]
    seen = traffic(requests("\n".join(log)), "a")
    assert (seen.fetched, seen.fetched_bytes, seen.asked) == ({B, C}, 1020, ["1", A])
    assert not seen.sent


def test_other_repositories_and_our_own_looks_are_left_out() -> None:
    log = [
        upload("other", A),
        line(f"GET /v2/other/blobs/{A}", 200, 5),
        line(f"GET /v2/a/blobs/{B}", 200, 5, "labhelpers"),
        line("PUT /v2/other/manifests/1", 201),
    ]
    assert traffic(requests("\n".join(log)), "a") == traffic([], "a")


def test_other_lines_are_no_requests() -> None:
    text = 'time="2026-11-25T04:48:41Z" level=info msg="PUT /v2/a/manifests/1"\n\n\x00garbage "GET'
    assert requests(text) == []
    assert len(requests(text + "\n" + line("GET /v2/", 200))) == 1


def test_a_way_tells_when_a_layer_comes_to_another_state() -> None:
    way = Way()
    assert not way.feed(Event("", "The push refers to repository [x]"))
    assert not way.feed(Event("1", "Pulling from site"))
    assert way.feed(Event("ab", "Pushing", 512, 61))
    assert way.layers["ab"].share == 1.0, "the engine counts the archive's padding, too"
    assert not way.feed(Event("ab", "Pushing", 1024, 61))
    assert way.feed(Event("ab", "Pushed"))
    assert way.layers["ab"].whole
    assert way.feed(Event("cd", "Waiting"))
    assert way.layers["cd"].share is None
    assert way.feed(Event("cd", "Mounted from other"))
    assert way.layers["cd"].share == 1.0
