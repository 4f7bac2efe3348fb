"""The talk as slides: it fits its time, and a source that changed since it was executed is noticed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest

from labhelpers.errors import NotebookError, UsageError
from labhelpers.notebooks import NOTEBOOKS
from labhelpers.slides.committed import committed
from labhelpers.slides.deck import slides, with_pictures
from labhelpers.slides.source import Source


def test_it_is_at_most_sixty_slides_and_forty_five_minutes() -> None:
    made = Source("talk").slides()
    assert len(made) <= 60
    assert sum(slide.seconds for slide in made) == 45 * 60
    assert all(slide.notes for slide in made)
    titles = [slide.title for slide in made]
    assert len(set(titles)) == len(titles)


def test_it_says_how_long_the_notebooks_take() -> None:
    """As the table in the first notebook does, which is held to the notebooks themselves."""
    table = (NOTEBOOKS / "src/00_start_here.py").read_text(encoding="utf-8")
    minutes = dict(re.findall(r"^# \| (\d\d) \|.*\| (\d+) \|$", table, re.MULTILINE))
    plan = Source("talk").text.read_text(encoding="utf-8").split("# ## Your turn")[1]
    said: dict[str, str] = {}
    for times, names in re.findall(r"^# \| (\d[\d ·]*) \| (.*) \|$", plan, re.MULTILINE):
        said |= zip(re.findall(r"\*\*(\d\d)\*\*", names), times.split(" · "), strict=True)
    assert said == {number: minutes[number] for number in ("00", "02", "03", "04", "05", "06", "07", "09")}


def test_slides_that_are_not_there_are_named() -> None:
    with pytest.raises(UsageError, match=r"There are: .*talk"):
        Source("walk").check()


def test_code_that_changed_since_it_was_executed_is_noticed(tmp_path: Path) -> None:
    for folder in ("src", "slides", "pictures"):
        shutil.copytree(NOTEBOOKS / folder, tmp_path / folder)
    source = Source("talk", tmp_path)
    before = source.stamp()
    source.text.write_text(source.text.read_text().replace("docker stop web-talk", "docker kill web-talk"))
    assert source.stamp() != before
    with pytest.raises(NotebookError, match="changed since it was last executed"):
        source.slides()
    assert len(source.slides(strict=False)) == len(Source("talk").slides())


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ([("slide", "no heading")], "without a heading"),
        ([("notes", "(1:00) x")], "before the first slide"),
        ([("slide", "# A"), ("notes", "no time")], "no time"),
        ([("slide", "# A"), ("notes", "(1:00) x"), ("slide", "# B")], "no time"),
    ],
)
def test_what_is_no_slide_is_said(cells: list[tuple[str, str]], why: str) -> None:
    made = [
        nbformat.v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": kind}})
        for kind, text in cells
    ]
    with pytest.raises(NotebookError, match=why):
        slides(nbformat.v4.new_notebook(cells=made), folder=Path())


def test_slides_without_any_notes_need_no_time() -> None:
    cell = nbformat.v4.new_markdown_cell("## A", metadata={"slideshow": {"slide_type": "slide"}})
    (made,) = slides(nbformat.v4.new_notebook(cells=[cell]), folder=Path())
    assert (made.title, made.seconds) == ("A", 0)


def test_measured_figures_are_those_of_the_notebook() -> None:
    code = "figure(measured)"
    solution = nbformat.read(NOTEBOOKS / "solutions/02_vm_vs_container.ipynb", as_version=4)
    (measured,) = [cell for cell in solution.cells if cell.source == code]
    words = measured.outputs[0]["data"]["text/plain"]
    assert str(committed("02_vm_vs_container", code)) == words
    talk = nbformat.read(Source("talk").executed, as_version=4)
    (shown,) = [cell for cell in talk.cells if code in cell.source]
    assert shown.outputs[-1]["data"]["text/plain"] == words


@pytest.mark.parametrize(
    ("notebook", "code", "why"),
    [
        ("02_machines", "x", "no such notebook"),
        ("02_vm_vs_container", "figure()", "no such cell"),
    ],
)
def test_figures_that_are_not_there_are_said(notebook: str, code: str, why: str) -> None:
    with pytest.raises(NotebookError, match=why):
        committed(notebook, code)


def test_a_picture_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"gone\.svg"):
        with_pictures('<img src="gone.svg">', tmp_path)
