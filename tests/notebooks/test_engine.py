"""The notebooks on a real engine: the solutions' outputs compared, the learner's run from top to bottom."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from labhelpers.notebooks.convert import KERNELSPEC
from labhelpers.notebooks.execute import execute

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
EXECUTED = sorted([*NOTEBOOKS.glob("solutions/*.ipynb"), *NOTEBOOKS.glob("slides/*.ipynb")])
# The learner's run of 00 and 03 is the one of tests/browser/test_workshop.py. Those of the longer notebooks
# take minutes, and are run before a release: ./lab test --long
_IN_A_BROWSER, _LONG = ("00", "03"), ("02", "04", "05", "06", "07", "08", "10")
LEARNED = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.long] if path.stem[:2] in _LONG else [])
    for path in sorted(NOTEBOOKS.glob("*.ipynb"))
    if path.stem[:2] not in _IN_A_BROWSER
]
_CELL_TIMEOUT = 120  # seconds; nbval's own default is more than half an hour


def nbval(path: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a notebook with nbval, its outputs compared, in a process and with a progress of its own."""
    with tempfile.TemporaryDirectory() as aside:
        return _nbval(path, {**env, "LABHELPERS_PROGRESS": f"{aside}/progress.json"})


def _nbval(path: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", str(path)),
            f"--nbval-cell-timeout={_CELL_TIMEOUT}",
            f"--nbval-sanitize-with={NOTEBOOKS / 'sanitize.cfg'}",
            # What it does not need takes longer to load than some notebooks to run.
            *(f"-pno:{name}" for name in ("cacheprovider", "hypothesispytest", "xdist", "anyio")),
            *("--color=no", "-q", "--tb=short", "--timeout=0"),
        ],
        cwd=NOTEBOOKS.parent,
        env=env,
        capture_output=True,
        text=True,
        timeout=560,
    )


@pytest.mark.engine
@pytest.mark.parametrize("path", LEARNED)
def test_a_learners_run_reaches_its_end(
    path: Path, docker_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook, its blanks untouched, up to its foot; what it leaves, the next test begins with."""
    for name, value in docker_env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LAB_RUNS", "1")  # what a learner measures is compared with nothing
    execute(_without_its_foot(path), name=path.stem, folder=tmp_path, told=lambda *_: None)


@pytest.mark.engine
@pytest.mark.parametrize("path", EXECUTED, ids=lambda path: path.stem)
def test_the_outputs_are_those_that_are_committed(path: Path, docker_env: dict[str, str]) -> None:
    """The solution, by nbval, on what an earlier run left; nothing of it stays behind."""
    done = nbval(path, docker_env)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-1000:]
    cells = nbformat.read(path, as_version=4).cells
    assert f"{sum(cell.cell_type == 'code' for cell in cells)} passed" in done.stdout
    assert _left(path.stem[:2], docker_env) == ""


def _without_its_foot(path: Path) -> NotebookNode:
    """A learner's notebook without the cells that clean up."""
    solution = nbformat.read(NOTEBOOKS / "solutions" / path.name, as_version=4)
    tags = {cell.id: cell.metadata.get("tags", []) for cell in solution.cells}
    learner = nbformat.read(path, as_version=4)
    foot = next(i for i, cell in enumerate(learner.cells) if "## Clean up this notebook" in cell.source)
    del learner.cells[foot:]
    for cell in learner.cells:
        # The learner's notebook has no tags: a command that is meant to fail is known by its solution.
        cell.metadata["tags"] = [tag for tag in tags.get(cell.id, []) if tag == "fails"]
    return learner


def test_another_output_would_be_noticed(tmp_path: Path) -> None:
    cell = nbformat.v4.new_code_cell("print('as it is')", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="as it was\n")]
    made = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": KERNELSPEC})
    nbformat.write(made, tmp_path / "stale.ipynb")
    done = nbval(tmp_path / "stale.ipynb", {**os.environ})
    assert done.returncode == 1
    assert "as it was" in done.stdout


@pytest.mark.engine
@pytest.mark.notebook("06")
def test_a_rebuild_gives_the_same_bytes(docker_env: dict[str, str]) -> None:
    """One is enough: how a notebook is built is the same for all; their outputs are compared above."""
    done = subprocess.run(
        [sys.executable, str(NOTEBOOKS / "build.py"), "06", "--check"],
        env=docker_env,
        capture_output=True,
        text=True,
        timeout=560,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]


def _left(number: str, env: dict[str, str]) -> str:
    """The names of what a notebook left behind."""
    which = ["--filter", "label=org.labhelpers.workshop", "--filter", f"name=-{number}$"]
    listed = [["ps", "--all", "--format", "{{.Names}}"], ["network", "ls", "-q"], ["volume", "ls", "-q"]]
    return "".join(
        subprocess.run(["docker", *what, *which], env=env, capture_output=True, text=True, check=True).stdout
        for what in listed
    )
