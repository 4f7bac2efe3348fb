"""A build in the explorer: steps from raw progress, cached and run told apart, why the cache was lost."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from labhelpers.analysis.waste import analyse
from labhelpers.errors import LabError, ProcessError, UsageError
from labhelpers.samples import sample_image
from labhelpers.view.build import Log, Snapshot, Step, last_stage, marks, sentence
from labhelpers.widgets.layer_explorer.building import build
from labhelpers.widgets.layer_explorer.loading import Opened

T = "2026-11-23T22:06:4{}.900577437Z"


def vertex(name: str, **more: object) -> str:
    return json.dumps({"vertexes": [{"digest": f"sha256:{name}", "name": name, **more}]})


DONE = [
    vertex("[internal] load build definition from Dockerfile", started=T.format(0)),
    vertex("[1/3] FROM localhost:5005/lab/busybox:1", cached=True),
    vertex("[2/3] COPY a.txt .", started=T.format(1)),
    vertex("[2/3] COPY a.txt .", started=T.format(1), completed=T.format(1), cached=True),
    vertex("[3/3] RUN make", started=T.format(1)),
    vertex("[3/3] RUN make", started=T.format(1), completed=T.format(3)),
]


def test_steps_are_told_apart_while_they_come() -> None:
    log = Log()
    states = []
    for line in DONE:
        log.feed(line)
        states.append([step.state for step in log.ordered()])
    assert states[-2] == ["reused", "reused", "running"]
    assert states[-1] == ["reused", "reused", "run"]
    assert [step.word for step in log.ordered()][1:] == ["reused from cache", "run, 2.0 s"]


def test_ten_steps_and_more_are_numbered_in_columns() -> None:
    log = Log()
    for name in ("[ 1/12] FROM x", "[ 9/12] RUN make", "[10/12] COPY a b", "[build  2/10] RUN make"):
        log.feed(vertex(name))
    assert [(s.stage, s.number) for s in log.ordered()] == [("", 1), ("", 9), ("", 10), ("build", 2)]


def test_documents_may_stand_on_many_lines_and_output_between_them() -> None:
    log = Log()
    log.feed("WARNING: something")
    for line in json.dumps(json.loads(DONE[1]), indent=2).splitlines():
        log.feed(line)
    log.feed(json.dumps({"logs": [{"data": base64.b64encode(b"compiling\n").decode()}]}))
    assert [step.number for step in log.ordered()] == [1]
    assert log.output == ["WARNING: something", "compiling"]


def snapshot(states: str, files: dict[str, str], *, run: str = "RUN make") -> Snapshot:
    names = ["FROM x", "COPY src/ a.txt /app/", run, "COPY --from=build /out /out"]
    kinds = {"c": "reused", "r": "run"}
    steps = [Step("", n, 4, name, kinds[s]) for n, (name, s) in enumerate(zip(names, states, strict=True), 1)]
    return Snapshot(files, steps)


@pytest.mark.parametrize(
    ("states", "files", "run", "says"),
    [
        (
            "crrr",
            {"a.txt": "2", "src/b": "1"},
            "RUN make",
            "2/4 (COPY src/ a.txt /app/): a.txt changed.",
        ),
        ("crrr", {"a.txt": "1", "src/b": "1", "src/c": "1"}, "RUN make", "src/c is new."),
        ("crrr", {"a.txt": "1"}, "RUN make", "src/b is gone."),
        ("ccrr", {"a.txt": "1", "src/b": "1"}, "RUN make all", "the instruction changed, it was RUN make."),
        ("ccrr", {"a.txt": "1", "src/b": "1"}, "RUN make", "the build cache did not hold it any more"),
        ("cccr", {"a.txt": "1", "src/b": "1"}, "RUN make", "another stage changed."),
        ("cccc", {"a.txt": "1", "src/b": "1"}, "RUN make", "none run: nothing has changed."),
    ],
)
def test_the_first_step_that_lost_the_cache_says_why(
    states: str, files: dict[str, str], run: str, says: str
) -> None:
    before = snapshot("crrr", {"a.txt": "1", "src/b": "1"})
    assert says in sentence(snapshot(states, files, run=run), before)


def test_a_first_build_gives_no_reason() -> None:
    assert sentence(snapshot("ccrr", {}), None) == (
        "1 step reused from the cache, 2 run. The first that ran is step 3/4 (RUN make)."
    )


@pytest.mark.parametrize(
    ("dockerfile", "stage"),
    [
        ("FROM a\nRUN b", ""),
        ("FROM a AS Build\nFROM b", "stage-1"),
        ("from a as x\nFROM b as Final\n", "final"),
        ("", ""),
    ],
)
def test_the_last_stage_is_the_one_that_makes_the_image(dockerfile: str, stage: str) -> None:
    assert last_stage(dockerfile) == stage


def test_layers_are_marked_with_how_the_build_came_by_them() -> None:
    history = [
        {"created_by": text} for text in ("base", "COPY a.txt . # buildkit", "RUN /bin/sh -c make # buildkit")
    ]
    analysis = analyse(sample_image([{"a": b"1"}, {"b": b"1"}, {"c": b"1"}], history=history))
    log = Log()
    for line in DONE:
        log.feed(line)
    found = marks(analysis, log.ordered(), "")
    assert {layer: mark["word"] for layer, mark in found.items()} == {1: "reused from cache", 2: "run, 2.0 s"}


def test_a_build_shows_its_steps_and_then_its_image(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x\nCOPY a.txt .\nRUN make\n")
    asked: list[list[str]] = []

    def lines(command: list[str], tag: str) -> Iterator[str]:
        asked.append(command)
        yield from DONE

    history = [{"created_by": text} for text in ("base", "COPY a.txt .", "RUN make")]
    image = sample_image([{"a": b"1"}, {"b": b"1"}, {"c": b"1"}], history=history)
    done = build(
        tmp_path,
        tag="t:1",
        arguments={"A": "1"},
        lines=lines,
        opener=lambda *_: Opened(analyse(image)),
    )
    assert asked[0][:2] == ["docker", "build"]
    assert "--build-arg=A=1" in asked[0]
    assert repr(done).startswith("1 step reused from the cache, 1 run.")
    boxes = [item for item in done.explorer._picture["stack"] if item["kind"] == "layer"]
    assert [box.get("built", {}).get("state") for box in boxes] == ["run", "reused", None]
    assert done.explorer._phase == {"state": "built", "title": done.sentence}


def test_a_build_that_fails_says_what_failed(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x\nRUN false\n")

    def lines(command: list[str], tag: str) -> Iterator[str]:
        yield vertex("[2/2] RUN false", started=T.format(1), completed=T.format(1), error="exit code: 1")
        raise ProcessError("build", "it ended", "", argv=tuple(command), status=1)

    with pytest.raises(LabError, match=r"Could not build t:1: exit code: 1\. Mend the step"):
        build(tmp_path, tag="t:1", lines=lines)
    with pytest.raises(UsageError, match="no Dockerfile"):
        build(tmp_path / "absent", tag="t:1", lines=lines)
