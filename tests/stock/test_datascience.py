"""The image of the data science lesson, without a network: a training twice, notebooks on a schedule."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import jupytext
import pytest

from labhelpers.stock.recipes import BY_NAME

pytestmark = pytest.mark.engine
IMAGE = BY_NAME["datascience"].reference
SOURCE = Path(__file__).parents[2] / "notebooks/src/08_data_science.py"
# Somebody who is not root, on whatever account the tests run.
LEARNER = 4321


def written(name: str) -> str:
    """A file as the notebook writes it."""
    cells = jupytext.reads(SOURCE.read_text(encoding="utf-8"), fmt="py:percent").cells
    head = f"%%writefile work/08/{name}\n"
    return next(cell.source.removeprefix(head) for cell in cells if cell.source.startswith(head))


TRAIN = written("train.py")


@pytest.fixture(scope="module")
def in_container(docker_env: dict[str, str]) -> Callable[..., subprocess.Popen[str]]:
    """Starts a command in a fresh container without a network, with a folder as its /work."""
    subprocess.run(["docker", "pull", "-q", IMAGE], env=docker_env, check=True, capture_output=True)

    def start(folder: Path, *command: str, user: int = 0) -> subprocess.Popen[str]:
        words = [
            "docker",
            "run",
            "--rm",
            "--network",
            "none",
            "-u",
            f"{user}:{user}",
            "-v",
            f"{folder}:/work",
        ]
        return subprocess.Popen(
            [*words, IMAGE, *command],
            env=docker_env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def done(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0, out
    return out


@pytest.fixture(scope="module")
def digests(in_container, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The digests of two trainings each: as in the notebook, and with each of the three faults."""
    chance = TRAIN.replace(", random_state=8", "")
    stamp = TRAIN.replace("dump({", 'dump({"made": str(datetime.now()), ').replace(
        "import sys", "import sys\nfrom datetime import datetime"
    )
    assert len({TRAIN, chance, stamp}) == 3
    newest = 'PIP_FIND_LINKS="/wheelhouse /wheelhouse-newer" pip install -q --upgrade scikit-learn && '
    ways = {"good": (TRAIN, ""), "no seed": (chance, ""), "time": (stamp, ""), "newer": (TRAIN, newest)}
    found = {}
    for name, (code, before) in ways.items():
        folder = tmp_path_factory.mktemp("training")
        (folder / "train.py").write_text(code)
        commands = [f"{before}python train.py {number}.joblib" for number in (1, 2)]
        for running in [in_container(folder, "sh", "-c", command) for command in commands]:
            done(running)
        files = sorted(folder.glob("*.joblib"))
        found[name] = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
        assert len(found[name]) == 2
    return found


def test_two_fresh_containers_give_one_digest(digests: dict[str, list[str]]) -> None:
    assert len(set(digests["good"])) == 1


@pytest.mark.parametrize("fault", ["no seed", "time"])
def test_chance_and_time_give_another_digest_each_time(fault: str, digests: dict[str, list[str]]) -> None:
    assert len({*digests[fault], *digests["good"]}) == 3


def test_a_newer_package_gives_another_digest(digests: dict[str, list[str]]) -> None:
    assert len(set(digests["newer"])) == 1, "the same on each day after the release"
    assert digests["newer"][0] != digests["good"][0]


def test_three_scheduled_notebooks_land_on_the_host_and_belong_to_who_ran_them(
    in_container, tmp_path: Path
) -> None:
    cells = [
        {"cell_type": "code", "source": 'species = "none"', "metadata": {"tags": ["parameters"]}},
        {
            "cell_type": "code",
            "source": "import platform, sklearn\nprint(species, platform.node())",
            "metadata": {},
        },
    ]
    for number, cell in enumerate(cells):
        cell |= {"id": f"cell-{number}", "outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "report.ipynb").write_text(json.dumps(notebook))
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents:
        # pytest's folders are for their owner only.
        if folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    kinds = ["setosa", "versicolor", "virginica"]
    running = [
        in_container(
            tmp_path,
            *("papermill", "--no-progress-bar", "--parameters", "species", kind),
            *("report.ipynb", f"{kind}.ipynb"),
            user=LEARNER,
        )
        for kind in kinds
    ]
    for process in running:
        done(process)
    made_on = set()
    for kind in kinds:
        path = tmp_path / f"{kind}.ipynb"
        assert path.stat().st_uid == LEARNER
        printed = re.search(rf"{kind} ([0-9a-f]{{12}})\\n", path.read_text())
        assert printed, path.read_text()
        made_on.add(printed.group(1))
    assert len(made_on) == 3, "three containers"
    assert "none" in (tmp_path / "report.ipynb").read_text(), "the notebook itself stays as it was"


def test_what_the_notebook_pins_is_what_the_image_has(in_container, tmp_path: Path) -> None:
    text = SOURCE.read_text(encoding="utf-8")
    packages = done(in_container(tmp_path, "pip", "freeze")).splitlines()
    assert "scikit-learn==1.8.0" in text
    assert "scikit-learn==1.8.0" in packages
    flask = re.search(r"flask==[\d.]+", text)
    assert flask
    assert f"flask-{flask.group()[7:]}" in done(in_container(tmp_path, "ls", "/wheelhouse"))
