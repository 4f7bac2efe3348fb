"""A real browser: headless Chromium from the system, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from driving import Lab
from playwright.sync_api import Browser, Page, sync_playwright
from support import Up

from labhelpers.doctor import BROWSERS

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        # `./lab test` installs one where it can; see labhelpers.cli.test.
        pytest.fail("no Chromium on this machine: install one, then repeat")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture
def lab(up: Up) -> Lab:
    return Lab(up.url)
