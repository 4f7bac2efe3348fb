"""From an executed notebook to slides: pure, and the same every time.

A cell's `slide_type` says what it is: `slide` begins one, `notes` are for the speaker, a cell without one
stands on the slide before it. Notes begin with the slide's time, `(1:30)`; slides of which none has notes are
to be read, and need none.
A slide whose heading is of the first level opens a chapter; its name stands above those that follow.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import unquote

from nbconvert.filters import Highlight2HTML, markdown2html
from nbformat import NotebookNode

from labhelpers.errors import NotebookError

_TIME = re.compile(r"\A\((\d+):(\d\d)\)\s*")
_HEADING = re.compile(r"^(#{1,2}) (.+)$", re.MULTILINE)
_KINDS = {".svg": "image/svg+xml", ".png": "image/png"}


@dataclass
class Slide:
    """One slide. `cell`: the id of its first cell; `seconds` it is meant to take; `html`, `notes`: markup."""

    cell: str
    title: str
    chapter: str
    opens_chapter: bool
    seconds: int = 0
    html: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def slide_type(cell: NotebookNode) -> str:
    """What a cell is to the slides: "slide", "notes", "skip", or "" for more of the same slide."""
    said = str(cell.metadata.get("slideshow", {}).get("slide_type", ""))
    return "" if said == "-" else said


def slides(notebook: NotebookNode, *, folder: Path) -> list[Slide]:
    """The slides of an executed notebook. `folder`: where its relative links start.

    Raises NotebookError for a slide without a heading, and for one without a time where others have notes.
    """
    made: list[Slide] = []
    chapter = ""
    for cell in notebook.cells:
        kind = slide_type(cell)
        if kind == "skip":
            continue
        if kind == "slide":
            heading = _HEADING.search(cell.source)
            if heading is None:
                raise _wrong(cell, "it begins a slide without a heading")
            opens, title = heading[1] == "#", heading[2].strip()
            chapter = title if opens else chapter
            made.append(Slide(str(cell.id), _plain(title), _plain(chapter), opens))
        if not made:
            raise _wrong(cell, "it stands before the first slide")
        if kind == "notes":
            _take_notes(made[-1], cell)
        else:
            made[-1].html += _shown(cell, folder)
    spoken = any(slide.notes for slide in made)
    for slide in made:
        if spoken and not slide.seconds:
            raise NotebookError(
                f"show the slide {slide.title!r}", "its notes say no time", "Begin them with (1:00)."
            )
    return made


def _wrong(cell: NotebookNode, why: str) -> NotebookError:
    return NotebookError(f"show cell {cell.id} as a slide", why, "Mend it in the slides' source.")


def _plain(title: str) -> str:
    return re.sub(r"[`*]", "", title)


def _take_notes(slide: Slide, cell: NotebookNode) -> None:
    if found := _TIME.match(cell.source):
        slide.seconds += int(found[1]) * 60 + int(found[2])
    slide.notes.append(markdown2html(_TIME.sub("", cell.source)))


def _shown(cell: NotebookNode, folder: Path) -> Iterator[str]:
    """A cell as it stands on its slide."""
    if cell.cell_type == "markdown":
        text = re.sub(r'<a class="anchor-link".*?</a>', "", markdown2html(cell.source))
        # On the screen a slide is a page: its heading is the first, whatever it is in the notebook.
        html = re.sub(r"(</?)h([123])\b", lambda h: f"{h[1]}h{max(1, int(h[2]) - 1)}", text)
        # Markdown has no table without a head: one that is empty is none.
        html = re.sub(r"<thead>\s*<tr>\s*(<th></th>\s*)+</tr>\s*</thead>", "", html)
        yield with_pictures(html.replace("<th></th>", "<td></td>"), folder)
        return
    yield f'<div class="typed">{_code(cell.source)}</div>'
    for output in cell.outputs:
        yield _output(output)


def _code(source: str) -> str:
    """A code cell as one would type it: shell commands after a prompt, Python in colours."""
    if source.startswith("%%sh"):
        lines, continues, ends = [], False, ""
        for line in source.splitlines()[1:]:
            lines.append(line if continues or line.startswith(" ") else f"$ {line}")
            if begun := re.search(r"<<'?(\w+)'?", line):
                ends = begun[1]  # what follows goes into a file, up to this word
            elif line == ends:
                ends = ""
            continues = line.endswith("\\") or bool(ends)
        return f"<pre>{escape(chr(10).join(lines))}</pre>"
    if source.startswith("!"):
        return f"<pre>{escape(re.sub('^!', '$ ', source, flags=re.MULTILINE))}</pre>"
    coloured: str = Highlight2HTML()(  # type: ignore[no-untyped-call]
        source, language="python"
    )
    return coloured


def _output(output: NotebookNode) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        # A section would be a slide of its own to reveal.js; a panel's heading follows the slide's.
        html = data["text/html"].replace("<section", '<div role="group"').replace("</section", "</div")
        html = re.sub(r"(</?)h3\b", r"\1h2", html)
        return f'<div class="shown">{html}</div>'
    if "image/png" in data:
        words = escape(data.get("text/plain", ""), quote=True)
        return f'<img alt="{words}" src="data:image/png;base64,{data["image/png"].strip()}">'
    text = output.get("text") or data.get("text/plain", "")
    return f'<pre class="printed">{escape(text.rstrip())}</pre>'


def with_pictures(html: str, folder: Path, *, read: Callable[[Path], bytes] = Path.read_bytes) -> str:
    """The same HTML with its local pictures in it. Raises NotebookError for one that is not there."""

    def inline(found: re.Match[str]) -> str:
        target = unquote(found[2])
        if target.startswith("data:"):
            return found[0]
        path = folder / target
        try:
            data = base64.b64encode(read(path)).decode()
        except OSError as missing:
            raise NotebookError(f"show the picture {target}", "it is not there", "Draw it.") from missing
        return f'{found[1]}data:{_KINDS[path.suffix]};base64,{data}"'

    return re.sub(r'(<img[^>]*?src=")([^"]+)"', inline, html)
