from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import click
import pytest

from labhelpers import cli
from labhelpers.cli import main
from labhelpers.cli._show import Show
from labhelpers.errors import EngineNotFound, UsageError


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Call it with a function to have that be `./lab doctor`."""

    def put(function: Callable[[], object]) -> None:
        module = SimpleNamespace(command=click.command()(function))
        monkeypatch.setattr(cli, "import_module", lambda _: module)

    return put


def status(*words: str) -> object:
    with pytest.raises(SystemExit) as done:
        main(list(words))
    return done.value.code


@pytest.mark.parametrize(("returned", "expected"), [(0, 0), (1, 1), (None, 0), (3, 3)])
def test_a_commands_status_is_the_processs(
    returned: int | None, expected: int, command: Callable[[object], None]
) -> None:
    command(lambda: returned)
    assert status("doctor") == expected


def test_an_error_is_one_message_below_its_log(
    command: Callable[[object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise EngineNotFound("find one", "none is there", "Run ./lab up.", log="the log\n")

    command(fail)
    assert status("doctor") == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", "the log\nlab: Could not find one: none is there. Run ./lab up.\n")


def test_bad_input_has_status_2(command: Callable[[object], None]) -> None:
    def fail() -> None:
        raise UsageError("read it", "it is not one", "Give another.")

    command(fail)
    assert status("doctor") == 2


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "Free some disk space"),
        (errno.EACCES, "set LABHELPERS_HOME"),
        (errno.EROFS, "Set LABHELPERS_HOME"),
        (errno.EIO, "--debug"),
    ],
)
def test_what_the_machine_refuses_is_one_message(
    number: int, advice: str, command: Callable[[object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number), "/some/file")

    command(fail)
    assert status("doctor") == 1
    err = capsys.readouterr().err
    assert err.startswith(f"lab: Could not use /some/file: {os.strerror(number)}. ")
    assert advice in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("error", [EngineNotFound("a", "b", "c"), OSError(28, "full")])
def test_debug_shows_the_traceback(error: Exception, command: Callable[[object], None]) -> None:
    def fail() -> None:
        raise error

    command(fail)
    with pytest.raises(type(error)):
        main(["--debug", "doctor"])


def test_an_interruption_has_status_130(
    command: Callable[[object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    command(stop)
    assert status("doctor") == 130
    assert "Run the same command again" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["nonsense"], ["--nonsense"], ["up", "--port", "x"], ["up", "--port", "0"], ["up", "more"]]
)
def test_wrong_use_has_status_2_and_says_how(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert status(*words) == 2
    assert "Usage: ./lab" in capsys.readouterr().err


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("--help") == 0
    out = capsys.readouterr().out
    for name, line in cli.COMMANDS.items():
        assert name in out
        assert line in out


def test_the_whole_process_ends_so() -> None:
    done = subprocess.run([sys.executable, "-m", "labhelpers", "nonsense"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_without_a_terminal_nothing_moves(capsys: pytest.CaptureFixture[str]) -> None:
    with Show().task("Working", unit="steps") as task:
        task.update(1, 2, "half")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "… Working"
    assert lines[1].startswith("✓ Working (")
    assert len(lines) == 2


def test_work_that_fails_is_not_shown_as_done(capsys: pytest.CaptureFixture[str]) -> None:
    @contextmanager
    def ignored() -> Iterator[None]:
        with suppress(ValueError):
            yield

    with ignored(), Show().task("Working"):
        raise ValueError
    assert "✓" not in capsys.readouterr().out
