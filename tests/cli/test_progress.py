"""`./lab check` and `./lab progress`: what a terminal and a program get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labhelpers.cli import main
from labhelpers.exercises import desk, record
from labhelpers.exercises.verdict import Verdict

pytestmark = pytest.mark.usefixtures("kept")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict:
    """What a check was asked with; set asked["verdict"] for what it answers."""
    held: dict = {"verdict": Verdict("pass", "There it is.")}

    def judge(exercise, given, *, folder):
        held.update(id=exercise.id, given=given, folder=folder)
        return held["verdict"]

    monkeypatch.setattr(desk, "judge", judge)
    return held


def lab(*words: str) -> object:
    with pytest.raises(SystemExit) as done:
        main(list(words))
    return done.value.code


@pytest.mark.parametrize(("state", "status"), [("pass", 0), ("not yet", 1), ("cannot check", 2)])
def test_the_verdict_is_the_status(state: str, status: int, asked: dict, capsys) -> None:
    asked["verdict"] = Verdict(state, "Found.", "Look.", wrong="no-port" if state == "not yet" else None)
    assert lab("check", "03.find-fault") == status
    assert capsys.readouterr().out.splitlines()[0].endswith(f" {state} · Find the fault")
    assert lab("check", "03.find-fault", "--json") == status
    said = json.loads(capsys.readouterr().out)
    assert (said["id"], said["state"], said["next"], said["kept"]) == ("03.find-fault", state, "Look.", True)


def test_values_are_read_as_they_are_meant(asked: dict, tmp_path: Path) -> None:
    words = ("exit_code=3", "missing_file=/etc/a=b", 'folder="/var/www"')
    assert lab("check", "03.inspect", *words, "--folder", str(tmp_path)) == 0
    assert asked["given"] == {"exit_code": 3, "missing_file": "/etc/a=b", "folder": "/var/www"}
    assert asked["folder"] == tmp_path


@pytest.mark.parametrize("words", [("03.fnd-fault",), ("03.inspect", "3"), ("03.inspect", "a b=3"), ()])
def test_bad_input_has_status_2_and_no_traceback(words: tuple[str, ...], capsys) -> None:
    assert lab("check", *words) == 2
    out, err = capsys.readouterr()
    assert err
    assert "Traceback" not in out + err


def test_the_progress_for_people_and_for_programs(asked: dict, kept: Path, capsys) -> None:
    lab("check", "03.find-fault")
    capsys.readouterr()
    assert lab("progress", "--name", "Ada") == 0
    out = capsys.readouterr().out
    assert out.startswith("1 of ")
    assert str(kept) in out
    assert lab("progress", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["name"], said["passed"], said["file"]) == ("Ada", 1, str(kept))
    assert {
        "id": "03.find-fault",
        "title": "Find the fault",
        "state": "passed",
        "tries": 1,
        "hints": 0,
    } in said["exercises"]


def test_one_exercise_or_all_are_forgotten(asked: dict, capsys) -> None:
    for id in ("03.find-fault", "03.inspect"):
        lab("check", id)
    desk.predict("03.ended", "a")
    assert lab("progress", "--reset", "03.inspect") == 0
    assert set(record.read()["exercises"]) == {"03.find-fault"}
    assert lab("progress", "--reset", "03.nothing") == 2
    assert lab("progress", "--reset") == 0
    assert (record.read()["exercises"], record.read()["predictions"]) == ({}, {})


def test_a_class_is_one_table(asked: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    folder = tmp_path / "class"
    for name, passes in (("Grace", True), ("Ada", False)):
        monkeypatch.setenv("LABHELPERS_PROGRESS", str(folder / f"{name}.json"))
        asked["verdict"] = Verdict("pass", ".") if passes else Verdict("not yet", ".")
        lab("check", "03.find-fault")
    lab("progress", "--name", "Ada Lovelace")
    (folder / "notes.json").write_text("not one of them")
    (folder / "later.json").write_text('{"format": "labhelpers-progress", "version": 9}')
    capsys.readouterr()
    assert lab("progress", "--collect", str(folder)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "name"
    assert [lines[1].split("  ")[0], lines[2].split("  ")[0]] == ["Ada Lovelace", "Grace"]
    assert "1/4" in lines[2]
    assert "1 tried 03.find-fault and have not passed it yet" in lines
    assert any(line.startswith("Not read: later.json: it is of version 9") for line in lines)
    assert "Not read: notes.json: it is not a progress file" in lines
    assert lab("progress", "--collect", str(folder), "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["passed"] for one in said["learners"]] == [0, 1]
    assert set(said["unread"]) == {"later.json", "notes.json"}
    assert lab("progress", "--collect", str(tmp_path / "nowhere")) == 2
