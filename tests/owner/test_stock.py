"""Recipes that change: what is built again, in a room without any network."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from rooms import Room
from support import ROOT

from labhelpers.stock import RECIPES

pytestmark = [pytest.mark.owner, pytest.mark.engine]
# A proxy that nobody answers: whoever asks it for an address of this machine would fail.
DEAD = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
SET_UP = """
import sys
from contextlib import contextmanager
from pathlib import Path
from labhelpers.places import places
from labhelpers.telling import Quiet
from labhelpers.stock import recipes
from labhelpers.workshop import set_up

recipes._FOLDER = Path(sys.argv[1])

class Titles(Quiet):
    @contextmanager
    def task(self, title, *, unit="bytes"):
        print(title)
        with super().task(title) as task:
            yield task

set_up(places(), Titles())
"""


def set_up(room: Room, recipes: Path) -> list[str]:
    """Set the workshop up with these recipes, and return the titles of what was done."""
    return room.run(sys.executable, "-c", SET_UP, recipes, **DEAD).stdout.splitlines()


def created(room: Room) -> dict[str, str]:
    """When each image that the class registry holds was made."""
    found = {}
    for name in ("busybox:1", "site:1.0"):
        reference = f"localhost:5005/lab/{name}"
        room.docker("pull", "-q", reference)
        found[name] = room.docker("inspect", "-f", "{{.Id}}", reference)
    return found


def test_only_what_changed_is_built_again(furnished: Room, tmp_path: Path) -> None:
    original = ROOT / "labhelpers/stock/images"
    set_up(furnished, original)
    assert set_up(furnished, original) == [], "what is there is left alone, and nothing is fetched"
    before = created(furnished)

    changed = tmp_path / "images"
    shutil.copytree(original, changed)
    page = changed / "site/index.html"
    page.write_text(page.read_text().replace("Hello from a container", "Hello again"))
    try:
        titles = set_up(furnished, changed)
        assert titles == [
            f"Building image 4 of {len(RECIPES)}: site",
            "Storing localhost:5005/lab/site:1.0",
        ]
        after = created(furnished)
        assert after["busybox:1"] == before["busybox:1"]
        assert after["site:1.0"] != before["site:1.0"]
        text = furnished.docker("run", "--rm", "localhost:5005/lab/site:1.0", "cat", "/srv/template.html")
        assert "Hello again" in text
        assert set_up(furnished, changed) == []
    finally:
        set_up(furnished, original)
