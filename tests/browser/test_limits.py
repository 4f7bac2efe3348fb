"""Live limits in a real JupyterLab: the bars, a slider by keyboard, axe-core."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from driving import Lab, axe, cell_on_screen
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.engine]
NAME = "limits-page-20"
CODE = f"from labhelpers import live_limits\nlive_limits({NAME!r})"


@pytest.fixture
def shown(page: Page, lab: Lab, docker_env: dict[str, str]) -> Iterator[Locator]:
    """The limits of a container on the screen."""
    remove = ["docker", "rm", "--force", NAME]
    options = ["--memory", "64m", "--cpus", "0.5", "localhost:5005/lab/busybox:1"]
    subprocess.run(remove, env=docker_env, check=True, capture_output=True)
    subprocess.run(
        ["docker", "run", "-d", "--name", NAME, *options, "sleep", "3600"], env=docker_env, check=True
    )
    try:
        with cell_on_screen(page, lab, CODE):
            found = page.locator(".lv").first
            found.wait_for(timeout=60_000)
            yield found
    finally:
        subprocess.run(remove, env=docker_env, check=True, capture_output=True)


def test_a_slider_changes_the_limit_by_keyboard(page: Page, shown: Locator) -> None:
    memory = shown.get_by_role("slider", name="Memory: the limit")
    expect(shown.locator(".lv-number").first).to_contain_text("of 64 MiB", timeout=60_000)
    memory.focus()
    page.keyboard.press("ArrowRight")
    expect(shown.locator("pre")).to_have_text(
        f"docker update --memory 72m --memory-swap 144m --cpus 0.5 {NAME}", timeout=60_000
    )
    expect(shown.locator(".lv-number").first).to_contain_text("of 72 MiB")
    expect(memory).to_have_js_property("value", "72")
    expect(memory).to_be_focused()
    assert axe(page, ".lv") == []
