"""The panels: the same in words and in HTML, with names that are text and never markup."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pytest

import labhelpers
from labhelpers.doctor import Check
from labhelpers.errors import ProcessError
from labhelpers.widgets.doctor import DoctorPanel
from labhelpers.widgets.life_cycle import LifeCycle, life_cycle
from labhelpers.widgets.look import panel

GOOD = Check("engine", True, "Docker 29.0", "never shown")
ABSENT = Check("hub", None, "no network", "Nothing is needed.")
BAD = Check("registry", False, "no answer at localhost:5005", "Run ./lab up.")


def test_ready_when_nothing_that_is_needed_is_missing() -> None:
    assert DoctorPanel([GOOD, ABSENT]).ready
    assert not DoctorPanel([GOOD, ABSENT, BAD]).ready
    assert DoctorPanel([GOOD, ABSENT, BAD]).needs_you == ["registry"]


def test_the_verdict_is_one_sentence() -> None:
    assert DoctorPanel([GOOD]).verdict == "Everything that the workshop needs is here."
    assert DoctorPanel([BAD]).verdict == "One thing needs you: registry."
    assert DoctorPanel([BAD, BAD]).verdict == "2 things need you: registry, registry."


def test_as_text_each_line_has_a_sign_and_a_word() -> None:
    assert repr(DoctorPanel([GOOD, ABSENT, BAD])).splitlines() == [
        "One thing needs you: registry.",
        "✓ works      engine: Docker 29.0",
        "– optional   hub: no network",
        "             what to do: Nothing is needed.",
        "✗ needs you  registry: no answer at localhost:5005",
        "             what to do: Run ./lab up.",
    ]


def test_as_html_it_says_the_same_in_a_table_with_headings() -> None:
    html = DoctorPanel([GOOD, ABSENT, BAD])._repr_html_()
    for said in (
        "works",
        "optional",
        "needs you",
        "engine",
        "no network",
        "Run ./lab up.",
        "One thing needs",
    ):
        assert said in html
    assert html.count('scope="row"') == 3
    assert html.count('scope="col"') == 3
    assert "never shown" not in html
    # Every colour of the theme has one to fall back on.
    assert not re.findall(r"var\(--[\w-]+\)", html)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a & b"])
def test_names_are_text(name: str) -> None:
    for html in (
        DoctorPanel([Check(name, False, name, name)])._repr_html_(),
        LifeCycle(name, state="running")._repr_html_(),
    ):
        assert name not in html


def test_paths_are_short() -> None:
    root = labhelpers.__file__.rsplit("/labhelpers/", 1)[0]
    found = DoctorPanel([Check("python", True, f"3.11 at {root}/.venv/bin/python")])
    assert "3.11 at .venv/bin/python" in repr(found)
    assert root not in found._repr_html_()


def test_a_containers_place_is_asked_of_docker() -> None:
    asked = []

    def run(argv, **_):
        asked.append(argv)
        return "exited 137\n"

    found = life_cycle("web-03", run=run)
    assert asked[0][:3] == ["docker", "container", "inspect"]
    assert asked[0][-1] == "web-03"
    assert repr(found) == (
        "web-03: exited with exit code 137. From here: docker start runs it again, with its files; "
        "docker rm removes it."
    )


def test_a_running_container_has_no_exit_code() -> None:
    assert life_cycle("x", run=lambda *_, **__: "running 0").exit_code is None


def test_a_container_that_is_not_there_was_removed() -> None:
    def run(argv, **_):
        raise ProcessError(
            "look", "it failed", "", argv=tuple(argv), status=1, log="Error: No such container: x"
        )

    assert repr(life_cycle("x", run=run)).startswith("x: there is no such container.")


def test_any_other_failure_is_not_hidden() -> None:
    def run(argv, **_):
        raise ProcessError("look", "no daemon", "", argv=tuple(argv), status=1, log="Cannot connect")

    with pytest.raises(ProcessError):
        life_cycle("x", run=run)


@pytest.mark.parametrize("state", ["created", "running", "paused", "exited"])
def test_the_picture_marks_the_state_and_stays_a_picture(state: str) -> None:
    html = LifeCycle("x", state=state)._repr_html_()
    data = re.search(r"data:image/svg\+xml;base64,([^\"]+)", html)
    assert data is not None
    svg = base64.b64decode(data.group(1)).decode()
    assert f"#state-{state} rect" in svg
    assert any(part.get("id") == f"state-{state}" for part in ElementTree.fromstring(svg).iter())
    assert f"marked: {state}" in html


def test_a_heading_shows_its_code_as_code_and_is_read_without_marks() -> None:
    html = panel("What does `docker run <NAME>` do?", "", state=("●", "predicted", "plain"))
    assert "What does <code>docker run &lt;NAME&gt;</code> do?</h3>" in html
    assert 'aria-label="predicted: What does docker run &lt;NAME&gt; do?"' in html
