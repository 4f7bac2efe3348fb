"""`./lab test`: every test, on this machine, with what they need brought along."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from labhelpers.cli._show import Show, console
from labhelpers.doctor import browser
from labhelpers.errors import LabError
from labhelpers.process import is_root, run

_ROOT = Path(__file__).resolve().parents[2]
_FAILED = 1  # pytest: tests ran, and some failed
# Most tests wait for an engine or a browser: three at a time keep two processors busy.
_SIDE_BY_SIDE = ["-n", "3", "--dist", "loadscope"]


def _bring_browser() -> str | None:
    """Install Chromium where that can be done. Returns why not, where it cannot."""
    if browser():
        return None
    if not (is_root() and Path("/etc/debian_version").exists()):
        return "no Chromium is installed (only root on Debian or Ubuntu lets ./lab test install it)"
    try:
        with Show().task("Installing Chromium from the distribution's packages", unit="steps"):
            for words in ("update -qq", "install -y -qq --no-install-recommends chromium"):
                run(
                    ["apt-get", "-o", "DPkg::Lock::Timeout=120", *words.split()],
                    tried="install Chromium",
                    fix="Check the network, or install a Chromium yourself.",
                    env={"DEBIAN_FRONTEND": "noninteractive"},
                    timeout=900,
                )
    except LabError as error:
        return error.message
    return None


@click.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_extra_args": True,
        "help_option_names": ["--help"],
    }
)
@click.pass_context
def command(ctx: click.Context) -> int:
    """Run every test: code, engine, notebooks, browser. ARGS go to pytest (-n 0: one at a time).

    Where no engine runs, one is brought for the tests, in a folder of its own, and removed afterwards.
    A test that cannot run here is named with its reason in the summary; on CI (CI=true) it fails.
    With --engines all (or some: 20.10,26.1,26.1-containerd,podman), only those that face an engine, on each
    of these in turn, with a table at the end; docs/engines.md says what differs.
    Three run at a time; one that fails beside others is named, and tried once more by itself.
    """
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    if why := _bring_browser():
        console.print(f"! Browser tests cannot run: {why}", markup=False)
    # Who says how many, or wants to look into a test that fails, gets what they ask for.
    alone = any(
        word.startswith(("-n", "--numprocesses", "--pdb", "--collect-only", "--engines")) for word in ctx.args
    )
    workers = [] if alone else _SIDE_BY_SIDE

    def tests(*options: str, **more: str) -> int:
        words = [sys.executable, "-m", "pytest", *options, *ctx.args]
        return subprocess.run(words, cwd=_ROOT, env={**env, **more}, check=False).returncode

    # The second round goes on with the engine of the first: to bring another takes minutes.
    status = tests(*workers, LAB_TEST_ROUND="first") if workers else tests()
    if workers and status == _FAILED:
        console.print(
            "\nSome tests failed beside others. They run once more, one at a time: what fails again is a"
            " fault; what passes now was short of time, and is named above.",
            markup=False,
        )
        status = tests("--last-failed", "--last-failed-no-failures", "none", LAB_TEST_ROUND="second")
    return status
