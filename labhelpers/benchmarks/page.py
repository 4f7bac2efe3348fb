"""The layer explorer's lines in a page: a real JupyterLab, a real browser, 200,000 files."""

from __future__ import annotations

import importlib.util
import json
import shutil
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from labhelpers.benchmarks.table import Result
from labhelpers.doctor import browser
from labhelpers.errors import LabError
from labhelpers.jupyter import FIRST, AlreadyRunning, Server, choose_port, only_one, opened
from labhelpers.places import Places, places
from labhelpers.wait import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

_FILES = 200_000
_FOLDER = 10_000
_RUNS = 5
_START = 120  # seconds for JupyterLab, and for reading so many files
_LATE = 25  # milliseconds: a frame that took longer than one and a half of a screen's was dropped
# Without these Chromium looks for its maker's hosts at every start.
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
_CELL = """from labhelpers import explore, sample_image
if "image" not in globals():
    items = {{f"usr/lib/package{{n // 100:04d}}/module_{{n:06d}}.py": b"x" for n in range({others})}}
    items.update({{f"srv/large{{n // {folder}}}/file_{{n:06d}}": b"x" for n in range({others}, {files})}})
    image = explore(sample_image([items])).analysis
explore(image)"""
# When the message that opens an explorer arrived in the page, and how many bytes it has.
_WATCH = """window.messages = [];
const Plain = WebSocket, letters = new TextDecoder("latin1");
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      const text = typeof data === "string" ? data : letters.decode(data);
      if (text.includes('"_esm"')) messages.push([performance.now(), text.length]);
    });
  }
};"""
# Milliseconds from that message to the frames in which a new explorer's stack and its rows are painted.
_FIRST_PAINT = """window.first = (async (before) => {
  const fresh = (part) =>
    [...document.querySelectorAll(`.lx ${part}`)].some((one) => !before.has(one.closest(".lx")));
  const painted = async (part) => {
    while (!fresh(part)) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - messages.at(-1)[0];
  };
  return [await painted(".lx-box"), await painted(".lx-row")];
})(new Set(document.querySelectorAll(".lx"))); 0"""
_TOOLS = """
  const row = (name) =>
    [...document.querySelectorAll(".lx-row")].find((one) => one.textContent.includes(name));
  const seen = async (there) => {
    const begun = performance.now();
    while (!there()) {
      if (performance.now() - begun > 60000) throw new Error("what was looked for did not come");
      await new Promise(requestAnimationFrame);
    }
    await new Promise(requestAnimationFrame);  // now it is painted
    return performance.now() - begun;
  };"""
_OPEN = f"""async ([folder, inside]) => {{{_TOOLS}
  await seen(() => row(folder));
  const {{ x, y }} = row(folder).getBoundingClientRect();
  row(folder).dispatchEvent(new MouseEvent("click", {{ bubbles: true, clientX: x + 1, clientY: y + 1 }}));
  return seen(() => row(inside));
}}"""
_FILTER = f"""async (text) => {{{_TOOLS}
  const box = document.querySelector(".lx [type=search]"), status = document.querySelector(".lx-status");
  status.textContent = "";
  box.value = text;
  box.dispatchEvent(new Event("input", {{ bubbles: true }}));
  return seen(() => status.textContent.includes("found"));
}}"""
# How long each of 120 frames took while a folder of so many rows was scrolled through by its whole height.
_SCROLL = """async () => {
  const tree = document.querySelector(".lx [role=tree]"), frames = [], step = tree.scrollHeight / 120;
  let last = await new Promise(requestAnimationFrame);
  for (let n = 0; n < 120; n++) {
    tree.scrollTop += step;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return frames;
}"""


def cases(*, scale: float = 1.0) -> Iterator[Result]:
    """What a person waits for, medians of five: first paint, a large folder, a filter over everything.

    Not run where Playwright or a Chromium is missing.
    """
    program = browser()
    if program is None:
        yield _not_run("no Chromium is installed; ./lab test installs it where it can")
        return
    if importlib.util.find_spec("playwright") is None:
        yield _not_run("Playwright is not installed; ./lab test brings it")
        return
    files, folder = int(_FILES * scale), int(_FOLDER * scale)
    code = _CELL.format(files=files, folder=folder, others=files - _RUNS * folder)
    with _notebook_on_screen(program, code) as page:
        found = [*_measured(page, files, folder)]  # at once: nobody else decides how long JupyterLab lives
    yield from found


