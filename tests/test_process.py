from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from labhelpers import process
from labhelpers.errors import LabError, ProcessError
from labhelpers.process import as_root, run, stream, tail

PYTHON = sys.executable


def python(code: str) -> list[str]:
    return [PYTHON, "-c", code]


def test_run_returns_what_a_program_prints() -> None:
    assert run(python("print('a')"), tried="x") == "a\n"


def test_run_hands_over_input_and_environment() -> None:
    code = "import os, sys; print(os.environ['LAB_TEST'], os.environ['PATH'] != '', sys.stdin.read())"
    assert run(python(code), tried="x", env={"LAB_TEST": "1"}, stdin=b"in") == "1 True in\n"


def test_run_gives_no_terminal_to_read_from() -> None:
    assert run(python("import sys; print(repr(sys.stdin.read()))"), tried="x") == "''\n"


def test_run_fails_with_the_last_line_and_the_log() -> None:
    code = "import sys; print('out'); print('why', file=sys.stderr); sys.exit(3)"
    with pytest.raises(ProcessError) as caught:
        run(python(code), tried="do it", fix="Mend it.")
    error = caught.value
    assert error.message == "Could not do it: why. Mend it."
    assert (error.status, error.log, error.argv[0]) == (3, "out\nwhy", PYTHON)


def test_run_that_fails_in_silence_tells_the_status() -> None:
    with pytest.raises(ProcessError, match="exit status 4"):
        run(python("raise SystemExit(4)"), tried="do it")


def test_run_is_bounded_in_time_and_keeps_what_was_printed() -> None:
    code = "import time; print('so far', flush=True); time.sleep(600)"
    with pytest.raises(ProcessError, match="did not end within 1 s") as caught:
        run(python(code), tried="do it", timeout=1)
    assert (caught.value.status, caught.value.log) == (124, "so far")


@pytest.mark.parametrize("start", [run, lambda *a, **k: list(stream(*a, **k))])
def test_a_missing_program_is_named(start: object) -> None:
    with pytest.raises(ProcessError, match="the program no-such-program is not there") as caught:
        start(["no-such-program"], tried="do it", fix="Install it.")  # type: ignore[operator]
    assert caught.value.status == 127
    assert caught.value.fix == "Install it."


def test_run_survives_output_that_is_not_text() -> None:
    assert run(python("import os; os.write(1, b'\\xff\\n')"), tried="x") == "\ufffd\n"


def test_stream_yields_lines_of_both_outputs_as_they_come() -> None:
    code = "import sys; print('1', flush=True); print('2', file=sys.stderr)"
    assert list(stream(python(code), tried="x")) == ["1", "2"]


def test_stream_fails_after_its_last_line_with_the_log() -> None:
    code = "print('1'); print('reason'); print(''); raise SystemExit(2)"
    seen: list[str] = []
    with pytest.raises(ProcessError) as caught:
        seen.extend(stream(python(code), tried="do it"))
    assert caught.value.found == "reason"
    assert caught.value.status == 2


def test_a_consumer_that_stops_early_ends_the_program() -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    lines: Iterator[str] = stream(python(code), tried="x")
    pid = int(next(lines))
    lines.close()  # type: ignore[attr-defined]
    assert not psutil.pid_exists(pid)


def test_a_consumer_that_stops_early_ends_a_program_that_does_not_listen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(os.getpid(), flush=True); time.sleep(600)"
    )
    monkeypatch.setattr(process, "_PATIENCE", 0.1)
    lines = stream(python(code), tried="x")
    pid = int(next(lines))
    lines.close()  # type: ignore[attr-defined]
    assert not psutil.pid_exists(pid)


def test_tail_keeps_the_end() -> None:
    assert tail("1\n2\n3\n\n", 2) == "2\n3"


def test_as_root_leaves_roots_commands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "is_root", lambda: True)
    assert as_root(["x", "y"]) == ["x", "y"]


@pytest.mark.skipif(sys.platform == "win32", reason="sudo")
def test_as_root_goes_through_sudo_which_must_not_ask_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sudo = tmp_path / "sudo"
    sudo.write_text("#!/bin/sh\n")
    sudo.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(process, "is_root", lambda: False)
    assert as_root(["x"]) == [str(sudo), "-n", "x"]


def test_as_root_without_root_and_sudo_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(process, "is_root", lambda: False)
    with pytest.raises(LabError, match="you are not root, and there is no sudo"):
        as_root(["ip", "link"])
