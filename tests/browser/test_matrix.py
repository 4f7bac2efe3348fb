"""The matrix in a real JupyterLab: the box, the keyboard, more rows, axe-core."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from driving import Lab, axe, cell_on_screen
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.engine]


@pytest.fixture
def shown(page: Page, lab: Lab) -> Iterator[Locator]:
    """A matrix on the screen, in a notebook that is gone afterwards."""
    with cell_on_screen(page, lab, "from labhelpers import matrix\nw = matrix(); w"):
        found = page.locator(".mx").first
        found.locator("td[data-at]").first.wait_for(timeout=60_000)
        yield found


def test_the_box_is_dropped_in_and_the_keyboard_walks(page: Page, shown: Locator) -> None:
    expect(shown.locator(".mx-count")).to_contain_text("6 × 7 = 42")
    expect(shown.locator("td[data-at]")).to_have_count(42)
    box = shown.get_by_role("button", name="Drop the box in")
    box.focus()
    page.keyboard.press("Space")
    expect(shown.locator(".mx-count")).to_contain_text("6 + 7 = 13")
    expect(shown.locator(".mx-box")).to_have_attribute("aria-pressed", "true")
    expect(shown.locator(".mx-box")).to_be_focused()
    page.keyboard.press("Space")
    expect(shown.locator(".mx-count")).to_contain_text("42")

    more = shown.get_by_role("button", name="One more kind of software")
    more.click()
    expect(shown.locator(".mx-count")).to_contain_text("7 × 7 = 49")
    expect(shown.locator("td[data-at]")).to_have_count(49)

    page.keyboard.press("Tab")  # to "one more machine"
    page.keyboard.press("Tab")  # into the table: one stop, whatever its size
    expect(shown.locator("[data-at='0,0']")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(shown.locator("[data-at='1,1']")).to_be_focused()
    expect(shown.locator(".mx-said")).to_have_text(
        "web frontend on QA server: an integration of its own, still open."
    )
    page.keyboard.press("End")
    expect(shown.locator("[data-at='1,6']")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(shown.locator("[data-at='1,6']")).to_be_focused()
    # JupyterLab's own keys must not reach the notebook: d d would delete its cell.
    page.keyboard.press("d")
    page.keyboard.press("d")
    expect(shown.locator("[data-at='1,6']")).to_be_focused()


@pytest.mark.parametrize("boxed", [False, True])
def test_axe_finds_nothing(page: Page, shown: Locator, boxed: bool) -> None:
    if boxed:
        shown.locator(".mx-box").click()
        expect(shown.locator(".mx-count")).to_contain_text("13")
    shown.locator("[data-at='0,0']").focus()
    assert axe(page, ".mx") == []
