"""The house rules: one command checks them all, the same here and on CI."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import labhelpers

ROOT = Path(__file__).parents[1]
TEXTS = [
    p
    for p in subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    if (ROOT / p).is_file()
]


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["importlinter.cli"],
    ],
    ids=["lint", "format", "types", "imports"],
)
def test_tools_have_nothing_to_say(command: list[str]) -> None:
    module, *rest = command
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    start = ["-c", code] if module.startswith("importlinter") else ["-m", module]
    done = subprocess.run([sys.executable, *start, *rest], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_stay_small() -> None:
    sizes = {
        p: len((ROOT / p).read_text().splitlines())
        for p in TEXTS
        if p.startswith("labhelpers/") and p.endswith(".py")
    }
    assert {p: n for p, n in sizes.items() if n > 300} == {}


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        pinned = [line for line in text.splitlines() if "==" in line and not line.startswith(" ")]
        assert len(pinned) > 50
        assert text.count("--hash=sha256:") >= len(pinned)
        assert "://" not in text


def test_lock_files_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {
        spec.split(";")[0].split(">")[0].strip().lower().replace(".", "-") for spec in project["dependencies"]
    }
    locked = {
        line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line
    }
    assert wanted <= locked


def test_public_names_are_there_and_pinned() -> None:
    assert sorted(labhelpers.__all__) == labhelpers.__all__
    for name in labhelpers.__all__:
        assert getattr(labhelpers, name) is not None


def test_import_is_light() -> None:
    """No heavy library comes with `import labhelpers`: what is not loaded cannot be slow."""
    heavy = ("docker", "rich", "IPython", "matplotlib", "requests")
    code = f"import sys, labhelpers; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_every_command_has_a_module_and_help() -> None:
    from labhelpers.cli import COMMANDS

    for name in COMMANDS:
        command = importlib.import_module(f"labhelpers.cli.{name}").command
        assert command.help, name
