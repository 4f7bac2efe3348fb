"""Where slides come from: the text of their source, the outputs of the committed notebook."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from labhelpers.errors import NotebookError, UsageError
from labhelpers.notebooks import NOTEBOOKS, convert
from labhelpers.places import Places
from labhelpers.slides.deck import Slide, slides
from labhelpers.slides.page import page
from labhelpers.slides.reveal import reveal

_THEME = Path(__file__).parent


@dataclass(frozen=True)
class Source:
    """One set of slides, by its name. `root`: the folder of the notebooks."""

    name: str
    root: Path = NOTEBOOKS

    @property
    def text(self) -> Path:
        """What is edited."""
        return self.root / "src" / f"{self.name}.py"

    @property
    def executed(self) -> Path:
        """What was executed."""
        return self.root / "slides" / f"{self.name}.ipynb"

    def check(self) -> None:
        """Raise UsageError when there are no slides of this name."""
        if not self.executed.exists():
            known = ", ".join(sorted(path.stem for path in self.root.glob("slides/*.ipynb")))
            raise UsageError(
                f"show the slides {self.name}", "there are none of this name", f"There are: {known}."
            )

    def slides(self, *, strict: bool = True) -> list[Slide]:
        """The slides as the source has them now.

        `strict`: raise NotebookError when code has changed since it was executed; else it is shown without
        its output.
        """
        self.check()
        whole = convert.read_source(self.text.read_text(encoding="utf-8"), stem=self.name)
        notebook = convert.solution_notebook(whole)
        golden: NotebookNode = nbformat.read(self.executed, as_version=4)  # type: ignore[no-untyped-call]
        stale = convert.carry_over(notebook, golden)
        if strict and stale:
            raise NotebookError(
                f"show the slides {self.name}",
                f"{len(stale)} of its cells changed since it was last executed, the first is {stale[0]}",
                f"Run .venv/bin/python notebooks/build.py {self.name}.",
            )
        return slides(notebook, folder=self.executed.parent)

    def page(self, where: Places, *, theme: str = "auto", since: str | None = None) -> str:
        """The slides as one page; see `labhelpers.slides.page`. `since`: makes it one that reloads."""
        made = self.slides(strict=since is None)
        return page(made, reveal(where.cache), title=made[0].title, theme=theme, since=since)

    def stamp(self) -> str:
        """Changes when anything that the page is made of does."""
        files = [
            self.text,
            self.executed,
            *self.root.glob("pictures/*"),
            *_THEME.glob("*.css"),
            *_THEME.glob("*.js"),
        ]
        seen = [(str(path), path.stat().st_mtime_ns) for path in sorted(files) if path.exists()]
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
