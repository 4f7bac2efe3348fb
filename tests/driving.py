"""Driving a JupyterLab as a person does: opening a notebook, running its cells, reading what was saved."""

from __future__ import annotations

import importlib.util
import re
import urllib.parse
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
import requests
from playwright.sync_api import Browser, Page, sync_playwright

from labhelpers import doctor
from labhelpers.wait import wait_until

# Without these Chromium looks for its maker's hosts at every start.
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless Chromium from the system, driven by Playwright."""
    program = doctor.browser()
    if program is None:
        # `./lab test` installs one where it can; see labhelpers.cli.test.
        pytest.fail("no Chromium on this machine: install one, then repeat")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_QUIET)
        yield browser
        browser.close()


class Lab:
    """JupyterLab's REST interface, with the token of `./lab up`."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self.base = f"{parts.scheme}://{parts.netloc}"
        self.token = urllib.parse.parse_qs(parts.query)["token"][0]

    def call(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"token {self.token}"}
        answer = requests.request(method, f"{self.base}/api/{path}", headers=headers, timeout=10, **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def code_cells(self, path: str) -> list[dict[str, Any]]:
        """The code cells of a notebook as it is saved, empty ones left out."""
        cells = self.call("GET", f"contents/{path}")["content"]["cells"]
        return [c for c in cells if c["cell_type"] == "code" and "".join(c["source"]).strip()]

    def connected(self, path: str) -> bool:
        """Whether a page is connected to the notebook's kernel, and the kernel waits for work."""
        kernels = [s["kernel"] for s in self.call("GET", "sessions") if s["path"] == path]
        return any(k["execution_state"] == "idle" and k["connections"] for k in kernels)

    def page(self, path: str) -> str:
        return f"{self.base}/lab{path}?token={self.token}&reset"


@contextmanager
def cell_on_screen(page: Page, lab: Lab, code: str) -> Iterator[None]:
    """A notebook of one cell, opened and run; gone afterwards, and its kernel with it."""
    path = f"one-cell-{uuid.uuid4().hex[:8]}.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(code)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    lab.call("PUT", f"contents/{path}", json={"type": "notebook", "content": notebook})
    try:
        open_notebook(page, lab, path)
        run_cells(page)
        yield
    finally:
        for one in lab.call("GET", "sessions"):
            if one["path"] == path:
                lab.call("DELETE", f"sessions/{one['id']}")
        lab.call("DELETE", f"contents/{path}")


def bring_axe(page: Page) -> None:
    """Put axe-core into a page, as `axe`."""
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    page.evaluate((Path(spec.origin).parent / "axe.min.js").read_text())


def axe(page: Page, selector: str) -> list[Any]:
    """What axe-core has against a part of the page: the rule and the element."""
    bring_axe(page)
    rules = "violations.map(v => [v.id, v.nodes[0].html])"
    found: list[Any] = page.evaluate(f"async selector => (await axe.run(selector)).{rules}", selector)
    return found


def open_notebook(page: Page, lab: Lab, path: str) -> None:
    """Open a notebook and wait until its page is connected to its kernel."""
    page.goto(lab.page(f"/tree/{path}"))
    page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=60_000)
    # Before the page is connected to its kernel, JupyterLab would ask for one.
    wait_until(lambda: lab.connected(path), 60, what=f"the kernel of {path}")
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=60_000)


def run_cells(page: Page) -> None:
    """Run all cells of the notebook that is open."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def save(page: Page) -> None:
    """Save the notebook that is open."""
    page.keyboard.press("Control+s")
    page.locator(".jp-mod-dirty").wait_for(state="detached")


def run_all(page: Page, lab: Lab, path: str) -> list[dict[str, Any]]:
    """Open a notebook as a person does, run all its cells, save, and return its code cells."""
    open_notebook(page, lab, path)
    run_cells(page)

    # JupyterLab draws [*] beside a cell that waits, and its number when it has run; the last one runs last.
    last = page.locator(".jp-CodeCell .jp-InputPrompt").last
    wait_until(
        lambda: re.fullmatch(r"\[\d+\]:", last.inner_text().strip()),
        240,
        what=f"every cell of {path}",
        every=0.5,
    )
    save(page)
    return lab.code_cells(path)


def text_of(cell: dict[str, Any]) -> str:
    parts = [o.get("text") or o.get("data", {}).get("text/plain") or "" for o in cell["outputs"]]
    return "".join("".join(part) for part in parts)
