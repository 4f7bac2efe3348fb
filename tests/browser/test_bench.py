"""The bench's lines in a page: measured with a real browser, not run without one, nothing left behind."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from labhelpers.benchmarks import page
from labhelpers.places import places


def running() -> bool:
    """Whether a bench's JupyterLab runs, or what it started."""
    folder = str(places().cache / "bench")
    return any(folder in word for p in psutil.process_iter(["cmdline"]) for word in p.info["cmdline"] or ())


def test_without_a_browser_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (line,) = page.cases()
    assert line.line() == (
        "not run  explorer in a page: no Chromium is installed; ./lab test installs it where it can"
    )


@pytest.mark.browser
@pytest.mark.long
def test_every_line_is_measured_and_nothing_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LABHELPERS_HOME", str(tmp_path))
    lines = [*page.cases(scale=0.02)]
    assert len(lines) == 6
    assert all(line.value is not None and line.met is not None for line in lines)
    assert not running()
    assert not (tmp_path / "cache" / "bench").exists()

    def fail(*_: object) -> None:
        assert running()
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(page, "_measured", fail)
    with pytest.raises(RuntimeError, match="the disk is full"):
        [*page.cases(scale=0.02)]
    assert not running()