def _measured(page: Page, files: int, folder: int) -> Iterator[Result]:
    painted, filled = zip(*[_paint(page) for _ in range(_RUNS + 1)][1:], strict=True)  # the first reads it
    yield _line(f"first paint after the kernel's answer, {files:,} files", 300, painted)
    note = "the kernel lists them meanwhile"
    yield _line(f"first rows of a layer of {files:,} files", 1000, filled, note=note)
    size = page.evaluate("messages.at(-1)[1]") / 1000
    yield Result(
        case=f"explorer in a page: first message as it arrives, {files:,} files",
        goal="< 100 kB",
        value=size,
        unit="kB",
        met=size < 100,
    )
    # Folders of the first two levels are open. From the last one on: none moves those that are to come.
    at = (files - _RUNS * folder) // folder
    names = [(f"large{at + n}/", f"file_{(at + n) * folder:06d}") for n in reversed(range(_RUNS))]
    yield _line(f"opening a folder of {folder:,} entries", 100, [page.evaluate(_OPEN, n) for n in names])
    frames = page.evaluate(_SCROLL)
    yield Result(
        case=f"explorer in a page: frames dropped of {len(frames)}, through {_RUNS * folder:,} rows",
        goal="none",
        value=sum(frame > _LATE for frame in frames),
        unit="frames",
        met=max(frames) <= _LATE,
        note=f"in the middle {statistics.median(frames):.1f} ms, the longest {max(frames):.0f} ms",
    )
    found = [page.evaluate(_FILTER, f"module_{n:02d}") for n in range(_RUNS)]
    note = "of which 120 ms wait for the next key"
    yield _line(f"filter over {files:,} files, from the key to the rows", 500, found, note=note)


def _paint(page: Page) -> list[float]:
    page.evaluate(_FIRST_PAINT)
    page.keyboard.press("Control+Enter")
    found: list[float] = page.evaluate("first")
    return found


def _not_run(why: str) -> Result:
    return Result(case="explorer in a page", goal="", note=why)


def _line(case: str, goal: float, milliseconds: Sequence[float], *, note: str = "") -> Result:
    value = statistics.median(milliseconds)
    return Result(
        case=f"explorer in a page: {case}",
        goal=f"<= {goal:g} ms",
        value=value,
        unit="ms",
        met=value <= goal,
        note=note,
    )


@contextmanager
def _notebook_on_screen(program: str, code: str) -> Iterator[Page]:
    """A JupyterLab of its own, a browser, and a notebook of one cell; all gone afterwards.

    What a killed bench left, the next one ends first. `LabError` when another bench is at work.
    """
    from playwright.sync_api import sync_playwright

    aside = places().cache / "bench"
    where = Places(aside / "data", aside / "cache", aside / "run", aside / "notebooks")
    try:
        with only_one(where):
            where.notebooks.mkdir(exist_ok=True)
            (where.notebooks / FIRST).write_text(json.dumps(_notebook(code)))
            try:
                with opened(where, {}, choose_port(None)) as server:
                    server.wait_ready()
                    with sync_playwright() as playwright:
                        chromium = playwright.chromium.launch(executable_path=program, args=_QUIET)
                        page = chromium.new_page(viewport={"width": 1400, "height": 900})
                        _open(page, server)
                        yield page
                        chromium.close()
            finally:
                shutil.rmtree(aside, ignore_errors=True)
    except AlreadyRunning as error:
        raise LabError(
            "measure the explorer in a page", "another ./lab bench does", "Let it end, then repeat."
        ) from error


def _open(page: Page, server: Server) -> None:
    """Show the notebook, and wait until its page is connected to its kernel."""
    page.set_default_timeout(_START * 1000)
    page.add_init_script(_WATCH)
    page.goto(server.url)
    page.locator(".jp-CodeCell .cm-content").first.click()
    # Before that, JupyterLab would run nothing.
    sessions = server.url.replace(f"/lab/tree/{FIRST}", "/api/sessions")

    def connected() -> bool:
        kernels: list[dict[str, Any]] = [one["kernel"] for one in page.request.get(sessions).json()]
        return any(one["connections"] and one["execution_state"] == "idle" for one in kernels)

    wait_until(connected, _START, what="the notebook's kernel")
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()


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
