"""The layer explorer's lines in a page: a real JupyterLab in a real browser, 200,000 files."""

from __future__ import annotations

import importlib.util
import json
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labhelpers.benchmarks.table import Result
from labhelpers.doctor import BROWSERS
from labhelpers.jupyter import Server, choose_port
from labhelpers.places import Places

if TYPE_CHECKING:
    from playwright.sync_api import Page

_NOTEBOOK = "explorer.ipynb"
_WAIT = 120_000  # milliseconds for a notebook of so many files
# Without these Chromium looks for its maker's hosts at every start.
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
_CELL = """
from labhelpers import explore, sample_image
items = {{f"usr/lib/package{{n // 100:04d}}/module_{{n:06d}}.py": b"x" for n in range({files} - {folder})}}
items.update({{f"srv/large/file_{{n:06d}}": b"x" for n in range({folder})}})
explore(sample_image([items]))
"""
# From the picture's first element, which is there when the kernel has answered, to the first rows on the
# screen; a frame later they are painted.
_FIRST = """window.first = new Promise((done) => {
  let begun = 0;
  new MutationObserver((_, observer) => {
    if (!begun && document.querySelector(".lx")) begun = performance.now();
    if (!document.querySelector(".lx-row")) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));
  }).observe(document.body, { childList: true, subtree: true });
}); 0"""
# Do something, and count the milliseconds until what is looked for is on the screen.
_UNTIL = """async ([action, seen]) => {
  const rows = () => [...document.querySelectorAll(".lx-row")];
  const find = (name) => rows().find((row) => row.textContent.includes(name));
  const begun = performance.now();
  if (action.click) find(action.click).click();
  if (action.filter) {
    const box = document.querySelector(".lx [type=search]");
    box.value = action.filter;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const status = document.querySelector(".lx-status");
  const there = () => action.filter ? status.textContent.includes(seen) : find(seen);
  while (!there()) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""
# Two seconds of scrolling by a screen's height in ten frames; how long the frames took.
_SCROLL = """async () => {
  const tree = document.querySelector(".lx [role=tree]"), frames = [];
  let last = await new Promise(requestAnimationFrame);
  for (let n = 0; n < 120; n++) {
    tree.scrollTop += tree.clientHeight / 10;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return frames;
}"""


def cases(*, scale: float = 1.0) -> Iterator[Result]:
    """First paint, a large folder, a filter over everything, scrolling: what a person waits for."""
    files, folder = int(200_000 * scale), int(10_000 * scale)
    if importlib.util.find_spec("playwright") is None:
        yield _not_run("Playwright is not installed: ./lab test brings it")
        return
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        yield _not_run("no Chromium is installed: ./lab test brings it")
        return
    with _explorer_on_screen(program, _CELL.format(files=files, folder=folder)) as page:
        yield _line(f"first paint after the kernel's answer, {files:,} files", 300, page.evaluate("first"))
        page.evaluate(_UNTIL, [{"click": "srv/"}, "large/"])
        opened = page.evaluate(_UNTIL, [{"click": "large/"}, "file_000003"])
        yield _line(f"opening a folder of {folder:,} entries", 100, opened)
        frames = page.evaluate(_SCROLL)
        yield _line(
            "scrolling, a frame in the middle",
            20,
            statistics.median(frames),
            note=f"longest {max(frames):.0f} ms",
        )
        found = page.evaluate(_UNTIL, [{"filter": "module_01"}, "found"])
        yield _line(f"filter over {files:,} files, from the key to the rows", 500, found)


def _not_run(why: str) -> Result:
    return Result(case="explorer in a page", goal="", note=why)


def _line(case: str, goal: float, milliseconds: float, *, note: str = "") -> Result:
    return Result(
        case=f"explorer in a page: {case}",
        goal=f"<= {goal:g} ms",
        value=milliseconds,
        unit="ms",
        met=milliseconds <= goal,
        note=note,
    )


@contextmanager
def _explorer_on_screen(program: str, code: str) -> Iterator[Page]:
    """A JupyterLab of its own, a browser, and a notebook of one cell that was run; all gone afterwards."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="labhelpers-bench-") as aside:
        where = Places(*(Path(aside) / name for name in ("data", "cache", "run", "notebooks")))
        for folder in (where.runtime, where.notebooks):
            folder.mkdir()
        (where.notebooks / _NOTEBOOK).write_text(json.dumps(_notebook(code)))
        server = Server(where, {}, choose_port(None))
        try:
            server.wait_ready()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program, args=_QUIET)
                page = browser.new_page(viewport={"width": 1400, "height": 900})
                page.goto(server.url.replace("00_start_here.ipynb", _NOTEBOOK))
                page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=_WAIT)
                page.evaluate(_FIRST)
                page.locator(".jp-CodeCell .cm-content").first.click()
                page.keyboard.press("Shift+Enter")
                page.locator(".lx-row").first.wait_for(timeout=_WAIT)
                yield page
                browser.close()
        finally:
            server.stop()


def _notebook(code: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "one",
        "metadata": {},
        "source": code,
        "outputs": [],
        "execution_count": None,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
