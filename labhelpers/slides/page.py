"""Slides as one HTML page that holds all it needs: reveal.js, the theme, the pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from labhelpers.slides.deck import Slide
from labhelpers.slides.reveal import Reveal

_HERE = Path(__file__).parent
THEMES = ("auto", "light", "dark")


def reloads(since: str) -> str:
    """The script of a page made from the sources' state `since`: it asks to be told when that is over."""
    return f'new EventSource("changed?since={since}").onmessage = () => location.reload();'


def page(
    slides: Sequence[Slide], reveal: Reveal, *, title: str, theme: str = "auto", since: str | None = None
) -> str:
    """The page. `theme`: one of THEMES; "auto" is the viewer's choice. `since`: see `reloads`."""
    style = (_HERE / "theme.css").read_text(encoding="utf-8")
    start = (_HERE / "start.js").read_text(encoding="utf-8")
    body = "\n".join(map(_section, slides))
    return f"""<!doctype html>
<html lang="en" data-theme="{escape(theme)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<!--
reveal.js:
{reveal.licence.replace("--", "- -")}
-->
<style>{reveal.reset}</style>
<style>{reveal.style}</style>
<style>{style}</style>
</head>
<body>
<main><div class="reveal"><div class="slides">
{body}
</div></div></main>
<script>{_inline(reveal.script)}</script>
<script>{_inline(reveal.notes)}</script>
<script>{_inline(start)}{reloads(since) if since else ""}</script>
</body>
</html>
"""


def _inline(script: str) -> str:
    """A script that can stand in a page: nothing in it ends the element that holds it."""
    return re.sub(r"</(script)", r"<\\/\1", script, flags=re.IGNORECASE)


def _section(slide: Slide) -> str:
    kind = "chapter" if slide.opens_chapter else "content" if slide.notes else "sheet"
    named = slide.chapter and not slide.opens_chapter
    above = f'<p class="above">{escape(slide.chapter)}</p>' if named else ""
    notes = f'<aside class="notes">{"".join(slide.notes)}</aside>' if slide.notes else ""
    return (
        f'<section id="{escape(slide.cell)}" class="{kind}" data-timing="{slide.seconds}">'
        f"{above}{''.join(slide.html)}{notes}</section>"
    )
