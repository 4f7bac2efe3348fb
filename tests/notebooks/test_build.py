"""notebooks/build.py: the command, on small sources of its own. Kernels run, no engine is needed."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import nbformat
import pytest

SMALL = """\
# %% [markdown]
# # Small

# %%
print("always the same")

# %% tags=["volatile"]
import time
print(time.monotonic_ns())

# %% tags=["fails"]
# !echo "as it should" && false

# %% tags=["learner"]
# your work

# %% tags=["solution"]
# !echo the solution
"""


@pytest.fixture
def run(build: ModuleType, tmp_path: Path):
    """Build in a folder of its own: run("--check") …"""
    (tmp_path / "src").mkdir()

    def call(*argv: str) -> int:
        return build.main(list(argv), root=tmp_path, prepare=lambda: None)

    return call


def _write(root: Path, text: str, name: str = "07_small") -> None:
    (root / "src" / f"{name}.py").write_text(text, encoding="utf-8")


def _bytes(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*.ipynb"))}


def test_two_builds_give_the_same_bytes_though_everything_was_executed(run, tmp_path: Path) -> None:
    _write(tmp_path, SMALL)
    assert run() == 0
    first = _bytes(tmp_path)
    assert [*first] == ["07_small.ipynb", "solutions/07_small.ipynb"]
    assert run() == 0
    assert _bytes(tmp_path) == first
    assert run("--check") == 0
    assert run("--check", "--no-execute") == 0


def test_the_outputs_are_those_of_a_run(run, tmp_path: Path) -> None:
    _write(tmp_path, SMALL)
    run()
    notebook = nbformat.read(tmp_path / "solutions/07_small.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4]
    assert code[0].outputs[0].text == "always the same\n"
    assert code[3].outputs[0].text.strip() == "the solution"


def test_changed_code_before_a_volatile_cell_gives_it_a_fresh_output(run, tmp_path: Path) -> None:
    def volatile() -> str:
        notebook = nbformat.read(tmp_path / "solutions/07_small.ipynb", as_version=4)
        return (
            next(cell for cell in notebook.cells if "volatile" in cell.metadata.get("tags", []))
            .outputs[0]
            .text
        )

    _write(tmp_path, SMALL)
    run()
    old = volatile()
    _write(tmp_path, SMALL.replace("# # Small", "# # Small, with another text"))
    run()
    assert volatile() == old
    _write(tmp_path, SMALL.replace("always", "nearly always"))
    run()
    assert volatile() != old


def test_check_shows_what_differs_and_writes_nothing(run, tmp_path: Path, capsys) -> None:
    _write(tmp_path, SMALL)
    run()
    before = _bytes(tmp_path)
    _write(tmp_path, SMALL.replace("always the same", "another line"))
    capsys.readouterr()
    assert run("--check") == 1
    out = capsys.readouterr().out
    assert '-print("always the same")' in out
    assert '+print("another line")' in out
    assert "07_small-02" in out
    assert _bytes(tmp_path) == before


def test_check_without_executing_says_that_code_changed(run, tmp_path: Path, capsys) -> None:
    _write(tmp_path, SMALL)
    run()
    _write(tmp_path, SMALL.replace("always the same", "another line"))
    assert run("--check", "--no-execute") == 1
    assert "the first is 07_small-02" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("# !echo trouble ahead; exit 3", "exit status 3"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ('# %% tags=["fails"]\n# !true', "its command succeeded"),
        ("import os; os._exit(1)", "the kernel died"),
    ],
)
def test_a_failing_cell_is_named_with_its_command_and_no_traceback(
    run, tmp_path: Path, capsys, cell: str, why: str
) -> None:
    _write(
        tmp_path,
        f"# %% [markdown]\n# # Small\n\n# %%\nprint(1)\n\n{'' if '%%' in cell else '# %%'}\n{cell}\n",
    )
    assert run() == 1
    err = capsys.readouterr().err
    assert "07_small-03 of notebook 07_small" in err
    assert why in err
    assert cell.split("\n")[-1].removeprefix("# ") in err
    assert "nbclient" not in err
    assert not (tmp_path / "solutions/07_small.ipynb").exists()


def test_the_end_of_the_output_is_shown(run, tmp_path: Path, capsys) -> None:
    _write(tmp_path, "# %%\n# !echo trouble ahead; exit 3\n")
    run()
    assert "    trouble ahead" in capsys.readouterr().err


def test_one_bad_notebook_does_not_keep_the_others_from_being_built(run, tmp_path: Path) -> None:
    _write(tmp_path, "# %%\n1 / 0\n", name="01_bad")
    _write(tmp_path, SMALL, name="02_good")
    assert run() == 1
    assert (tmp_path / "solutions/02_good.ipynb").exists()


def test_progress_names_the_notebook_and_the_cell_of_how_many(run, tmp_path: Path, capsys) -> None:
    _write(tmp_path, SMALL)
    run()
    err = capsys.readouterr().err
    assert "07_small  cell  1 of 4" in err
    assert "07_small: written: 07_small.ipynb, solutions/07_small.ipynb" in err


def test_a_name_chooses_and_an_unknown_one_is_wrong_use(run, tmp_path: Path, capsys) -> None:
    _write(tmp_path, SMALL)
    _write(tmp_path, SMALL, name="08_other")
    assert run("08") == 0
    assert not (tmp_path / "07_small.ipynb").exists()
    assert run("09") == 2
    assert "07_small, 08_other" in capsys.readouterr().err


def test_a_source_without_a_number_is_slides(run, tmp_path: Path) -> None:
    _write(
        tmp_path, '# %% [markdown] slideshow={"slide_type": "slide"}\n# # Hello\n\n# %%\nprint(1)\n', "talk"
    )
    assert run() == 0
    assert [*_bytes(tmp_path)] == ["slides/talk.ipynb"]


def test_without_an_engine_there_is_one_message(
    build: ModuleType, tmp_path: Path, capsys, monkeypatch
) -> None:
    (tmp_path / "src").mkdir()
    _write(tmp_path, SMALL)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    assert build.main([], root=tmp_path) == 1
    err = capsys.readouterr().err
    assert err.startswith("build: Could not ")
    assert "Traceback" not in err
