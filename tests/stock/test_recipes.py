from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from labhelpers.stock import recipes
from labhelpers.stock.base import disk_full
from labhelpers.stock.recipes import BY_NAME, RECIPES, Recipe


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the recipes, to be changed."""
    copy = tmp_path / "images"
    shutil.copytree(recipes._FOLDER, copy)
    monkeypatch.setattr(recipes, "_FOLDER", copy)
    return copy


def digests() -> dict[str, str]:
    return {recipe.name: recipe.digest() for recipe in RECIPES}


def changed(before: dict[str, str]) -> set[str]:
    return {name for name, digest in digests().items() if before[name] != digest}


def test_a_digest_stays_while_nothing_changes(folder: Path) -> None:
    before = digests()
    assert changed(before) == set()
    assert len(set(before.values())) == len(RECIPES)


def test_a_changed_file_changes_its_image_and_what_builds_on_it(folder: Path) -> None:
    before = digests()
    (folder / "busybox/Dockerfile").write_text("FROM scratch\n")
    assert changed(before) == {"busybox", "site", "vm"}


@pytest.mark.parametrize("file", ["index.html", "serve", "whoami"])
def test_every_file_counts(file: str, folder: Path) -> None:
    before = digests()
    (folder / "site" / file).write_text("other")
    assert changed(before) == {"site"}


def test_the_mode_of_a_file_counts(folder: Path) -> None:
    before = digests()
    (folder / "site/index.html").chmod(0o755)
    assert changed(before) == {"site"}


def test_a_new_name_counts(folder: Path) -> None:
    before = digests()
    (folder / "site/index.html").rename(folder / "site/page.html")
    assert changed(before) == {"site"}


def test_the_way_of_building_counts_for_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digests()
    monkeypatch.setattr(recipes, "_GENERATION", "other")
    assert changed(before) == set(before)


def test_every_recipe_comes_after_what_it_needs() -> None:
    seen: set[str] = set()
    for recipe in RECIPES:
        assert {needed for _, needed in recipe.needs} <= seen
        seen.add(recipe.name)


def test_no_image_has_an_official_name() -> None:
    for recipe in RECIPES:
        assert recipe.reference.startswith("localhost:")
        assert "/lab/" in recipe.reference
    assert BY_NAME["python"] == Recipe("python", "3.11")


@pytest.mark.parametrize(
    ("log", "full"),
    [
        ("write /x: no space left on device", True),
        ("E: Write error - write (28: No space left on device)", True),
        ("Disk quota exceeded", True),
        ("connection refused", False),
    ],
)
def test_a_full_disk_is_known_by_its_words(log: str, full: bool) -> None:
    assert disk_full(log) is full
