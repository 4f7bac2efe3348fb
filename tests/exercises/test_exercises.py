"""Every exercise on the real engine: in every state that its case names, its check says what it should."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import shared
from exercises.bench import DAY, Bench, reach
from exercises.case import Case, Do, Step, do

from labhelpers.engine import Engine
from labhelpers.errors import WaitTimeout
from labhelpers.exercises import book
from labhelpers.wait import wait_until

HERE = Path(__file__).parent
CASES: dict[str, Case] = {
    case.id: case
    for path in sorted(HERE.glob("cases_[0-9][0-9].py"))
    for case in import_module(f"exercises.{path.stem}").CASES
}
WRONGS = [(case.id, *wrong) for case in CASES.values() for wrong in case.wrongs()]
OTHERS = [(case.id, name, step) for case in CASES.values() for name, step in case.other.items()]
ALSO = [(case.id, name, step) for case in CASES.values() for name, step in case.also.items()]


@pytest.fixture
def bench(
    request: pytest.FixtureRequest,
    engine: Engine,
    docker_env: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bench]:
    """An empty bench for the exercise that the test is about; conftest.py keeps others of its number away."""
    number = request.node.callspec.params["id"][:2]
    reach(docker_env, monkeypatch)
    made = Bench(number, engine=engine, env=docker_env, folder=tmp_path / "my-notebooks", patch=monkeypatch)
    made.clean()
    try:
        yield made
    finally:
        made.clean()
        shared.keep_times(made.took)


def _begin(bench: Bench, case: Case) -> None:
    """The state in which the learner meets the exercise."""
    for id in case.after:
        _begin(bench, CASES[id])
        bench.play(CASES[id].solution)
    bench.play(case.before)


def _passes(bench: Bench, case: Case, step: Step) -> Do:
    """Do it, and let a server that was started come up."""
    done = bench.play(step)
    with contextlib.suppress(WaitTimeout):
        wait_until(lambda: bench.check(case.id, done.given).passed, 30, what="a pass", every=0.3)
    verdict = bench.check(case.id, done.given)
    assert verdict.passed, verdict
    return done


@pytest.mark.engine
@pytest.mark.parametrize("id", CASES)
def test_untouched_is_not_yet_and_the_solution_passes(id: str, bench: Bench) -> None:
    """Untouched it is not done. Solved it is; an earlier day's solution is none; it solves no other exercise;
    and where the engine goes away in the middle, the check says so.
    """
    case = CASES[id]
    _begin(bench, case)
    verdict = bench.check(id, case.untouched)
    assert verdict.state == "not yet", verdict
    assert verdict.found, "it says what it found"
    given = _passes(bench, case, case.solution).given
    if not case.lasting:
        assert bench.check(id, given, later=DAY).state == "not yet", "yesterday's state passes"
    for other in CASES.values():
        if other.number == case.number and other.id != id and other.id not in _chain(case):
            verdict = bench.check(other.id, other.untouched)
            assert not verdict.passed, f"{other.id} passes on the solution of {id}: {verdict}"
    if not bench.env["DOCKER_HOST"].startswith("unix://"):
        return  # no socket of which the middle could be taken away
    verdict, requests = bench.check_through(id, given, cut=None)
    assert verdict.passed, verdict
    assert bool(requests) != bool(case.no_engine), f"{requests} requests"
    for cut in sorted({1, (requests + 1) // 2, requests}) if requests else ():
        verdict, asked = bench.check_through(id, given, cut=cut)
        while asked < cut:  # it asked less often this time, so the engine never went away
            cut = asked
            verdict, asked = bench.check_through(id, given, cut=cut)
        said = case.cut in (verdict.state, verdict.wrong)
        assert said, f"gone at request {cut} of {requests}: {verdict}"


@pytest.mark.engine
@pytest.mark.parametrize(("id", "way", "step"), OTHERS, ids=[f"{id}-{way}" for id, way, _ in OTHERS])
def test_another_valid_way_passes(id: str, way: str, step: Step, bench: Bench) -> None:
    _begin(bench, CASES[id])
    _passes(bench, CASES[id], step)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("id", "name", "nth", "step"), WRONGS, ids=[f"{id}-{name}-{nth}" for id, name, nth, _ in WRONGS]
)
def test_a_wrong_answer_is_recognised(id: str, name: str, nth: int, step: Step, bench: Bench) -> None:
    _begin(bench, CASES[id])
    given = bench.play(step).given
    # A server that is coming up may look like another fault for a moment.
    with contextlib.suppress(WaitTimeout):
        wait_until(lambda: bench.check(id, given).wrong == name, 20, what=name, every=0.3)
    verdict = bench.check(id, given)
    assert (verdict.state, verdict.wrong) == ("not yet", name), verdict
    assert verdict.next == book.find_exercise(id).wrong[name]


@pytest.mark.engine
@pytest.mark.parametrize(("id", "way", "step"), ALSO, ids=[f"{id}-{way}" for id, way, _ in ALSO])
def test_what_only_looks_like_it_does_not_pass(id: str, way: str, step: Step, bench: Bench) -> None:
    _begin(bench, CASES[id])
    verdict = bench.check(id, bench.play(step).given)
    assert (verdict.state, verdict.wrong) == ("not yet", None), verdict


def _chain(case: Case) -> set[str]:
    """The exercises that have to be solved before this one."""
    return {*case.after, *(id for before in case.after for id in _chain(CASES[before]))}


def test_a_notebook_is_listed_once_with_what_it_is_about() -> None:
    numbers = book.notebooks()
    assert numbers == sorted({one.notebook for one in book.exercises()})
    assert len({book.topic(number) for number in numbers}) == len(numbers)


def test_every_exercise_has_its_case_and_every_case_its_exercise() -> None:
    assert sorted(CASES) == sorted(one.id for one in book.exercises())


@pytest.mark.parametrize("id", [one.id for one in book.exercises()])
def test_the_case_is_whole(id: str) -> None:
    exercise, case = book.find_exercise(id), CASES[id]
    assert case.other, "no other valid way"
    assert {name for name, _, _ in case.wrongs()} == set(exercise.wrong), "wrong answers without a case"
    hints = list(exercise.wrong.values())
    assert len(set(hints)) == len(hints), "each wrong answer has its own hint"
    assert not any(do(step) == do(case.solution) for _, _, step in case.wrongs())


@pytest.mark.parametrize("id", [one.id for one in book.exercises()])
def test_an_exercise_is_written_for_people(id: str) -> None:
    exercise = book.find_exercise(id)
    said = [exercise.goal, exercise.success, *exercise.hints, *exercise.wrong.values()]
    for text in said:
        assert text[-1] in ".?)", text
        assert len(text) < 400, text
        assert not re.search(r"\b(simply|just|obviously|easy|easily)\b|!(?!\w|\[|=)", text), text


@pytest.mark.parametrize("one", book.predictions(), ids=lambda one: one.id)
def test_a_prediction_is_whole(one) -> None:
    assert one.question.endswith("?")
    assert len(one.options) != 1
    assert one.because
