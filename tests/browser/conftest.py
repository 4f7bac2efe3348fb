"""A real browser: headless Chromium from the system, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from driving import Lab, chromium
from playwright.sync_api import Browser, BrowserContext, Page
from support import Up


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests, as a person has one: JupyterLab's code comes over and is compiled once."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()
    context.set_offline(False)  # as some tests have it


@pytest.fixture
def lab(up: Up) -> Lab:
    return Lab(up.url)
