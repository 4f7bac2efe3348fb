"""Mascots and the simulated teammate: what it ships is real, and what others shipped stays as it is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from labhelpers import mascot, teammate, withdraw
from labhelpers.engine import Engine
from labhelpers.errors import UsageError
from labhelpers.registry.server import ClassRegistry
from labhelpers.widgets.teammate import repository
from labhelpers.widgets.teammate.mascot import NAMES

SITE = "localhost:5005/lab/site:1.0"


@pytest.mark.parametrize("name", NAMES)
def test_a_mascot_is_a_drawing_with_words_on_a_page_with_two_blanks(name: str, tmp_path: Path) -> None:
    drawn = mascot(name).write(tmp_path / "new" / "page.html")
    assert name in (ElementTree.fromstring(drawn.drawing).get("aria-label") or "")
    page = (tmp_path / "new" / "page.html").read_text()
    assert drawn.drawing in page
    assert (page.count("@BUILDER@"), page.count("@AUTHOR@"), page.count("@")) == (1, 1, 4)


def test_what_is_no_mascot_or_no_place_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such mascot"):
        mascot("../Dockerfile")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"write the page .*file"):
        mascot("crab").write(tmp_path / "file" / "page.html")


@pytest.mark.parametrize("name", ["", "Ada", "a/b", "a b", "../lab/site", "a--b", "-a", "a" * 41, None, "é"])
def test_what_is_no_pseudonym_is_refused_before_anything_is_done(name: str) -> None:
    for call in (repository, teammate, withdraw):
        with pytest.raises(UsageError, match="small letters"):
            call(name)


@pytest.mark.engine
@pytest.mark.notebook("09")
class TestTeammate:
    @pytest.fixture(autouse=True)
    def _alone(self, engine: Engine) -> Iterator[None]:
        withdraw("test-robin", engine=engine)
        yield
        withdraw("test-robin", engine=engine)

    def test_it_ships_an_image_and_keeps_none(
        self, engine: Engine, class_registry: ClassRegistry, docker_env: dict[str, str]
    ) -> None:
        shipped = teammate("test-robin", engine=engine)
        assert shipped.reference == "localhost:5005/class/test-robin-09:1.0"
        here = ["docker", "image", "inspect", shipped.reference]
        assert subprocess.run(here, env=docker_env, capture_output=True).returncode == 1
        page = ["docker", "run", "--rm", shipped.reference, "cat", "/srv/template.html"]
        try:
            said = subprocess.run(page, env=docker_env, capture_output=True, text=True, check=True).stdout
        finally:
            subprocess.run(["docker", "image", "rm", "-f", shipped.reference], env=docker_env, check=True)
        assert "<p>Built by: test-robin</p>" in said
        assert "<h1>Mascot: " in said
        assert "docker push" in shipped._repr_html_()
        assert teammate("test-robin", engine=engine).reference == shipped.reference, "it can be run twice"
        assert withdraw("test-robin", engine=engine) == "Withdrawn: class/test-robin-09."
        assert class_registry.api.tags("class/test-robin-09") == []
        assert withdraw("test-robin", engine=engine) == "Nothing was there to withdraw."

    def test_what_a_real_one_shipped_stays(
        self, engine: Engine, class_registry: ClassRegistry, docker_env: dict[str, str]
    ) -> None:
        name = "localhost:5005/class/test-robin-09:1.0"
        commands = (
            f"docker pull -q {SITE}; docker tag {SITE} {name}; docker push -q {name}; docker rmi {name}"
        )
        subprocess.run(["sh", "-ec", commands], env=docker_env, check=True, capture_output=True)
        before = class_registry.api.image("class/test-robin-09", "1.0")
        with pytest.raises(UsageError, match="already"):
            teammate("test-robin", engine=engine)
        assert class_registry.api.image("class/test-robin-09", "1.0") == before
