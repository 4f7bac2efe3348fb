"""What a Compose file says, what its services do, and the picture of both: without an engine."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from labhelpers.compose import Model, Picture, Service, State
from labhelpers.compose.model import Mount, Port, read_model, read_states

WEB = Service(
    "web",
    built="counter",
    networks=("back", "front"),
    ports=(Port("8307", 5000, "127.0.0.1"),),
    needs=(("redis", "service_healthy"),),
)
REDIS = Service(
    "redis",
    image="lab/redis:7",
    checked=True,
    restart="always",
    networks=("back",),
    mounts=(Mount("volume", "visits", "/data"),),
)
MODEL = Model("counter-07", (WEB, REDIS), ("back", "front"), ("visits",))
STATES = [
    State("redis", "counter-07-redis-1", "exited", exit_code=137),
    State("web", "counter-07-web-1", "running"),
]


def config(**services: object) -> str:
    """An answer of `docker compose config --format json`."""
    return json.dumps({"name": "p-07", "services": services, "networks": {"default": {}}})


def test_a_service_is_read_whole() -> None:
    said = {
        "build": {"context": "/somewhere/counter"},
        "depends_on": {"redis": {"condition": "service_healthy"}},
        "deploy": {"replicas": 3},
        "healthcheck": {"test": ["CMD", "true"]},
        "networks": {"default": None},
        "ports": [{"host_ip": "127.0.0.1", "target": 5000, "published": "8307"}, {"target": 80}],
        "restart": "always",
        "volumes": [
            {"type": "volume", "source": "visits", "target": "/data"},
            {"type": "bind", "source": "/somewhere/proxy.py", "target": "/proxy.py"},
        ],
    }
    model = read_model(config(web=said, redis={"image": "redis"}))
    assert model.services[0] == Service(
        "web",
        built="counter",
        copies=3,
        restart="always",
        checked=True,
        networks=("default",),
        mounts=(Mount("volume", "visits", "/data"), Mount("bind", "proxy.py", "/proxy.py")),
        ports=(Port("8307", 5000, "127.0.0.1"), Port("", 80)),
        needs=(("redis", "service_healthy"),),
    )
    assert (model.name, model.networks, model.volumes) == ("p-07", ("default",), ())


def test_a_health_check_that_is_switched_off_is_none() -> None:
    off = {"image": "x", "healthcheck": {"test": ["CMD", "true"], "disable": True}}
    assert not read_model(config(web=off)).services[0].checked


def test_who_is_needed_stands_below() -> None:
    def needs(*others: str) -> object:
        return {"image": "x", "depends_on": {other: {"condition": "service_started"} for other in others}}

    model = read_model(config(a=needs(), b=needs("a"), c=needs("b", "a"), d=needs()))
    assert [service.name for service in model.services] == ["c", "d", "b", "a"]


def test_states_of_older_and_newer_versions_of_compose() -> None:
    rows = [
        {"Service": "web", "Name": "p-web-1", "State": "running", "Health": "", "ExitCode": 0},
        {"Service": "redis", "Name": "p-redis-1", "State": "exited", "ExitCode": 137},
    ]
    newer = "\n".join(map(json.dumps, rows)) + "\n"
    expected = [State("redis", "p-redis-1", "exited", "", 137), State("web", "p-web-1", "running")]
    assert read_states(newer) == read_states(json.dumps(rows)) == expected
    assert read_states("") == read_states("[]") == []


@pytest.mark.parametrize(
    ("state", "words", "well"),
    [
        (State("x", "x", "running"), "running", True),
        (State("x", "x", "running", "healthy"), "running, healthy", True),
        (State("x", "x", "running", "starting"), "running, starting", False),
        (State("x", "x", "running", "unhealthy"), "running, unhealthy", False),
        (State("x", "x", "exited", "unhealthy", 3), "exited with code 3", False),
        (State("x", "x", "created"), "created", False),
    ],
)
def test_a_state_in_words(state: State, words: str, well: bool) -> None:
    assert (state.words, state.well) == (words, well)


def test_the_picture_in_words() -> None:
    assert repr(Picture(MODEL, STATES, "")).splitlines() == [
        "counter-07: 2 services, 2 networks, 1 volume",
        "- web: running; built from counter; 127.0.0.1:8307 leads to its port 5000; "
        "starts when redis is healthy",
        "- redis: exited with code 137; image lab/redis:7; /data is the volume visits; restart: always",
        "- network back: web, redis",
        "- network front: web",
        "- volume visits: redis",
    ]


def test_copies_are_counted_by_their_state() -> None:
    states = [State("web", f"web-{n}", "running" if n < 3 else "created") for n in (1, 2, 3)]
    assert "- web: 3 copies: 2 running, 1 created; " in repr(Picture(MODEL, states, ""))


@pytest.mark.parametrize("dark", [False, True])
def test_the_drawing_shows_what_the_words_say(dark: bool) -> None:
    root = ElementTree.fromstring(Picture(MODEL, STATES, "").svg(dark=dark))
    svg = "{http://www.w3.org/2000/svg}"
    shown = " | ".join(text.text or "" for text in root.iter(f"{svg}text"))
    for said in (
        *("web", "running", "built from counter", "after redis is healthy", "127.0.0.1:8307", "5000"),
        *("redis", "exited with code 137", "restart: always", "volume: visits", "/data", "back", "front"),
    ):
        assert said in shown
    # A dot where a service is on a network: web on two, redis on one.
    assert len(list(root.iter(f"{svg}circle"))) == 3
    kinds = {
        text for rect in root.iter(f"{svg}rect") if (text := rect.get("class")) in ("good", "bad", "some")
    }
    assert kinds == {"good", "bad"}
    assert root.get("role") == "img"
    assert root.get("aria-labelledby", "").split() == [root[0].get("id"), root[1].get("id")]
    assert "redis: exited with code 137" in (root[1].text or "")


def test_no_text_leaves_the_card() -> None:
    long = replace(
        WEB, name="a-service-with-a-very-long-name", image="registry.example/" + "x" * 80, built=""
    )
    model = Model("p-07", (long,), tuple(f"network-{n}" for n in range(8)), ())
    root = ElementTree.fromstring(Picture(model, [], "").svg())
    width = float(root.get("viewBox", "").split()[2])
    rails = [float(dot.get("cx", 0)) for dot in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert all(x < width for x in rails)
    assert max(len(text.text or "") for text in root.iter("{http://www.w3.org/2000/svg}text")) <= 36


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a & b"])
def test_names_are_text(name: str) -> None:
    service = replace(
        WEB, name=name, image=name, built="", networks=(name,), mounts=(Mount("volume", name, name),)
    )
    html = Picture(Model(name, (service,), (name,), (name,)), [State(name, name, name)], name)._repr_html_()
    assert name not in html
    data = re.search(r"data:image/svg\+xml;base64,([^\"]+)", html)
    assert data is not None
    ElementTree.fromstring(base64.b64decode(data.group(1)))


def test_the_same_project_gives_the_same_html() -> None:
    # Notebooks compare it.
    assert Picture(MODEL, STATES, "x")._repr_html_() == Picture(MODEL, STATES, "x")._repr_html_()
