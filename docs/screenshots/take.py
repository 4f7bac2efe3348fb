"""Takes the layer explorer's pictures again: `.venv/bin/python docs/screenshots/take.py`, beside `./lab up`.

Builds its images in the workshop's engine, with the workshop's label, and removes them afterwards. Words
behind the command choose pictures by the beginning of their name.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from labhelpers import doctor
from labhelpers.engine import connect
from labhelpers.jupyter import running
from labhelpers.places import places

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

from driving import Lab, cell_on_screen  # noqa: E402

SHOP = """FROM localhost:5005/lab/python:3.11
ENV FLASK_ENV=production
WORKDIR /shop
COPY requirements.txt ./
RUN pip install --no-index -r requirements.txt
COPY . ./
RUN chmod 755 shop.py
RUN python3 make_table.py
RUN rm .env
RUN useradd --create-home shop
"""
END = 'USER shop\nCMD ["python3", "shop.py"]\n'
ONE = f"{SHOP}RUN sed -i 's/Hello/Hello, layers/' shop.py\nEXPOSE 5000\n{END}"
TWO = f"{SHOP}RUN rm -rf /wheelhouse\nCOPY --chmod=755 shop.py ./\n{END}"
STUDY = """FROM localhost:5005/lab/datascience:1
RUN python -c "import numpy; numpy.save('train.npy', numpy.random.default_rng(1).random(20_000_000))"
"""
FILES = {
    "requirements.txt": "flask\n",
    ".env": "PASSWORD=hunter2\n",
    "make_table.py": "open('table.csv', 'w').writelines(f'{n},{n * n}\\n' for n in range(150_000))\n",
    "shop.py": "from flask import Flask\n\napp = Flask(__name__)\n\n\n"
    "@app.route('/')\ndef index():\n    return 'Hello'\n",
}
BUILD = """from pathlib import Path
from labhelpers import explore
folder = Path({folder!r})
(folder / "Dockerfile").write_text({dockerfile!r})
(folder / "shop.py").write_text((folder / "shop.py").read_text().replace("Hello", {word!r}))
explore.build(folder, tag={tag!r})"""
SHOW = "from labhelpers import explore\nw = explore({what})\n{more}\nw"
LIVE = f"{ONE}RUN sleep 8\nRUN echo done > ~/done\n"


def cells(folder: str) -> dict[str, str]:
    """For each picture, the cell that draws it."""
    twelve = "w.mode, w.selected_layer, w.selected_path = 'layer', 11, '/shop/shop.py'"
    return {
        "one-layer": SHOW.format(what="'docker://localhost:5005/lab/base:12'", more=""),
        "twelve-layers": SHOW.format(what="'shop:1.0'", more=twelve),
        "large": SHOW.format(what="'shop:large'", more="w.mode = 'files'"),
        "compare": SHOW.format(what="'shop:1.0', compare='shop:2.0'", more=""),
        "build": BUILD.format(folder=folder, dockerfile=LIVE, word="Good day", tag="shop:3.0"),
    }


def choose(page: Page, theme: str) -> None:
    """The theme, from the menu."""
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu-item[data-type=submenu]", has_text="Theme").first.hover()
    page.locator(".lm-Menu-item", has_text=re.compile(f"^JupyterLab {theme}$")).click()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "Light").lower())


def take(page: Page, lab: Lab, name: str, code: str, theme: str, width: int) -> None:
    """One picture: the explorer by itself, in a window of this width."""
    page.set_viewport_size({"width": 1400, "height": 1700})
    with cell_on_screen(page, lab, code):
        explorer = page.locator(".lx").first
        there = ".lx-box.running" if name == "build" else ".lx-row"
        explorer.locator(there).first.wait_for(timeout=300_000)
        page.keyboard.press("Control+b")  # the file browser goes, the notebook has the whole window
        choose(page, theme)
        page.set_viewport_size({"width": width, "height": 2200})
        if name == "twelve-layers":
            expect(explorer.locator(".lx-content pre")).to_be_visible(timeout=60_000)
            page.wait_for_timeout(2000)  # until nothing draws it anew
            explorer.get_by_role("button", name=re.compile("^What changed")).last.click()
            explorer.locator(".lx-line").first.wait_for(timeout=120_000)
        if name == "large":
            explorer.get_by_role("button", name="Sort by size").click()
        if name == "build":
            expect(explorer.locator(".lx-box.running")).to_contain_text("sleep", timeout=60_000)
        expect(explorer.locator(".lx-status")).not_to_contain_text("Waiting", timeout=30_000)
        page.wait_for_timeout(400)  # the tree has its height when the window has its own
        narrow = "" if width > 1000 else "-dark-narrow"
        explorer.screenshot(path=HERE / f"explorer-{name}{narrow}.png")
        choose(page, "Light")


def main(wanted: tuple[str, ...]) -> None:
    """Take those pictures whose name begins with one of `wanted`; all without."""
    server = running(places())
    program = doctor.browser()
    if server is None or program is None:
        sys.exit("Start the workshop first (./lab up); a Chromium must be there (./lab test brings one).")
    lab = Lab(server.url)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        for name, text in FILES.items():
            (Path(folder) / name).write_text(text)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        try:
            for dockerfile, word, tag in (
                (ONE, "Hello", "shop:1.0"),
                (TWO, "Welcome", "shop:2.0"),
                (STUDY, "Welcome", "shop:large"),
            ):
                with cell_on_screen(
                    page, lab, BUILD.format(folder=folder, dockerfile=dockerfile, word=word, tag=tag)
                ):
                    page.locator(".lx-row").first.wait_for(timeout=300_000)
            for name, code in cells(folder).items():
                if name.startswith(wanted or ""):
                    take(page, lab, name, code, "Light", 1400)
                    take(page, lab, name, code, "Dark", 600)
        finally:
            browser.close()
            engine = connect()
            for image in engine.api.images.list(name="shop"):
                engine.api.images.remove(image.id, force=True)
            engine.close()


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
