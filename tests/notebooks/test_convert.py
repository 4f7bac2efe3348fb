"""From a source to its notebooks: what goes where, with which ids and digests."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import NotebookNode

from labhelpers.errors import NotebookError
from labhelpers.notebooks import convert

SOURCE = """\
# ---
# jupyter:
#   labhelpers:
#     minutes: 5
# ---

# %% [markdown]
# # A title
# ![a picture](pictures/a.svg) [home](../README.md) [run](solutions/07_x.ipynb) [next](08_y.ipynb)

# %%
# !docker ps --format json

# %% tags=["learner"]
# your work

# %% tags=["solution"]
the_answer = 42

# %% [markdown] tags=["solution"]
# Because the answer is 42.

# %% tags=["volatile"]
# !date

# %% language="sh" tags=["fails"]
# docker ps --format '{{.Names}}'
"""


@pytest.fixture
def source() -> NotebookNode:
    return convert.read_source(SOURCE, stem="07_x")


def test_every_cell_has_an_id_from_its_place_in_the_source(source: NotebookNode) -> None:
    assert [cell.id for cell in source.cells] == [f"07_x-{n:02d}" for n in range(1, 8)]


def test_a_cell_has_the_same_id_in_both_notebooks(source: NotebookNode) -> None:
    learner = {cell.id for cell in convert.learner_notebook(source).cells}
    solution = {cell.id for cell in convert.solution_notebook(source).cells}
    assert learner - solution == {"07_x-03"}
    assert solution - learner == {"07_x-04", "07_x-05"}


def test_the_head_of_the_source_says_what_the_notebook_is(source: NotebookNode) -> None:
    assert convert.about(source) == {"minutes": 5}


def test_shell_lines_are_cells_as_they_are_typed(source: NotebookNode) -> None:
    cells = convert.learner_notebook(source).cells
    assert cells[1].source == "!docker ps --format json"
    assert cells[-1].source == "%%sh\ndocker ps --format '{{.Names}}'"


def test_the_learners_notebook_has_no_solution_and_nothing_of_the_build(source: NotebookNode) -> None:
    text = convert.dump(convert.learner_notebook(source))
    assert "42" not in text
    assert "digest" not in text
    assert "tags" not in text
    assert "your work" in text


def test_the_solution_notebook_has_no_empty_places(source: NotebookNode) -> None:
    text = convert.dump(convert.solution_notebook(source))
    assert "the_answer = 42" in text
    assert "your work" not in text


def test_every_notebook_names_its_kernel_and_no_version(source: NotebookNode) -> None:
    for made in (convert.learner_notebook(source), convert.solution_notebook(source)):
        assert made.metadata.kernelspec == convert.KERNELSPEC
        assert made.metadata.language_info == {"name": "python"}
        nbformat.validate(made)


def test_links_lead_to_the_same_files_from_a_folder_further_down() -> None:
    text = "![a](pictures/a.svg) [b](../README.md) [c](solutions/07_x.ipynb) [d](08_y.ipynb) [e](https://x.y)"
    assert convert.one_folder_down(text) == (
        "![a](../pictures/a.svg) [b](../../README.md) [c](07_x.ipynb) [d](08_y.ipynb) [e](https://x.y)"
    )


def test_volatile_becomes_nbvals_tag(source: NotebookNode) -> None:
    found = {cell.id: convert.tags(cell) for cell in convert.solution_notebook(source).cells}
    assert found["07_x-06"] == {"volatile", "nbval-ignore-output"}
    assert found["07_x-07"] == {"fails"}
    assert found["07_x-02"] == set()


def test_a_digest_covers_the_cell_and_the_code_before_it() -> None:
    def digests(text: str) -> list[str]:
        notebook = convert.solution_notebook(convert.read_source(text, stem="x"))
        return [cell.metadata["labhelpers"]["digest"] for cell in notebook.cells if cell.cell_type == "code"]

    before = digests("# %%\na = 1\n\n# %%\nb = 2\n\n# %%\nc = 3\n")
    after = digests("# %%\na = 1\n\n# %% [markdown]\n# Text.\n\n# %%\nb = 22\n\n# %%\nc = 3\n")
    assert before[0] == after[0]
    assert before[1] != after[1]
    assert before[2] != after[2]


def test_a_misspelt_tag_is_refused() -> None:
    with pytest.raises(NotebookError, match=r"read cell x-01: it has the tag volatil\."):
        convert.read_source('# %% tags=["volatil"]\nprint(1)\n', stem="x")


def test_a_slides_place_is_kept() -> None:
    text = '# %% [markdown] slideshow={"slide_type": "slide"}\n# # One idea\n'
    made = convert.solution_notebook(convert.read_source(text, stem="talk"))
    assert made.cells[0].metadata.slideshow.slide_type == "slide"


def _executed(text: str, output: str, count: int = 1) -> NotebookNode:
    notebook = convert.solution_notebook(convert.read_source(text, stem="x"))
    for cell in notebook.cells:
        cell.execution_count = count
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=output)]
    return notebook


VOLATILE = '# %% tags=["volatile"]\nprint(1)\n'


def test_a_volatile_output_stays_while_its_code_does() -> None:
    fresh, golden = _executed(VOLATILE, "new"), _executed(VOLATILE, "old")
    convert.tidy(fresh, golden)
    assert fresh.cells[0].outputs[0].text == "old"


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (VOLATILE, VOLATILE.replace("1", "2")),  # its code changed
        ("# %%\nprint(1)\n", "# %%\nprint(1)\n"),  # it is compared
    ],
)
def test_any_other_output_is_the_fresh_one(now: str, before: str) -> None:
    fresh, golden = _executed(now, "new"), _executed(before, "old")
    convert.tidy(fresh, golden)
    assert fresh.cells[0].outputs[0].text == "new"


def test_a_widget_leaves_its_text_and_nothing_of_its_kernel() -> None:
    notebook = convert.solution_notebook(convert.read_source("# %%\nx\n\n# %%\ny\n", stem="x"))
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "abc"}}
    new = nbformat.v4.new_output
    notebook.cells[0].outputs = [new("display_data", data={**view, "text/plain": "A panel"})]
    notebook.cells[1].outputs = [new("display_data", data=dict(view))]
    notebook.metadata["widgets"] = {"state": {}}
    notebook.cells[0].metadata["execution"] = {"iopub.status.busy": "now"}
    convert.tidy(notebook, None)
    assert notebook.cells[0].outputs[0].data == {"text/plain": "A panel"}
    assert notebook.cells[1].outputs == []
    assert "widgets" not in notebook.metadata
    assert "execution" not in notebook.cells[0].metadata


def test_without_executing_outputs_of_unchanged_cells_are_carried_over() -> None:
    text = "# %%\na = 1\n\n# %%\nb = 2\n"
    golden = _executed(text, "out")
    fresh = convert.solution_notebook(convert.read_source(text, stem="x"))
    assert convert.carry_over(fresh, golden) == []
    assert fresh.cells[1].outputs[0].text == "out"
    changed = convert.solution_notebook(convert.read_source(text.replace("b = 2", "b = 3"), stem="x"))
    assert convert.carry_over(changed, golden) == ["x-02"]
