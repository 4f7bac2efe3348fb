"""What a learner calls: hints, solutions, predictions, progress, and what happens when something is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

import labhelpers
from labhelpers.errors import EngineUnreachable
from labhelpers.exercises import book, desk, judge, record
from labhelpers.exercises.model import PREDICTIONS, Exercise, Look, Prediction, Verdict, exercise, prediction
from labhelpers.exercises.panels import rich

ID = "03.find-fault"


pytestmark = pytest.mark.usefixtures("kept")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Set `.verdict`, and every check answers that."""
    held = SimpleNamespace(verdict=Verdict("pass", "There it is."))
    monkeypatch.setattr(desk, "judge", lambda *_, **__: held.verdict)
    return held


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch):
    """Put a prediction of the test's own into the book."""

    def put(**said) -> str:
        made = Prediction(
            "03.own", "How many?", said.get("options", {}), said.get("truth"), because="That is how it is."
        )
        monkeypatch.setitem(PREDICTIONS, "03.own", made)
        return "03.own"

    return put


def _entry(id: str = ID) -> dict:
    return record.read()["exercises"][id]


def test_the_public_names_are_these() -> None:
    for name in ("check", "hint", "predict", "progress", "solution"):
        assert getattr(labhelpers, name) is getattr(desk, name)


def test_hints_come_one_at_a_time_and_are_counted() -> None:
    hints = book.find_exercise(ID).hints
    for shown in (1, 2, 3, 3):
        text = repr(labhelpers.hint(ID))
        assert [hint in text for hint in hints] == [number < shown for number in range(3)]
        assert _entry()["hints"] == shown
    assert f'solution("{ID}")' in text


def test_that_a_solution_was_shown_is_kept_and_said() -> None:
    assert book.find_exercise(ID).solution.splitlines()[0] in repr(labhelpers.solution(ID))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", _entry()["solution"])
    assert "you looked" in repr(labhelpers.solution(ID))


def test_a_check_is_kept_with_what_was_found(answers: SimpleNamespace) -> None:
    answers.verdict = Verdict("not yet", "No.", "Look.", wrong="no-port")
    labhelpers.check(ID)
    assert (_entry()["tries"], _entry()["passed"]) == (1, None)
    assert (_entry()["last"]["state"], _entry()["last"]["wrong"]) == ("not yet", "no-port")
    answers.verdict = Verdict("pass", "Yes.")
    labhelpers.check(ID)
    first = _entry()["passed"]
    assert first
    answers.verdict = Verdict("not yet", "No more.")
    labhelpers.check(ID)
    assert (_entry()["tries"], _entry()["passed"]) == (3, first), "what was passed stays passed"


def test_what_cannot_be_checked_is_no_try(answers: SimpleNamespace, kept: Path) -> None:
    answers.verdict = Verdict("cannot check", "No engine.", "Start it.")
    assert "nothing about your work" in repr(labhelpers.check(ID))
    assert not kept.exists()


@pytest.mark.parametrize("state", ["pass", "not yet", "cannot check"])
def test_a_verdict_has_a_sign_a_word_and_what_to_do(state: str, answers: SimpleNamespace) -> None:
    answers.verdict = Verdict(state, "It was <b>found</b>.", "Look at `docker ps`.")
    panel = labhelpers.check(ID)
    text, html = repr(panel), panel._repr_html_()
    assert panel.verdict is answers.verdict
    assert text == repr(labhelpers.check(ID)), "the same every time"
    assert re.match(rf"\S {state} · Find the fault\n", text)
    assert f'aria-label="{state}: Find the fault"' in html
    assert "&lt;b&gt;found" in html
    assert "<code>docker ps</code>" in html
    assert not re.findall(r"var\(--[\w-]+\)", html), "every colour has one to fall back on"
    assert ("hint(" in text) == (state == "not yet")


