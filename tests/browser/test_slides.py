"""The talk's page in a real browser: whole, without a network, readable, printable, reloading."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from driving import bring_axe
from playwright.sync_api import Browser, Page, expect

from labhelpers.cli.slides import command
from labhelpers.notebooks import NOTEBOOKS
from labhelpers.places import places
from labhelpers.slides.serve import Server
from labhelpers.slides.source import Source

pytestmark = pytest.mark.browser

# What sticks out of the slide that is shown, by more than a pixel.
OUTSIDE = """() => {
  const slide = Reveal.getCurrentSlide(), edge = slide.getBoundingClientRect();
  const out = [];
  for (const one of slide.querySelectorAll("*")) {
    if (one.closest(".notes")) continue;
    const box = one.getBoundingClientRect();
    if (!box.width) continue;
    const low = box.bottom > edge.bottom + 1 || box.right > edge.right + 1;
    if (low || box.left < edge.left - 1 || box.top < edge.top - 1)
      out.push(`${one.tagName} ends at ${Math.round(box.right)}, ${Math.round(box.bottom)}`);
    if (one.tagName === "PRE" && one.scrollWidth > one.clientWidth + 1) out.push("PRE is too wide");
  }
  return out;
}"""

# Whether a printed slide is as large as its page, with a margin around its heading.
FILLS = """all => all.map(slide => {
  const [page, box, head] = [slide.parentElement, slide, slide.querySelector("h1")].map(
    one => one.getBoundingClientRect());
  const whole = box.width >= page.width && box.height >= page.height && head.left - page.left > 60;
  return whole ? "the whole page" : slide.id;
})"""


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page that `./lab slides` writes."""
    page = tmp_path_factory.mktemp("slides") / "talk.html"
    assert command.main(["--output", str(page)], standalone_mode=False) == 0
    return page


def written(folder: Path, name: str) -> Path:
    """The page of one of the sources."""
    page = folder / f"{name}.html"
    page.write_text(Source(name).page(places()), encoding="utf-8")
    return page


def open_talk(page: Page, talk: Path, query: str = "") -> tuple[list[str], list[str]]:
    """Open the page where nothing answers. Returns what it asks for and its errors, which go on growing."""
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.context.set_offline(True)
    page.goto(f"{talk.as_uri()}{query}")
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    return asked, wrong


@pytest.mark.parametrize(
    ("name", "width", "height"), [("talk", 1280, 720), ("talk", 1920, 1080), ("cheatsheet", 1280, 720)]
)
def test_every_slide_fits_and_asks_for_nothing(
    page: Page, tmp_path: Path, name: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    asked, wrong = open_talk(page, written(tmp_path, name))
    titles = [slide.title for slide in Source(name).slides()]
    assert page.evaluate("Reveal.getTotalSlides()") == len(titles)
    for number, title in enumerate(titles):
        page.evaluate("number => Reveal.slide(number)", number)
        expect(page.locator("section.present h1")).to_have_text(title)
        assert page.evaluate(OUTSIDE) == [], title
        pictures = page.locator("section.present img").evaluate_all("all => all.map(one => one.naturalWidth)")
        assert all(pictures), title
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["talk", "cheatsheet"])
def test_axe_finds_nothing_on_any_slide(page: Page, tmp_path: Path, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 1280, "height": 720})
    open_talk(page, written(tmp_path, name))
    bring_axe(page)
    rules = "violations.map(v => [v.id, v.nodes[0].html.slice(0, 120)])"
    found = {0: page.evaluate(f"async () => (await axe.run()).{rules}")}
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate("number => Reveal.slide(number)", number)
        # The page as a whole was looked at once; now this slide alone, which is much quicker.
        look = f"async () => (await axe.run(Reveal.getCurrentSlide())).{rules}"
        found[number + 1] = page.evaluate(look)
    assert {number: what for number, what in found.items() if what} == {}


def test_it_prints_one_page_for_each_slide(browser: Browser, talk: Path, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    try:
        page = context.new_page()
        open_talk(page, talk, "?print-pdf")
        page.locator(".pdf-page").last.wait_for(state="attached")
        assert set(page.locator(".pdf-page > section").evaluate_all(FILLS)) == {"the whole page"}
        printed = page.pdf(prefer_css_page_size=True, print_background=True)
    finally:
        context.close()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == len(Source("talk").slides())


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Server]:
    """A copy of the talk's source, served as `./lab slides --serve` does."""
    for folder in ("src", "slides", "pictures"):
        shutil.copytree(NOTEBOOKS / folder, tmp_path / folder)
    server = Server(Source("talk", tmp_path), places(), port=0, theme="auto")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(20)


def test_a_changed_source_is_shown_and_the_speaker_has_notes(page: Page, served: Server) -> None:
    page.goto(served.url)
    expect(page.locator("section.present h1")).to_have_text("From machines to containers")
    with page.expect_popup() as speaker:
        page.keyboard.press("s")
    expect(speaker.value.locator(".speaker-controls-notes .value")).to_contain_text("Welcome", timeout=30_000)
    speaker.value.close()
    text = served.source.text
    text.write_text(
        text.read_text(encoding="utf-8").replace("# # From machines", "# # Away from machines"),
        encoding="utf-8",
    )
    expect(page.locator("section.present h1")).to_have_text(
        "Away from machines to containers", timeout=30_000
    )
