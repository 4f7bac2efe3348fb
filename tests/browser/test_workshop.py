"""A learner's first steps, in a real browser: open the workshop, run a notebook, use the terminal."""

from __future__ import annotations

import re
import urllib.parse
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page
from support import Up

from labhelpers.engine import Engine
from labhelpers.wait import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.engine]


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


@pytest.fixture
def lab(up: Up) -> Lab:
    return Lab(up.url)


@pytest.fixture
def notebook(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    """A copy of a learner's notebook, so that running it leaves the checkout as it was."""
    copy = lab.call("POST", "contents", json={"copy_from": request.param})["name"]
    yield copy
    for session in lab.call("GET", "sessions"):
        if session["path"] == copy:
            lab.call("DELETE", f"sessions/{session['id']}")
    lab.call("DELETE", f"contents/{copy}")


def run_all(page: Page, lab: Lab, path: str) -> list[dict[str, Any]]:
    """Open a notebook as a person does, run all its cells, save, and return its code cells."""
    page.goto(lab.page(f"/tree/{path}"))
    page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=60_000)
    # Before the page is connected to its kernel, JupyterLab would ask for one.
    wait_until(lambda: lab.connected(path), 60, what=f"the kernel of {path}")
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    # JupyterLab draws [*] beside a cell that waits, and its number when it has run; the last one runs last.
    last = page.locator(".jp-CodeCell .jp-InputPrompt").last
    wait_until(
        lambda: re.fullmatch(r"\[\d+\]:", last.inner_text().strip()),
        240,
        what=f"every cell of {path}",
        every=0.5,
    )
    page.keyboard.press("Control+s")
    page.locator(".jp-mod-dirty").wait_for(state="detached")
    return lab.code_cells(path)


def see(page: Page, text: str) -> None:
    """Scroll through the notebook from its top until the text stands on the screen."""
    window = page.locator(".jp-WindowedPanel-outer")
    window.evaluate("panel => panel.scrollTo(0, 0)")

    def found() -> bool:
        if page.get_by_text(text).filter(visible=True).count():
            return True
        window.evaluate("panel => panel.scrollBy(0, panel.clientHeight / 2)")
        return False

    wait_until(found, 20, what=f"{text!r} on the page", every=0.2)


def text_of(cell: dict[str, Any]) -> str:
    parts = [o.get("text") or o.get("data", {}).get("text/plain") or "" for o in cell["outputs"]]
    return "".join("".join(part) for part in parts)


@pytest.mark.parametrize("notebook", ["03_containers.ipynb"], indirect=True)
def test_containers_run_top_to_bottom(page: Page, lab: Lab, notebook: str, engine: Engine) -> None:
    cells = run_all(page, lab, notebook)
    raised = [c["source"] for c in cells for o in c["outputs"] if o["output_type"] == "error"]
    assert raised == []
    said = "\n".join(map(text_of, cells))
    assert "Hello from inside" in said
    kernel = engine.info()["KernelVersion"].split("-")[0]
    assert kernel in said, "a container's kernel is the engine's"
    # What stands in the saved file stands on the learner's screen, too.
    see(page, "line 3")


@pytest.mark.parametrize("notebook", ["00_start_here.ipynb"], indirect=True)
def test_start_here_says_that_all_is_well(page: Page, lab: Lab, notebook: str) -> None:
    cells = run_all(page, lab, notebook)
    assert [c["source"] for c in cells for o in c["outputs"] if o["output_type"] == "error"] == []
    assert "Everything that the workshop needs is here." in "\n".join(map(text_of, cells))
    see(page, "Everything that the workshop needs is here.")


def test_terminal_reaches_the_same_engine(page: Page, lab: Lab, engine: Engine, tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    page.goto(lab.page(""))
    page.locator(".jp-Launcher").wait_for(timeout=60_000)
    page.locator(".jp-LauncherCard", has_text="Terminal").click()
    page.locator(".jp-Terminal .xterm-screen").click(timeout=30_000)
    page.keyboard.type(f"docker info --format '{{{{.ID}}}}' > {answer}.part; mv {answer}.part {answer}\n")
    wait_until(answer.exists, 30, what="the terminal's answer")
    try:
        assert answer.read_text().strip() == engine.info()["ID"]
    finally:
        for terminal in lab.call("GET", "terminals"):
            lab.call("DELETE", f"terminals/{terminal['name']}")


def test_without_the_token_nothing_is_shown(up: Up, lab: Lab) -> None:
    answer = requests.get(f"{lab.base}/api/contents", timeout=10)
    assert answer.status_code == 403
    wrong = requests.get(f"{lab.base}/api/contents?token={uuid.uuid4().hex}", timeout=10)
    assert wrong.status_code == 403
    assert re.search(r"http://127\.0\.0\.1:", up.url)


def test_page_asks_no_other_host(page: Page, lab: Lab) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(lab.page("/tree/00_start_here.ipynb"))
    page.get_by_role("menuitem", name="Run", exact=True).wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")
    outside = [url for url in asked if not url.startswith((lab.base, "data:", "blob:"))]
    assert asked
    assert outside == []
