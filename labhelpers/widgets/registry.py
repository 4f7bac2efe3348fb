"""The registry of a lesson, as notebooks use it: what it holds as a table, a push as bars that move."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from labhelpers.engine import Engine, connect, environment
from labhelpers.engine.transfer import Verb
from labhelpers.errors import RegistryError
from labhelpers.filetree import printable
from labhelpers.places import places
from labhelpers.registry.api import Stored
from labhelpers.registry.lesson import LessonRegistry
from labhelpers.registry.moving import LayerState, Moved, Part, Way, move
from labhelpers.stock import REGISTRY_IMAGE
from labhelpers.units import human
from labhelpers.widgets.look import panel

_EVERY = 0.1  # seconds between two pictures of the bars
_STYLE = """<style>
section.lab-panel progress { width: 100%; min-width: 9em; height: 12px; accent-color: #0a58a6; }
section.lab-panel .number { text-align: right !important; white-space: nowrap; width: 1%; }
section.lab-panel table + div { margin-top: 8px; }
section.lab-panel td.digest { white-space: nowrap; overflow-wrap: normal; }
</style>"""


class Registry(LessonRegistry):
    """A real registry for one lesson, in a container called `name`, at `localhost:port`.

    `users`: names with passwords, {"ada": "…"}; `capacity`: how much it can hold ("1m"); `upstream`: another
    registry's address as seen from `network`, to be a cache of. `start()` and `stop()`, or `with`.
    Raises EngineNotFound without an engine.
    """

    def __init__(
        self,
        name: str,
        *,
        port: int,
        users: Mapping[str, str] | None = None,
        capacity: str = "",
        upstream: str = "",
        network: str = "",
        engine: Engine | None = None,
        show: Callable[[Verb, str], Bars | Lines] | None = None,
    ) -> None:
        engine = engine or connect()
        super().__init__(
            name,
            port=port,
            engine=engine,
            env=environment(engine, places()),
            image=REGISTRY_IMAGE,
            users=users,
            capacity=capacity,
            upstream=upstream,
            network=network,
        )
        self._show = show or _best

    def push(self, name: str) -> Report:
        """Push an image, with a bar for each layer; then what travelled. Stands for `docker push NAME`."""
        return self._move("push", name)

    def pull(self, name: str) -> Report:
        """Pull an image, with a bar for each layer; then what travelled. Stands for `docker pull NAME`."""
        return self._move("pull", name)

    def _move(self, verb: Verb, name: str) -> Report:
        shown = self._show(verb, name)
        try:
            return Report(move(self, verb, name, watch=shown.update))
        finally:
            shown.close()

    def __repr__(self) -> str:
        try:
            return self._sentence(self.images())
        except RegistryError as error:
            return f"{self.name} at {self.address}: {error.found}."

    def _sentence(self, images: Mapping[str, Stored]) -> str:
        repositories = {name.rpartition(":")[0] for name in images}
        blobs = {digest: size for image in images.values() for digest, size in image.blobs.items()}
        held = (
            f"{_count(len(repositories), 'repository', 'repositories')}, {_count(len(images), 'tag')}, "
            f"{_count(len(blobs), 'blob')}, {human(sum(blobs.values()))}"
        )
        return f"{self.name} at {self.address}: {held if images else 'nothing yet'}."

    def _repr_html_(self) -> str:
        try:
            images = self.images()
        except RegistryError as error:
            return panel(repr(self), f"<div>{escape(error.fix)}</div>")
        rows = []
        for name, image in images.items():
            repository, _, tag = name.rpartition(":")
            size = sum(image.blobs.values())
            cells = [
                f'<th scope="row">{escape(repository)}</th><td>{escape(tag)}</td>',
                f'<td class="digest"><code>{_short(image.digest)}</code></td>',
                f'<td class="number">{len(image.layers)}</td><td class="number">{human(size)}</td>',
            ]
            rows.append(f"<tr>{''.join(cells)}</tr>")
        head = _head(
            "Repository", "Tag", "Digest of the manifest", "Layers", "Size", numbers=("Layers", "Size")
        )
        asked = f"Asked with <code>GET http://{self.address}/v2/_catalog</code>, then for tags and manifests."
        once = "Blobs that several images share are stored once." if len(rows) > 1 else ""
        body = f"<table>{head}<tbody>{''.join(rows)}</tbody></table>" if rows else ""
        return _STYLE + panel(self._sentence(images), f"{body}<div>{asked} {once}</div>")


class Report:
    """What a push or a pull came to. All that `labhelpers.registry.moving.Moved` has, as a table."""

    def __init__(self, moved: Moved) -> None:
        self.moved = moved
        self.sentence = moved.sentence
        self.digest = moved.digest
        self.layers = moved.layers
        self.travelled = moved.travelled
        self.size = moved.size

    def __repr__(self) -> str:
        return repr(self.moved)

    def _repr_html_(self) -> str:
        parts: list[tuple[str, Part]] = [(f"layer {n}", one) for n, one in enumerate(self.layers)]
        parts.append(("configuration", self.moved.config))
        rows = [
            f'<tr><th scope="row">{what}</th><td class="digest"><code>{_short(one.digest)}</code></td>'
            f'<td class="number">{human(one.size)}</td><td>{escape(self._how(one))}</td></tr>'
            for what, one in reversed(parts)
        ]
        head = _head("Part", "Digest", "Size", "What happened", numbers=("Size",))
        table = f"<table>{head}<tbody>{''.join(rows)}</tbody></table>"
        total = (
            f"Layers that travelled: {human(self.size)}. The manifest, {human(self.moved.image.size)}, names "
            f"all parts; its digest is the image's identity: <code>{escape(self.digest)}</code>"
        )
        command = f"docker {self.moved.verb} {escape(self.moved.reference.familiar)}"
        note = f"Counted in the registry's own log. Stands for <code>{command}</code>"
        return _STYLE + panel(self.sentence, f"{table}<div>{total}</div><div>{note}</div>")

    def _how(self, part: Part) -> str:
        where = "registry" if self.moved.verb == "push" else "engine"
        words = {
            "travelled": "travelled",
            "already there": f"already in the {where}",
            "linked": "linked from another repository, without travelling",
        }
        return words[part.how]


class Lines:
    """Progress as lines of text, one for each state that a layer comes to."""

    def __init__(self, verb: Verb, name: str, *, say: Callable[[str], None]) -> None:
        self._say = say
        self._said: dict[str, str] = {}
        say(f"docker {verb} {name}")

    def update(self, way: Way, changed: bool) -> None:
        """Say what is new."""
        if not changed:
            return
        for layer in way.layers.values():
            status = layer.status.partition(" in ")[0]  # "Retrying in 5 seconds", and then in 4
            if self._said.get(layer.layer) != status:
                self._said[layer.layer] = status
                self._say(f"{layer.layer}: {printable(status)}")

    def close(self) -> None:
        """Nothing remains to be done."""


class Bars:
    """Progress as a card with a bar for each layer, in the output of a notebook's cell; it goes when done."""

    def __init__(self, verb: Verb, name: str, handle: Any) -> None:
        self._title = f"docker {verb} {name}"
        self._handle = handle
        self._last = 0.0

    def update(self, way: Way, changed: bool) -> None:
        """Draw, but not more often than anybody sees."""
        now = time.monotonic()
        if way.layers and (changed or now - self._last > _EVERY):
            self._last = now
            self._handle.update(_Html(bars(self._title, way.layers.values())))

    def close(self) -> None:
        """Take the bars away: what they came to is told by the report."""
        self._handle.update(_Html(""))


class _Html:
    """HTML that is shown, with no text to stand for it: it will be gone."""

    def __init__(self, html: str) -> None:
        self._html = html

    def __repr__(self) -> str:
        return ""

    def _repr_html_(self) -> str:
        return self._html or "<span></span>"


def bars(title: str, layers: Iterable[LayerState]) -> str:
    """The card: each layer with its bar and what is done with it."""
    rows = []
    for one in layers:
        said = printable(one.status)
        if not one.whole and one.done is not None and one.total:
            said += f", {human(min(one.done, one.total))} of {human(one.total)}"
        value = "" if one.share is None else f' value="{one.share:.3f}"'
        bar = f'<progress max="1"{value} aria-label="layer {escape(one.layer)}"></progress>'
        rows.append(
            f'<tr><th scope="row"><code>{escape(printable(one.layer))}</code></th><td>{bar}</td>'
            f"<td>{escape(said)}</td></tr>"
        )
    head = _head("Layer", "How far", "What the engine does")
    return _STYLE + panel(title, f"<table>{head}<tbody>{''.join(rows)}</tbody></table>")


def _best(verb: Verb, name: str) -> Bars | Lines:
    """Bars in a notebook, lines elsewhere."""
    from IPython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return Lines(verb, name, say=_print)
    return Bars(verb, name, display(_Html(""), display_id=True))  # type: ignore[no-untyped-call]


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _head(*names: str, numbers: tuple[str, ...] = ()) -> str:
    """The headings of a table; those of `numbers` stand above columns of numbers."""
    kinds = dict.fromkeys(numbers, ' class="number"')
    cells = "".join(f'<th scope="col"{kinds.get(name, "")}>{name}</th>' for name in names)
    return f"<thead><tr>{cells}</tr></thead>"


def _short(digest: str) -> str:
    return escape(digest[:19]) + "…"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
