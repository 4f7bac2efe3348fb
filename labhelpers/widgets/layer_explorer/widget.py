"""The widget: it carries the view model to the page and the page's questions back, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import traitlets

from labhelpers.errors import LabError, UsageError
from labhelpers.filetree import printable
from labhelpers.telling import Progress
from labhelpers.view import static
from labhelpers.view.explorer import MODES, Explorer
from labhelpers.widgets.lasting import Lasting
from labhelpers.widgets.layer_explorer.loading import Cancelled, Loading, Opened, open_source

_HERE = Path(__file__).parent


class LayerExplorer(Lasting):
    """An image's layers, its files, its waste; `explore` is the short way to one.

    `source`: a name in the engine, a file or folder, `docker://NAME` (see `labhelpers.sources`), or an image
    or analysis that was made already. `compare`: another source, to be held against it. `wait`: come back
    when the image is read (interrupting the kernel cancels); otherwise at once, and the widget shows how far
    it is.

    Traits that can be read, set and observed: `selected_layer` (its number, 0 is the base), `selected_path`
    ("/etc/passwd"; "" for none), `filter` ("part of a path", "re:expression", "… size>1MB"), `mode`
    ("layer", "files", "waste", "compare").

    `ImageError` for what is no readable image (only with `wait`; else the widget says so).
    """

    _esm = _HERE / "layer_explorer.js"
    _css = _HERE / "layer_explorer.css"

    selected_layer = traitlets.Int(0).tag(sync=True)
    selected_path = traitlets.Unicode("").tag(sync=True)
    filter = traitlets.Unicode("").tag(sync=True)
    mode = traitlets.Unicode("layer").tag(sync=True)
    _picture = traitlets.Dict().tag(sync=True)
    _phase = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        source: Any,
        *,
        compare: Any = None,
        wait: bool = True,
        progress: Progress | None = None,
        opener: Callable[..., Opened | None] = open_source,
    ) -> None:
        self._explorer: Explorer | None = None
        self._loading: Loading | None = None
        self._name = str(source) if isinstance(source, str | Path) else ""
        super().__init__()
        self.on_msg(self._heard)
        if wait:
            self.take(opener(source, compare, progress))
        else:
            self._load(lambda: opener(source, compare, self._loading))

    @classmethod
    def empty(cls, name: str) -> LayerExplorer:
        """One that shows nothing yet, for what is still being made; `take` gives it its image."""
        return cls(None, wait=True, opener=lambda *_: None)._named(name)

    def _named(self, name: str) -> LayerExplorer:
        self._name = name
        return self

    # -- what it shows

    @property
    def analysis(self) -> Any:
        """The numbers (`labhelpers.analysis.waste.Analysis`); `UsageError` while the image is being read."""
        return self._ready().analysis

    @property
    def image(self) -> Any:
        """The image (`labhelpers.image.Image`)."""
        return self._ready().analysis.image

    def _ready(self) -> Explorer:
        if self._explorer is None:
            raise UsageError(
                "look into the image", "it is not read yet", "Call wait() first, or look at what it says."
            )
        return self._explorer

    def show_steps(self, title: str, steps: list[dict[str, Any]]) -> None:
        """Show the steps of a build that goes on (`labhelpers.view.build.Step.row`)."""
        self._phase = {"state": "building", "title": printable(title), "steps": steps}

    def fail(self, title: str, *, state: str = "failed") -> None:
        """Say that there is nothing to show; what was shown of the way there stays."""
        self._phase = {**self._phase, "state": state, "title": title}

    def take(self, opened: Opened | None) -> None:
        """Show what was read."""
        if opened is None:
            return
        self._explorer = opened.explorer()
        layers = len(opened.analysis.image.layers)
        with self.hold_sync():
            self.selected_layer = max(0, layers - 1)
            self._picture = self._explorer.picture()
            self._phase = {"state": "built", "title": opened.said} if opened.said else {}
            if opened.other is not None:
                self.mode = "compare"

    @traitlets.validate("selected_layer")
    def _valid_layer(self, proposal: dict[str, Any]) -> int:
        value: int = proposal["value"]
        explorer = self._explorer
        if explorer is not None and not 0 <= value < max(1, len(explorer.analysis.image.layers)):
            last = len(explorer.analysis.image.layers) - 1
            raise traitlets.TraitError(f"There is no layer {value}: layers go from 0, the base, to {last}.")
        return value

    @traitlets.validate("mode")
    def _valid_mode(self, proposal: dict[str, Any]) -> str:
        value: str = proposal["value"]
        known = self._explorer.modes if self._explorer else MODES
        if value not in known:
            raise traitlets.TraitError(f"There is no mode {value!r}: there are {', '.join(known)}.")
        return value

    # -- reading in the background

    def _load(self, work: Callable[[], Opened | None]) -> None:
        self._loading = loading = Loading(lambda phase: setattr(self, "_phase", phase), name=self._name)

        def run() -> None:
            try:
                self.take(work())
            except Cancelled:
                self._phase = {"state": "cancelled", "title": f"Reading {self._name} was cancelled."}
            except LabError as error:
                self._phase = {"state": "failed", "title": error.message}
            except Exception as error:
                # Nobody waits for this thread: what goes wrong must be seen in the widget.
                self._phase = {"state": "failed", "title": f"{type(error).__name__}: {error}"}
                raise

        loading.thread = threading.Thread(target=run, name="layer explorer", daemon=True)
        loading.thread.start()

    def cancel(self) -> None:
        """Stop reading, if it is being read."""
        if self._loading is not None:
            self._loading.cancelled = True

    def wait(self, timeout: float | None = None) -> LayerExplorer:
        """Wait until the image is read, up to `timeout` seconds, and return this widget."""
        if self._loading is not None and self._loading.thread is not None:
            self._loading.thread.join(timeout)
        return self

    # -- the page's questions

    def _heard(self, _: Any, content: Any, __: Any) -> None:
        if not isinstance(content, dict):
            return
        if content.get("kind") == "cancel":
            self.cancel()
        if content.get("kind") != "ask":
            return
        answer: dict[str, Any] = {"kind": "answer", "id": content.get("id")}
        try:
            answer["data"] = self._ready().answer(content)
        except LabError as error:
            answer["error"] = error.message
        self.send(answer)

    # -- without a page

    def __repr__(self) -> str:
        if self._explorer is None:
            title = self._phase.get("title", "")
            return f"LayerExplorer({self._name}): {title or 'not read yet'}"
        return self._explorer.sentence()

    def _static(self) -> str | None:
        """The same stack and waste without scripts."""
        return static.page(self._picture) if self._picture else None
