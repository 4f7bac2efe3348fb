"""`./lab slides`: the talk as one page."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from labhelpers.cli._show import console
from labhelpers.places import places
from labhelpers.slides.page import THEMES
from labhelpers.slides.serve import Server
from labhelpers.slides.source import Source
from labhelpers.units import human

DEFAULT_PORT = 8890


@click.command("slides")
@click.argument("name", default="talk")
@click.option("--serve", is_flag=True, help="Show them at 127.0.0.1, and again when their source changes.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="For --serve."
)
@click.option(
    "--theme",
    type=click.Choice(THEMES),
    default="auto",
    show_default=True,
    help="Light, dark, or the viewer's own.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the page goes.  [default: reports/NAME.html]",
)
def command(name: str, serve: bool, port: int, theme: str, output: Path | None) -> int:
    """Make the slides NAME ("talk", "cheatsheet") one page that needs no network.

    In the page: arrow keys move, S opens the speaker's view, F fills the screen, O shows all; with
    ?print-pdf behind its address the browser prints it to PDF. The first time fetches reveal.js (2.4 MB).
    """
    source = Source(name)
    if serve:
        with Server(source, places(), port=port, theme=theme) as server, suppress(KeyboardInterrupt):
            console.print(f"The slides are at\n  {server.url}\nCtrl-C ends it.", markup=False)
            server.serve_forever()
        return 0
    made = source.page(places(), theme=theme)
    output = output or Path("reports") / f"{name}.html"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(made, encoding="utf-8")
    console.print(f"Written: {output} ({human(len(made.encode()))})", markup=False)
    return 0
