"""A real browser: headless Chromium from the system, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from driving import Lab, chromium
from playwright.sync_api import Browser, Page
from support import Up


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture
def lab(up: Up) -> Lab:
    return Lab(up.url)
