"""The matrix: its numbers, its words, its picture without scripts, and what its script must not hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import labhelpers
from labhelpers.errors import UsageError
from labhelpers.widgets.matrix import matrix
from labhelpers.widgets.matrix.widget import MACHINES, SOFTWARE

FOLDER = Path(labhelpers.__file__).parent / "widgets" / "matrix"


def test_it_is_the_matrix_of_the_lecture() -> None:
    made = matrix()
    assert (len(SOFTWARE), len(MACHINES)) == (6, 7)
    assert made.integrations == 42
    assert repr(made) == "Without a box: 6 × 7 = 42 integrations, one for each pair."


def test_the_box_turns_multiplying_into_adding() -> None:
    made = matrix(["a", "b"], ["x", "y", "z"])
    made.boxed = True
    assert made.integrations == 5
    assert repr(made) == "With a box: 2 + 3 = 5 integrations, each kind and place once."


def test_without_scripts_it_is_a_table_with_headings() -> None:
    data, _ = matrix(boxed=True)._repr_mimebundle_()
    assert data["text/plain"].startswith("With a box: 6 + 7 = 13")
    html = data["text/html"]
    assert html.count('scope="col"') == 7
    assert html.count('scope="row"') == 6
    assert html.count("<td>✓</td>") == 42
    assert "script" not in html


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_names_are_text(name: str) -> None:
    data, _ = matrix([name], [name])._repr_mimebundle_()
    assert name not in data["text/html"]


@pytest.mark.parametrize(
    ("software", "machines"), [([], ["a"]), (["a"] * 13, ["b"]), ("app", ["a"]), ([1], ["a"])]
)
def test_what_is_no_matrix_is_refused_in_words(software, machines) -> None:
    with pytest.raises(UsageError, match="draw the matrix"):
        matrix(software, machines)


def test_its_script_parses_no_markup_and_asks_nobody() -> None:
    code = re.sub(r"//.*", "", (FOLDER / "matrix.js").read_text())
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "fetch(", "http", "import"):
        assert word not in code, word
