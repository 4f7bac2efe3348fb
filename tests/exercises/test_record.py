"""The progress file: whole or not at all, of one format, and never lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from labhelpers.errors import LabError
from labhelpers.exercises import record


def _note(id: str) -> None:
    with record.change() as data:
        record.exercise_entry(data, id)["tries"] += 1


def test_the_variable_moves_it_and_without_it_it_is_in_our_data(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert record.progress_file() == kept
    monkeypatch.delenv("LABHELPERS_PROGRESS")
    monkeypatch.setenv("LABHELPERS_HOME", str(tmp_path / "home"))
    assert record.progress_file() == tmp_path / "home" / "data" / "progress.json"


def test_what_is_kept_is_read_again_in_the_documented_form(kept: Path) -> None:
    assert record.read() == record.empty()
    _note("03.inspect")
    data = json.loads(kept.read_text())
    assert (data["format"], data["version"]) == ("labhelpers-progress", 1)
    assert data["exercises"]["03.inspect"] == {
        "tries": 1,
        "passed": None,
        "hints": 0,
        "solution": None,
        "last": None,
    }
    assert record.read() == data


def test_two_kernels_lose_nothing_of_each_other(kept: Path) -> None:
    code = (
        "from labhelpers.exercises import record\n"
        "for _ in range(25):\n"
        "    with record.change() as data:\n"
        "        record.exercise_entry(data, '03.inspect')['tries'] += 1\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", code], env={**os.environ}) for _ in range(2)]
    assert [one.wait(120) for one in both] == [0, 0]
    assert record.read()["exercises"]["03.inspect"]["tries"] == 50


def test_a_crash_while_it_is_written_leaves_the_one_before(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _note("03.inspect")
    before = kept.read_bytes()

    def power_cut(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", power_cut)
        with pytest.raises(KeyboardInterrupt):
            _note("03.inspect")
    assert kept.read_bytes() == before
    assert sorted(path.name for path in kept.parent.iterdir()) == ["progress.json", "progress.json.lock"]
    _note("03.inspect")
    assert record.read()["exercises"]["03.inspect"]["tries"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"format": "labhelpers-pro',
        "[]",
        '{"format": "another", "version": 1}',
        '{"format": "labhelpers-progress", "version": 1, "name": "", "exercises": [], "predictions": {}}',
        '{"format": "labhelpers-progress", "version": 1, "exercises": {"x": 3}, "predictions": {}}',
        '{"format": "labhelpers-progress", "version": 1, "name": 3, "exercises": {}, "predictions": {}}',
        "[" * 100_000,
        "\x00\x00",
    ],
)
def test_a_damaged_file_is_set_aside_and_kept(kept: Path, text: str) -> None:
    kept.parent.mkdir()
    for number in (1, 2):
        kept.write_text(text)
        assert record.read() == record.empty()
        _note("03.inspect")
        assert (kept.parent / f"progress.damaged-{number}.json").read_text() == text
        assert record.read()["exercises"]["03.inspect"]["tries"] == 1


def test_bytes_that_are_no_text_are_set_aside_too(kept: Path) -> None:
    kept.parent.mkdir()
    kept.write_bytes(b"\xff\xfe\x00")
    assert record.read() == record.empty()
    _note("03.inspect")
    assert (kept.parent / "progress.damaged-1.json").read_bytes() == b"\xff\xfe\x00"


def test_a_later_versions_file_is_left_alone(kept: Path) -> None:
    kept.parent.mkdir()
    text = '{"format": "labhelpers-progress", "version": 2, "news": []}'
    kept.write_text(text)
    for use in (record.read, lambda: _note("03.inspect")):
        with pytest.raises(LabError, match="version 2"):
            use()
    assert [path.name for path in kept.parent.glob("*.json")] == ["progress.json"]
    assert kept.read_text() == text


def test_what_a_later_release_adds_to_an_entry_stays(kept: Path) -> None:
    _note("03.inspect")
    data = json.loads(kept.read_text())
    data["exercises"]["03.inspect"]["new"] = 1
    kept.write_text(json.dumps(data))
    _note("03.inspect")
    assert json.loads(kept.read_text())["exercises"]["03.inspect"]["new"] == 1


def test_a_place_that_cannot_be_written_is_said_for_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LABHELPERS_PROGRESS", str(tmp_path / "file" / "progress.json"))
    with pytest.raises(LabError, match="LABHELPERS_PROGRESS"):
        _note("03.inspect")
