"""A learner's first steps, in a real browser: open the workshop, run a notebook, use the terminal."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from driving import Lab, run_all, text_of
from playwright.sync_api import Page
from support import Up

from labhelpers.engine import Engine
from labhelpers.wait import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.engine]


@pytest.fixture
def notebook(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    """A copy of a learner's notebook, so that running it leaves the checkout as it was."""
    copy = lab.call("POST", "contents", json={"copy_from": request.param})["name"]
    yield copy
    for session in lab.call("GET", "sessions"):
        if session["path"] == copy:
            lab.call("DELETE", f"sessions/{session['id']}")
    lab.call("DELETE", f"contents/{copy}")


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


@pytest.mark.long
@pytest.mark.parametrize("notebook", ["03_containers.ipynb"], indirect=True)
@pytest.mark.notebook("03")
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