def test_a_progress_that_cannot_be_kept_stops_no_check(
    answers: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LABHELPERS_PROGRESS", str(tmp_path / "file" / "progress.json"))
    panel = labhelpers.check(ID)
    assert panel.verdict is not None
    assert panel.verdict.passed
    assert "Could not keep your progress" in repr(panel)


@pytest.mark.parametrize("call", [desk.check, desk.hint, desk.solution, desk.predict])
@pytest.mark.parametrize("id", ["03.fnd-fault", "03.endd", "99.x", "", "x", 3, None])
def test_a_misspelt_id_is_a_panel_with_the_nearest(call, id) -> None:
    text = repr(call(id))
    assert text.startswith("? cannot check · Could not find the ")
    assert "Traceback" not in text
    if id in ("03.fnd-fault", "03.endd") and ("fault" in id) == (call is not desk.predict):
        assert f"Did you mean {'03.find-fault' if 'fault' in id else '03.ended'}" in text


def test_a_value_that_the_exercise_does_not_take_is_said() -> None:
    assert "exit_code, missing_file, folder" in repr(labhelpers.check("03.inspect", exitcode=3))
    assert "takes no values" in repr(labhelpers.check(ID, name="Ada"))


def test_a_prediction_is_kept_then_compared_then_stands(ask) -> None:
    id = ask(options={"a": "Few.", "b": "Many."}, truth="b")
    assert "a or b" in repr(labhelpers.predict(id, "…"))
    assert "predictions" in record.read()
    assert record.read()["predictions"] == {}
    assert repr(labhelpers.predict(id, "A) ")).endswith("You say a: Few.")
    assert repr(labhelpers.predict(id, "b")).endswith("You say b: Many.")
    labhelpers.predict(id, "a")
    after = repr(labhelpers.predict(id))
    assert after.startswith(
        "≠ otherwise · How many?\n  You said a: Few. It was b: Many.\n  That is how it is."
    )
    assert "first prediction stands" in repr(labhelpers.predict(id, "b"))
    kept = record.read()["predictions"][id]
    assert (kept["answer"], kept["right"]) == ("a", False)


def test_a_right_one_is_said_to_be_right(ask) -> None:
    id = ask(options={"a": "Few.", "b": "Many."}, truth="b")
    labhelpers.predict(id, "b")
    assert "You said b, and b it was: Many." in repr(labhelpers.predict(id))


def test_without_a_prediction_the_truth_is_told_and_nothing_kept(ask) -> None:
    id = ask(options={"a": "Few.", "b": "Many."}, truth="b")
    assert "You made no prediction. It was b: Many." in repr(labhelpers.predict(id))
    assert record.read()["predictions"] == {}


def test_a_number_and_a_measured_truth(ask) -> None:
    id = ask(truth=12)
    for wrong in ("many", "nan", "inf", [3]):
        assert "Write a number" in repr(labhelpers.predict(id, wrong))
    labhelpers.predict(id, "7")
    assert "You said 7. It was 12." in repr(labhelpers.predict(id))
    id = ask(options={"a": "Less.", "b": "More."}, truth=lambda saw: "a" if saw < 5 else "b")
    labhelpers.predict(id, "b")  # stands from before: 7 is none of the letters, and is not lost
    assert "what was measured is missing" in repr(labhelpers.predict(id))


def test_a_measured_truth_is_compared_with_what_was_seen(ask) -> None:
    id = ask(options={"a": "Less.", "b": "More."}, truth=lambda saw: "a" if saw < 5 else "b")
    labhelpers.predict(id, "b")
    assert "You said b, and b it was: More." in repr(labhelpers.predict(id, saw=9))


def test_the_progress_shows_it_all(answers: SimpleNamespace) -> None:
    labhelpers.hint("03.inspect")
    labhelpers.check(ID)
    labhelpers.solution("03.two-copies")
    labhelpers.check("03.two-copies")
    answers.verdict = Verdict("not yet", "No.")
    labhelpers.check("03.inspect")
    labhelpers.predict("03.ended", "c")
    labhelpers.predict("03.ended")
    panel = labhelpers.progress()
    text, html = repr(panel), panel._repr_html_()
    every = len(book.exercises())
    assert text.startswith(f"2 of {every} exercises passed\n")
    assert re.search(r"✓ passed +03\.find-fault +Find the fault \(1 try\)", text)
    assert re.search(r"✓ passed, solution seen +03\.two-copies", text)
    assert re.search(r"○ tried +03\.inspect +Inspect \(1 try, 1 hint\)", text)
    assert re.search(r"– open +03\.clean-up", text)
    assert "03 Containers: 2 of 4" in text
    assert html.count('scope="row"') == every


def test_a_fault_of_the_checks_own_is_no_traceback(tmp_path: Path) -> None:
    def faulty(look: Look) -> Verdict:
        raise KeyError("State")

    def gone(look: Look) -> Verdict:
        raise EngineUnreachable("look", "nothing listens there", "Start it.")

    def full(look: Look) -> Verdict:
        raise OSError(28, "No space left on device", "x")

    for check, said in (
        (faulty, "has a fault (KeyError"),
        (gone, "Nothing listens there."),
        (full, "No space"),
    ):
        one = Exercise("03.x", "X", "g", "s", ("h",), "s", {}, check)
        verdict = judge.judge(one, {}, folder=tmp_path)
        assert verdict.state == "cannot check"
        assert said in verdict.found


def test_a_declaration_that_is_not_whole_is_refused() -> None:
    whole = {"title": "T", "goal": "G.", "success": "S.", "hints": ("H.",), "solution": "s", "wrong": {}}
    for id, less in (("3.x", {}), (ID, {}), ("03.x", {"hints": ()}), ("03.x", {"wrong": {"a": ""}})):
        with pytest.raises(ValueError, match=r"03?\.|3\.x"):
            exercise(id, **{**whole, **less})
    with pytest.raises(ValueError, match="none of its options"):
        prediction("03.x", question="?", because=".", options={"a": "1", "b": "2"}, truth="c")


def test_what_stands_in_backticks_is_code_and_never_markup() -> None:
    assert rich("a `<b>` c") == "a <code>&lt;b&gt;</code> c"
