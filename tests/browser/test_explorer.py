"""The layer explorer in a real JupyterLab: drawn, walked through by keyboard, sorted, saved, reopened."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from driving import Lab, bring_axe, open_notebook, run_cells, save
from nbconvert import HTMLExporter
from playwright.sync_api import Locator, Page, expect

from labhelpers.engine import Engine, session
from labhelpers.labels import WORKSHOP
from labhelpers.places import places
from labhelpers.wait import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.engine]

IMAGE = """
from labhelpers import LayerExplorer, explore, sample_image
from labhelpers.samples import Node
steps = ["ADD base.tar /", "RUN make", "COPY app.py /app/", "RUN chmod 755 /app/app.py"]
files = [
    {"etc/passwd": b"root\\n", "big/blob": b"x" * 300_000},
    {"var/cache/pkg": b"c" * 90_000, "etc/passwd": b"root\\nme\\n", "big/.wh.blob": b""},
    {"app/app.py": b"print('hello')\\n", "app/data": b"12", "readme": b"r" * 10},
    {"app/app.py": Node(content=b"print('hello')\\n", mode=0o755)},
]
files[0] |= {f"lib/m{n:04d}.py": b"1" * n for n in range(3000)}
history = [{"created_by": step} for step in steps]
history.insert(1, {"created_by": "ENV PATH=/bin", "empty_layer": True})
image = sample_image(files, history=history)
"""
FOCUSED = "document.activeElement.getAttribute('role') || document.activeElement.tagName"
# Controls and texts that stand further to the right than the explorer does.
OUTSIDE = """lx => [...lx.querySelectorAll("button, input, select, p, dd, .lx-row, table")]
  .filter(one => one.getBoundingClientRect().right > lx.getBoundingClientRect().right)
  .map(one => one.outerHTML)"""
HOSTILE = """
name = "<img src=x onerror=window.hacked=1>\\u202egnp.exe"
steps = [f"RUN <script>window.hacked=1</script>{name}"]
content = b"<b>bold</b>\\x1b[31m"
bad = sample_image([{name: content}], history=[{"created_by": step} for step in steps])
"""


@pytest.fixture
def write(lab: Lab) -> Iterator[object]:
    """Makes a notebook of cells and returns its path; it is gone after the test."""
    made: list[str] = []

    def write(*cells: str) -> str:
        path = f"explorer-{uuid.uuid4().hex[:8]}.ipynb"
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        lab.call("PUT", f"contents/{path}", json={"type": "notebook", "content": notebook})
        made.append(path)
        return path

    yield write
    for path in made:
        for one in lab.call("GET", "sessions"):
            if one["path"] == path:
                lab.call("DELETE", f"sessions/{one['id']}")
        lab.call("DELETE", f"contents/{path}")


def show(page: Page, lab: Lab, path: str) -> Locator:
    """Run a notebook; the first explorer on its page."""
    open_notebook(page, lab, path)
    run_cells(page)
    explorer = page.locator(".lx").first
    explorer.locator(".lx-row").first.wait_for(timeout=60_000)
    return explorer


def names(explorer: Locator) -> list[str]:
    return explorer.locator(".lx-row .lx-text").all_inner_texts()


def at(explorer: Locator) -> Locator:
    """The row that the keyboard is at."""
    return explorer.locator(".lx-row.at")


def test_it_paints_the_stack_and_asks_no_other_host(page: Page, lab: Lab, write) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    explorer = show(page, lab, write(IMAGE + "explore(image)"))
    boxes = explorer.locator("[data-layer]")
    assert boxes.evaluate_all("all => all.map(one => one.dataset.layer)") == ["3", "2", "1", "0"]
    expect(explorer.locator(".lx-step")).to_contain_text("no layer")
    heights = [box["height"] for box in (boxes.nth(n).bounding_box() for n in range(4)) if box]
    assert max(heights) == heights[3]
    assert min(heights) >= 40
    expect(explorer.locator(".lx-head")).to_contain_text("Reclaimable")
    explorer.get_by_role("button", name="Copy the digest").click()
    expect(explorer.locator(".lx-status")).to_have_text(re.compile("The digest is copied|^sha256:"))
    outside = [
        url
        for url in asked
        if not url.startswith((lab.base, lab.base.replace("http", "ws"), "data:", "blob:"))
    ]
    assert outside == []


def test_layers_folders_files_and_versions_open(page: Page, lab: Lab, write) -> None:
    explorer = show(page, lab, write(IMAGE + "explore(image)"))
    assert names(explorer) == ["app/", "app.py"]
    expect(explorer.locator(".lx-row.metadata")).to_contain_text("metadata only")
    explorer.locator("[data-layer='0']").click()
    expect(explorer.locator(".lx-row", has_text="passwd")).to_contain_text("hidden by layer 1")
    explorer.locator(".lx-row", has_text="lib/").click()
    expect(explorer.locator(".lx-row", has_text="m0003.py")).to_be_visible()
    # Of three thousand rows only those on the screen are there.
    assert explorer.locator(".lx-row").count() < 60
    explorer.get_by_role("tree").evaluate("tree => tree.scrollTop = tree.scrollHeight")
    expect(explorer.locator(".lx-row", has_text="m2999.py")).to_be_visible()
    explorer.get_by_role("tab", name="Filesystem up to here").click()
    explorer.locator("[data-layer='1']").click()
    explorer.locator(".lx-row", has_text="passwd").click()
    expect(explorer.locator(".lx-detail")).to_contain_text("Stored in layers 0 and 1")
    expect(explorer.locator(".lx-content pre")).to_have_text("root\nme\n")
    explorer.get_by_role("button", name="What changed from layer 0's version to layer 1's").click()
    expect(explorer.locator(".lx-line.added")).to_have_text("+me\n")
    explorer.get_by_role("button", name="Content of layer 0's version as hexadecimal digits").click()
    expect(explorer.locator(".lx-content pre")).to_contain_text("72 6f 6f 74 0a")
    # 1,200 pixels at a zoom of 200 % are 600: nothing is cut off, nothing has to be scrolled sideways.
    page.set_viewport_size({"width": 600, "height": 800})
    page.keyboard.press("Control+b")
    wait_until(lambda: explorer.evaluate("lx => lx.clientWidth") < 560, 20, what="the narrow window")
    assert explorer.evaluate(OUTSIDE) == []
    expect(explorer.locator(".lx-row", has_text="passwd")).to_be_visible()
    expect(explorer.get_by_role("searchbox")).to_be_visible()


def test_filtering_and_sorting(page: Page, lab: Lab, write) -> None:
    explorer = show(page, lab, write(IMAGE + "w = explore(image); w.selected_layer = 0; w"))
    box = explorer.get_by_role("searchbox", name="Filter by path")
    box.fill("m000")
    expect(explorer.locator(".lx-status")).to_have_text("10 found")
    box.fill("m[12]00[0-3]")
    explorer.get_by_role("button", name="regular expression").click()
    expect(explorer.locator(".lx-status")).to_have_text("8 found")
    explorer.get_by_role("button", name="Sort by size").click()
    wait_until(lambda: names(explorer)[:2] == ["lib/", "m2003.py"], 20, what="the largest file first")
    box.fill("(")
    expect(explorer.locator(".lx-status")).to_contain_text("no regular expression")
    box.fill("")
    explorer.get_by_label("Least size").select_option("100kB")
    expect(explorer.locator(".lx-status")).to_have_text("1 found")
    assert names(explorer) == ["big/", "blob"]
    explorer.get_by_label("Least size").select_option("")
    explorer.get_by_role("button", name="hidden later").click()
    expect(explorer.locator(".lx-status")).to_have_text("2 found")


def test_everything_can_be_done_by_keyboard(page: Page, lab: Lab, write) -> None:
    explorer = show(page, lab, write(IMAGE + "explore(image)"))
    explorer.locator("[data-layer='3']").focus()
    for key, layer in (("ArrowDown", "2"), ("End", "0"), ("ArrowUp", "1"), ("Home", "3"), ("ArrowDown", "2")):
        page.keyboard.press(key)
        expect(explorer.locator("[aria-current=true]")).to_have_attribute("data-layer", layer)
        expect(explorer.locator(f"[data-layer='{layer}']")).to_be_focused()
    expect(explorer.locator(".lx-row", has_text="app/").first).to_be_visible()
    # On to the tabs, through the tools, into the tree: Tab reaches each.
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("document.activeElement.getAttribute('role') || document.activeElement.tagName")
        )
        if seen[-1] == "tree":
            break
    assert seen[0] == "tab"
    assert "INPUT" in seen
    assert "SELECT" in seen
    assert seen[-1] == "tree", seen
    tree = explorer.get_by_role("tree")
    page.keyboard.press("Home")
    expect(at(explorer)).to_contain_text("app/")
    # What hears of it without seeing is told the same.
    expect(tree).to_have_attribute("aria-activedescendant", at(explorer).get_attribute("id") or "?")
    page.keyboard.press("ArrowRight")  # open already: to what is in it
    expect(at(explorer)).to_contain_text("app.py")
    page.keyboard.press("ArrowLeft")
    expect(at(explorer)).to_contain_text("app/")
    page.keyboard.press("ArrowLeft")
    expect(at(explorer)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    expect(at(explorer)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("End")
    expect(at(explorer)).to_contain_text("readme")
    page.keyboard.press("a")  # a letter goes to the next name that begins with it
    expect(at(explorer)).to_contain_text("app/")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(explorer.locator(".lx-detail")).to_contain_text("/readme")
    expect(tree).to_be_focused()
    outline = at(explorer).evaluate("row => getComputedStyle(row).outlineStyle")
    assert outline == "solid", "where the keyboard is can be seen"
    # JupyterLab's own keys (j and k move between cells, d d deletes one) must not reach the notebook.
    for key in "kjdd":
        page.keyboard.press(key)
    expect(tree).to_be_focused()
    assert page.locator(".jp-CodeCell").count() >= 1
    explorer.get_by_role("tab", name="This layer").focus()
    page.keyboard.press("ArrowRight")
    expect(explorer.get_by_role("tab", name="Filesystem up to here")).to_be_focused()
    page.keyboard.press("End")
    expect(explorer.get_by_role("tab", name="Waste")).to_have_attribute("aria-selected", "true")


def choose_theme(page: Page, theme: str) -> None:
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu-item[data-type=submenu]", has_text="Theme").first.hover()
    page.locator(".lm-Menu-item", has_text=re.compile(f"^JupyterLab {theme}$")).click()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "Light").lower())


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing(page: Page, lab: Lab, write, theme: str) -> None:
    explorer = show(page, lab, write(IMAGE + "w = explore(image, compare=sample_image(files[:2])); w"))
    choose_theme(page, theme)
    bring_axe(page)
    try:
        for mode in ("compare", "layer", "files", "waste"):
            explorer.locator(f"[data-mode={mode}]").click()
            if mode == "layer":
                explorer.locator("[data-layer='1']").click()
            if mode in ("layer", "files"):
                explorer.locator(".lx-row", has_text="passwd").click()
                expect(explorer.locator(".lx-content pre")).to_be_visible()
            found = page.evaluate("axe.run('.lx')")
            problems = {
                one["id"]: [node["html"] + node["failureSummary"] for node in one["nodes"]]
                for one in found["violations"]
            }
            assert problems == {}, mode
            assert len(found["passes"]) > 10
    finally:
        choose_theme(page, "Light")


def test_names_of_a_hostile_image_are_text(page: Page, lab: Lab, write) -> None:
    explorer = show(page, lab, write(IMAGE + HOSTILE + "explore(bad)"))
    expect(explorer.locator(".lx-row .lx-text")).to_have_text(
        ["<img src=x onerror=window.hacked=1>\\u202egnp.exe"]
    )
    explorer.locator(".lx-row").click()
    expect(explorer.locator(".lx-content pre")).to_have_text("<b>bold</b>\\x1b[31m")
    assert explorer.locator("img, script, b:has-text('bold')").count() == 0
    expect(explorer.locator("[data-layer='0']")).to_contain_text("<script>window.hacked=1</script>")
    assert page.evaluate("window.hacked") is None
    assert "\u202e" not in explorer.inner_text()


def test_two_on_one_page_are_two_and_can_be_linked(page: Page, lab: Lab, write) -> None:
    cells = (IMAGE + "import traitlets\none, two = explore(image), explore(image)\none", "two")
    explorer = show(page, lab, write(*cells))
    second = page.locator(".lx").nth(1)
    second.locator(".lx-row").first.wait_for()
    explorer.locator("[data-layer='1']").click()
    expect(explorer.locator("[aria-current=true]")).to_have_attribute("data-layer", "1")
    expect(second.locator("[aria-current=true]")).to_have_attribute("data-layer", "3")
    ids = page.evaluate("[...document.querySelectorAll('.lx [id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))


def test_the_notebook_reads_and_sets_what_is_chosen(page: Page, lab: Lab, write) -> None:
    path = write(
        IMAGE + "w = explore(image); w",
        "w.selected_layer = 1; w.selected_path = '/etc/passwd'; w.filter = 'etc'",
    )
    explorer = show(page, lab, path)
    expect(explorer.locator("[aria-current=true]")).to_have_attribute("data-layer", "1")
    expect(explorer.locator(".lx-row.chosen")).to_contain_text("passwd")
    expect(explorer.get_by_role("searchbox")).to_have_value("etc")
    expect(explorer.locator(".lx-detail")).to_contain_text("/etc/passwd")


def test_saving_reopening_and_the_picture_in_nbconverts_html(page: Page, lab: Lab, write) -> None:
    path = write(IMAGE + "explore(image)")
    explorer = show(page, lab, path)
    explorer.locator("[data-layer='1']").click()
    save(page)
    page.goto("about:blank")
    open_notebook(page, lab, path)
    # The kernel still has it, so it is there again, as it was left.
    again = page.locator(".lx").first
    again.locator(".lx-row").first.wait_for(timeout=60_000)
    expect(again.locator("[aria-current=true]")).to_have_attribute("data-layer", "1")

    saved = nbformat.from_dict(lab.call("GET", f"contents/{path}")["content"])
    assert "widgets" not in saved.metadata
    html, _ = HTMLExporter(template_name="lab").from_notebook_node(saved)
    picture = html[html.index('aria-label="Layers of') :]
    assert "RUN chmod 755 /app/app.py" in picture
    assert "/big/blob" in picture
    assert "run the cell to explore" in picture


def test_after_a_restart_the_cell_brings_it_back(page: Page, lab: Lab, write) -> None:
    path = write(IMAGE + "import os\nprint('process', os.getpid())\nexplore(image)")
    explorer = show(page, lab, path)
    process = page.locator(".jp-OutputArea-output", has_text="process").first
    before = process.inner_text()
    page.locator(".jp-Toolbar-item[data-jp-item-name=restart]").click()
    page.locator(".jp-Dialog button", has_text="Restart").click()
    page.locator(".jp-Dialog").wait_for(state="detached")
    wait_until(lambda: lab.connected(path), 60, what="the kernel after its restart")
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=60_000)
    explorer.locator("[data-layer='0']").click()
    expect(explorer.locator(".lx-status")).to_contain_text("run the cell again", timeout=20_000)
    run_cells(page)
    expect(process).not_to_have_text(before, timeout=60_000)
    explorer.locator("[data-layer='1']").click()
    expect(explorer.locator(".lx-row", has_text="passwd")).to_be_visible()


def test_a_build_is_seen_while_it_goes_and_says_why_the_cache_was_lost(
    page: Page, lab: Lab, write, engine: Engine, tmp_path: Path
) -> None:
    mark = uuid.uuid4().hex[:8]
    (tmp_path / "Dockerfile").write_text(
        f"FROM localhost:5005/lab/busybox:1\nCOPY a.txt /a\nRUN echo {mark} > /b && sleep 3\nCOPY c.txt /c\n"
    )
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "c.txt").write_text("c")
    tag = f"explorer-{mark}:1"
    build = f"first = labhelpers.explore.build({str(tmp_path)!r}, tag={tag!r}); first"
    change = f"from pathlib import Path; Path({str(tmp_path)!r}, 'c.txt').write_text('changed')"
    path = write(f"import labhelpers\n{build}", f"{change}\n{build}")
    try:
        open_notebook(page, lab, path)
        run_cells(page)
        expect(page.locator(".lx-box.running", has_text="sleep 3")).to_be_visible(timeout=60_000)
        second = page.locator(".lx").nth(1)
        expect(second.locator(".lx-phase")).to_contain_text(
            "The cache was lost at step 4/4 (COPY c.txt /c): c.txt changed.",
            timeout=60_000,
        )
        expect(second.locator("[data-layer='3']")).to_contain_text("run, ")
        expect(second.locator("[data-layer='2']")).to_contain_text("reused from cache")
    finally:
        engine.api.images.remove(tag, force=True)


def test_a_containers_writes_appear_while_it_works(page: Page, lab: Lab, write, engine: Engine) -> None:
    name = f"explorer-{uuid.uuid4().hex[:8]}"
    container = engine.api.containers.run(
        "localhost:5005/lab/busybox:1",
        ["sleep", "300"],
        name=name,
        detach=True,
        labels={WORKSHOP: session(places())},
    )
    try:
        show(page, lab, write(f"import labhelpers\nlabhelpers.explore(container={name!r})"))
        layer = page.locator(".lx-writable")
        expect(layer).to_contain_text("it has changed nothing yet")
        container.exec_run(["sh", "-c", "echo 1 > /new && rm /bin/wget"])
        expect(layer).to_contain_text("/new added", timeout=20_000)
        expect(layer).to_contain_text("/bin/wget removed")
    finally:
        container.remove(force=True)
