"""`./lab run`: notebooks without a browser, and the report that needs no network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from labhelpers.notebooks import report

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "labhelpers", "run", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)


def test_a_name_that_is_none_is_bad_input() -> None:
    done = run("99")
    assert done.returncode == 2
    assert "03_containers" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_index_names_what_failed_and_shows_it_as_text() -> None:
    html = report.index(
        [report.Outcome("03_containers", 1.5, 50), report.Outcome("x", 0.1, 1, "cell <b> failed")]
    )
    assert "ran to its end" in html
    assert "cell &lt;b&gt; failed" in html


@pytest.mark.engine
def test_a_report_is_written_and_asks_no_host(docker_env: dict[str, str], tmp_path: Path) -> None:
    done = run("00", "--report", str(tmp_path), env=docker_env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 ran to their end" in done.stdout
    html = (tmp_path / "00_start_here.html").read_text()
    assert "Everything that the workshop needs is here." in html
    assert "data:image/svg+xml" in html
    loaded = re.findall(r"""(?:src|@import)\s*=?\s*["'(]+(https?:[^"')]*)""", html)
    assert loaded == []
    assert "00_start_here.html" in (tmp_path / "index.html").read_text()
