from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from labhelpers import errors
from labhelpers.errors import ImageError, LabError, ProcessError, UsageError

KINDS = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, LabError)]


def test_a_message_says_what_was_tried_what_was_found_and_what_to_do() -> None:
    error = LabError("open port 1", "it is taken.", "End the other program.", log="long\nlog")
    assert error.message == str(error) == "Could not open port 1: it is taken. End the other program."
    assert "long" not in error.message


def test_a_message_without_advice_ends_well() -> None:
    assert LabError("do it", "no", "").message == "Could not do it: no."


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_in_the_tree_that_the_module_draws(kind: type[LabError]) -> None:
    assert f" {kind.__name__} " in f" {errors.__doc__} ".replace("\n", " ")


def test_wrong_use_has_a_status_of_its_own() -> None:
    statuses = {kind: kind.exit_status for kind in KINDS}
    assert {kind for kind, status in statuses.items() if status == 2} == {UsageError, ImageError}
    assert set(statuses.values()) == {1, 2}


def test_a_failed_command_carries_command_status_and_log() -> None:
    error = ProcessError("do it", "no", "", argv=("a", "b"), status=3, log="l")
    assert (error.argv, error.status, error.log, error.exit_status) == (("a", "b"), 3, "l", 1)


def test_a_notebook_shows_the_message_and_no_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell()
    shell.user_ns["fail"] = lambda: (_ for _ in ()).throw(
        LabError("open x", "it is shut", "Knock.", log="a\nb")
    )
    with capture_output() as shown:
        shell.run_cell("fail()")
    assert "LabError: Could not open x: it is shut. Knock.\na\nb" in shown.stdout
    assert "Traceback" not in shown.stdout
    assert "File " not in shown.stdout
