"""All that is to be taught is taught, and where it is said to be. Nothing is run for it."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode

from labhelpers.exercises import book
from labhelpers.notebooks import convert
from labhelpers.slides.deck import Slide
from labhelpers.slides.source import Source

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
ITEMS: list[dict[str, Any]] = tomllib.loads((NOTEBOOKS / "coverage.toml").read_text(encoding="utf-8"))["item"]
KEYS = {"number", "teaches", "corrects", "talk", "cheatsheet", "notebooks", "exercises", "told"}
SOURCES = {
    path.stem[:2]: convert.read_source(path.read_text(encoding="utf-8"), stem=path.stem)
    for path in sorted((NOTEBOOKS / "src").glob("[0-9][0-9]_*.py"))
}


def _item(item: dict[str, Any]) -> str:
    return str(item["number"])


@cache
def _slides(name: str) -> list[Slide]:
    return Source(name).slides()


def _taught_in(number: str) -> set[int]:
    """The items that name a cell of this notebook."""
    return {item["number"] for item in ITEMS if any(r[:2] == number for r in item.get("notebooks", []))}


def _cell(reference: str) -> NotebookNode:
    """The one cell that a reference such as "03: !docker ps" means."""
    number, words = reference.split(": ", 1)
    found = [cell for cell in SOURCES[number].cells if words in f"{cell.source}\n"]
    assert len(found) == 1, f"{reference!r} is in {[cell.id for cell in found]}"
    return found[0]


def test_every_item_is_there_once() -> None:
    assert [item["number"] for item in ITEMS] == list(range(1, 97))
    assert len({item["teaches"] for item in ITEMS}) == len(ITEMS)


@pytest.mark.parametrize("item", ITEMS, ids=_item)
def test_an_item_leads_to_slides_cells_and_exercises_that_exist(item: dict[str, Any]) -> None:
    assert set(item) <= KEYS
    assert item.get("talk")
    for name in ("talk", "cheatsheet"):
        if name in item:
            titles = [slide.title for slide in _slides(name)]
            assert [title for title in item[name] if title not in titles] == []
    for one in item.get("exercises", []):
        book.find_exercise(one)
    cells = [_cell(reference) for reference in item.get("notebooks", [])]
    runs = any(cell.cell_type == "code" for cell in cells)
    assert runs != bool(item.get("told")), "either a cell with code shows it, or `told` says why none does"


def test_every_notebook_is_reached_for_what_it_says_that_it_covers() -> None:
    said = {number: set(convert.about(source)["covers"]) for number, source in SOURCES.items()}
    assert {number: _taught_in(number) for number in said} == said


def test_every_exercise_is_reached() -> None:
    named = {one for item in ITEMS for one in item.get("exercises", [])}
    assert {one.id for one in book.exercises()} - named == set()


def test_every_correction_is_listed_with_its_slides() -> None:
    text = (ROOT / "docs/corrections.md").read_text(encoding="utf-8")
    listed: dict[int, set[str]] = {}
    for number, rest in re.findall(r"^## (\d+) · (.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        for part in ("**Often taught:**", "**We teach:**", "**Source:**", "**Slides:**"):
            assert part in rest, f"{part} of {number}"
        slides = rest.split("**Slides:**")[1]
        listed[int(number)] = set(re.findall(r"“(.*?)”", slides))
    assert listed == {item["number"]: {*item["talk"]} for item in ITEMS if item.get("corrects")}


def test_the_slides_with_a_warning_sign_are_those_that_correct_something() -> None:
    warned = {slide.title for slide in _slides("talk") if "⚠" in "".join(slide.html)}
    correcting = [{*item["talk"]} for item in ITEMS if item.get("corrects")]
    assert warned == warned & set.union(*correcting)
    assert [titles for titles in correcting if not titles & warned] == []
