"""The learner's copies: they follow the checkout until the learner writes into them, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from labhelpers.notebooks.working import bring


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for name in ("03_containers.ipynb", "pictures/a.svg", "solutions/03_containers.ipynb", "build.py"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"first {name}")
    return folder


def test_what_learners_need_is_copied_and_nothing_else(source: Path, tmp_path: Path) -> None:
    assert bring(source, tmp_path / "mine") == []
    copied = {
        p.relative_to(tmp_path / "mine").as_posix() for p in (tmp_path / "mine").rglob("*") if p.is_file()
    }
    assert copied - {".brought.json"} == {
        "03_containers.ipynb",
        "pictures/a.svg",
        "solutions/03_containers.ipynb",
    }


def test_an_untouched_copy_follows_its_source(source: Path, tmp_path: Path) -> None:
    bring(source, tmp_path / "mine")
    (source / "03_containers.ipynb").write_text("second")
    assert bring(source, tmp_path / "mine") == []
    assert (tmp_path / "mine/03_containers.ipynb").read_text() == "second"


def test_a_learners_work_is_kept_and_a_new_version_stands_beside_it_once(
    source: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    bring(source, mine)
    (mine / "03_containers.ipynb").write_text("my answers")
    assert bring(source, mine) == []
    (source / "03_containers.ipynb").write_text("second")
    assert bring(source, mine) == [mine / "03_containers.new.ipynb"]
    assert bring(source, mine) == []
    assert (mine / "03_containers.ipynb").read_text() == "my answers"
    assert (mine / "03_containers.new.ipynb").read_text() == "second"


def test_a_deleted_copy_comes_back(source: Path, tmp_path: Path) -> None:
    bring(source, tmp_path / "mine")
    (tmp_path / "mine/03_containers.ipynb").unlink()
    bring(source, tmp_path / "mine")
    assert (tmp_path / "mine/03_containers.ipynb").exists()


@pytest.mark.parametrize("broken", ["", "not json", "[]"])
def test_a_lost_list_never_costs_work(source: Path, tmp_path: Path, broken: str) -> None:
    mine = tmp_path / "mine"
    bring(source, mine)
    (mine / "03_containers.ipynb").write_text("my answers")
    (mine / ".brought.json").write_text(broken)
    bring(source, mine)
    assert (mine / "03_containers.ipynb").read_text() == "my answers"
