"""The tests that face an engine, on other engines than the one that runs here: `./lab test --engines NAME,…`.

Each engine runs in a room of its own, without a network, and gets the images of the workshop that runs here.
Without the option, one of them is tried with a short set: the containerd store, which new engines have.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import pytest
from engines import DIFFER, KINDS, Outcome, outcomes, wanted
from rooms import Stock, room

pytestmark = [pytest.mark.owner, pytest.mark.engine]
SHORT = ["tests/engine/test_writable.py", "tests/engine/test_clean.py"]
ALL = [
    *SHORT,
    "tests/registry/test_lesson.py",
    "tests/registry/test_server.py",
    "tests/compose/test_project.py",
    "tests/exercises/test_exercises.py",
]
# Of the exercises, those about containers.
ONLY = "not test_exercises or 03"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("kind", wanted(metafunc.config) or ["26.1-containerd"])


def _read(report: Path) -> list[tuple[str, str, str]]:
    """Each test of a report: its name, its outcome, and why."""
    found = []
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}".replace("tests.", "", 1)
        other = next((one for one in case if one.tag in ("failure", "error", "skipped")), None)
        state = "passed" if other is None else "skipped" if other.tag == "skipped" else "failed"
        found.append((name, state, "" if other is None else other.get("message") or ""))
    return found


@pytest.mark.timeout(3600)
def test_the_workshop_works_on(
    kind: str, prefix: Path, stock: Stock, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chosen = ALL if wanted(request.config) else SHORT
    report = tmp_path / "report.xml"
    with room(prefix) as made, KINDS[kind](made) as host:
        stock.fill(made, host)
        words = ["-q", "-n", "0", "-k", ONLY, f"--junitxml={report}"]
        words += [f"--deselect={test}" for test in DIFFER.get(kind, {})]
        run = made.spawn(sys.executable, "-m", "pytest", *chosen, *words, DOCKER_HOST=host)
        try:
            # 1: some failed. Anything else, and the report is not whole.
            assert run.ends(timeout=3600) in (0, 1), run.text()
            tests, text = _read(report), run.text()
        finally:
            run.close()
        said = made.docker("--host", host, "version", "--format", "{{.Server.Version}}")
    counts = Counter(state for _, state, _ in tests)
    reasons = sorted({f"{name}: {why}" for name, state, why in tests if state != "passed"})
    reasons += [f"left out, {test}: {why}" for test, why in DIFFER.get(kind, {}).items()]
    outcomes(request.config).append(Outcome(kind, said, counts, reasons))
    assert counts["passed"], text
    assert not counts["failed"], text
