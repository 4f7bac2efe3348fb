"""The explorer without a widget: what is drawn first, and the answers to what a view asks for after that."""

from __future__ import annotations

import gc
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from labhelpers.analysis.changes import Change, changes
from labhelpers.analysis.difference import Difference
from labhelpers.analysis.tree import Tree
from labhelpers.analysis.waste import Analysis
from labhelpers.errors import UsageError
from labhelpers.filetree import printable
from labhelpers.view import one, stack, words, writable
from labhelpers.view.differing import Differences
from labhelpers.view.listing import Filesystem, LayerAlone, Listing
from labhelpers.view.rows import Rows, parse_filter
from labhelpers.view.waste import waste
from labhelpers.view.writable import Writable

# What the right side can show, in the order of its tabs.
MODES = ("layer", "files", "waste", "compare")
_WINDOW = 400
_WASTE_WINDOW = 200
_KEPT = 4


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """For hundreds of thousands of new values, none of which is in a cycle: a third of what they cost."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


class Explorer:
    """One image that people look into. Safe to use from several threads: JupyterLab asks from its own.

    `other`: the image that it is compared with, and what differs. `shared`: diff id -> names of other local
    images. `built`: layer -> how the build came by it. `container`: asks what a container wrote by now.
    """

    def __init__(
        self,
        analysis: Analysis,
        *,
        other: tuple[Analysis, Difference] | None = None,
        shared: Mapping[str, Sequence[str]] | None = None,
        built: Mapping[int, Mapping[str, Any]] | None = None,
        container: Callable[[], Writable] | None = None,
    ) -> None:
        self._container = container
        self.analysis = analysis
        self.other = other
        self._shared = shared
        self._built = built
        self._lock = threading.RLock()
        self._final: Tree | None = None
        self._trees: OrderedDict[int, tuple[Tree, list[Change]]] = OrderedDict()
        self._listings: OrderedDict[tuple[str, int], Listing] = OrderedDict()
        self._rows: OrderedDict[tuple[Any, ...], Rows] = OrderedDict()
        self._questions: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "rows": self._answer_rows,
            "toggle": self._answer_toggle,
            "find": self._answer_find,
            "change": self._answer_change,
            "typed": self._answer_typed,
            "layer": self._answer_layer,
            "waste": self._answer_waste,
            "container": self._answer_container,
            "one": self._answer_one,
            "content": self._answer_content,
            "difference": self._answer_difference,
        }

    @property
    def modes(self) -> tuple[str, ...]:
        """What there is to show."""
        return MODES if self.other else MODES[:-1]

    def picture(self) -> dict[str, Any]:
        """All that is drawn before anybody asks for more: header, stack, first waste, tabs."""
        analysis = self.analysis
        found: dict[str, Any] = {
            "header": stack.header(analysis),
            "stack": stack.stack(analysis, shared=self._shared, built=self._built),
            "waste": waste(analysis, count=20 if len(analysis.image.layers) < 60 else 5),
            "modes": list(self.modes),
            "signs": {key: list(sign) for key, sign in words.SIGNS.items()},
            "unsafe": [
                f"layer {item.layer}: {words.shorten_path(printable(item.path))}"
                for item in analysis.unsafe[:20]
            ],
            "unsafe_total": len(analysis.unsafe),
        }
        if self._container:
            found["container"] = writable.box(self._container())
        if self.other:
            found["compare"] = stack.fork(found["stack"], analysis, *self.other)
        return found

    def sentence(self) -> str:
        """What is shown, in one line that is the same for the same image."""
        head = stack.header(self.analysis)
        sizes = ", ".join(f"{item['label'].lower()} {item['value']}" for item in head["sizes"])
        text = f"{head['name']} ({head['platform']}): {head['sentence']}; {sizes}"
        if self.other is None:
            return text
        return f"{text}; compared with {stack.header(self.other[0])['name']}"

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one question of a view; `what` says which.

        `LabError` for a question that cannot be answered, with a message for people.
        """
        known = self._questions.get(str(question.get("what")))
        if known is None:
            raise UsageError(
                "answer the view", f"{question.get('what')!r} is no question", "Run the cell again."
            )
        with self._lock:
            return known(question)

    def path_of(self, shown: str, *, mode: str = "files", layer: int | None = None) -> str | None:
        """The path that is shown as `shown` ("/etc/passwd"), None if there is none such."""
        with self._lock:
            return self._path(self._listing(mode, self._layer(layer)), shown)

    def _path(self, listing: Listing, shown: str) -> str | None:
        path = shown.removeprefix("/")
        if listing.has(path) and words.slashed(path) == f"/{path}":
            return path
        if "\\" not in shown:
            return None
        # Escaped: some names cannot travel as they are. Rare, so looked for one by one.
        waiting = [""]
        while waiting:
            for found in listing.children(waiting.pop()):
                if words.slashed(found) == shown:
                    return found
                if listing.is_folder(found) and shown.startswith(words.slashed(found)):
                    waiting.append(found)
        return None

    def _layer(self, number: object) -> int:
        last = len(self.analysis.image.layers) - 1
        return number if isinstance(number, int) and 0 <= number <= last else last

    def _tree(self, layer: int) -> tuple[Tree, list[Change]]:
        known = self._trees.get(layer)
        if known is None:
            tree = Tree(self.analysis.image, upto=layer)
            known = tree, (changes(self.analysis.image, layer, tree=tree) if layer >= 0 else [])
            _remember(self._trees, layer, known)
        return known

    def _listing(self, mode: str, layer: int) -> Listing:
        if mode == "compare" and self.other:
            layer = 0
        key = mode, layer
        known = self._listings.get(key)
        if known is None:
            if mode == "compare" and self.other:
                known = Differences(self.other[1])
            elif mode == "files":
                known = Filesystem(*self._tree(layer))
            else:
                hidden = {r.path: r.hidden_in for r in self.analysis.reclaimable if r.stored_in == layer}
                if self._final is None:
                    whole = layer == len(self.analysis.image.layers) - 1
                    self._final = self._tree(layer)[0] if whole else Tree(self.analysis.image)
                known = LayerAlone(self._tree(layer)[1] if layer >= 0 else [], layer, self._final, hidden)
            _remember(self._listings, key, known)
        return known

    def _find_rows(self, question: Mapping[str, Any]) -> Rows:
        mode, layer = str(question.get("mode", "layer")), self._layer(question.get("layer"))
        kinds = question.get("kinds")
        chosen = sorted(str(kind) for kind in kinds) if isinstance(kinds, list) else []
        text, order = str(question.get("filter") or ""), str(question.get("order") or "name")
        key = mode, layer, text, tuple(chosen), order, bool(question.get("reverse"))
        known = self._rows.get(key)
        if known is None:
            with _no_search_for_cycles():
                known = Rows(
                    self._listing(mode, layer),
                    filter=parse_filter(text, kinds=chosen),
                    order=order,
                    reverse=bool(question.get("reverse")),
                )
                known.listing.counts()  # each answer says them
            _remember(self._rows, key, known)
        return known

    def _answer_rows(self, question: Mapping[str, Any]) -> dict[str, Any]:
        rows = self._find_rows(question)
        start, count = _number(question, "start"), min(_number(question, "count", 60), _WINDOW)
        return {
            "start": start,
            "total": rows.total,
            "rows": rows.window(start, count),
            "counts": dict(rows.listing.counts()),
            "matched": rows.matched if rows.filter.active else None,
        }

    def _answer_toggle(self, question: Mapping[str, Any]) -> dict[str, Any]:
        rows = self._find_rows(question)
        path = self._path(rows.listing, str(question.get("path", "")))
        if path is not None:
            rows.toggle(path, open=bool(question.get("open")))
        return self._answer_rows(question)

    def _answer_find(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Open the folders above a path and say which row it is; None if it is not there."""
        rows = self._find_rows(question)
        path = self._path(rows.listing, str(question.get("path", "")))
        if path is None:
            return {"index": None}
        rows.reveal(path)
        return {"index": rows.index(path), "total": rows.total}

    def _answer_change(self, question: Mapping[str, Any]) -> dict[str, Any]:
        rows = self._find_rows(question)
        shown = str(question.get("path") or "")
        found = rows.next_change(
            self._path(rows.listing, shown) if shown else None, back=bool(question.get("back"))
        )
        if found is None:
            return {"index": None}
        rows.reveal(found)
        return {"index": rows.index(found), "total": rows.total, "path": words.slashed(found)}

    def _answer_typed(self, question: Mapping[str, Any]) -> dict[str, Any]:
        rows = self._find_rows(question)
        return {"index": rows.typed(str(question.get("text", "")), _number(question, "after"))}

    def _answer_layer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        layer = self._layer(question.get("layer"))
        return (
            stack.details(self.analysis, layer) if layer >= 0 else {"n": -1, "instruction": "", "facts": []}
        )

    def _answer_waste(self, question: Mapping[str, Any]) -> dict[str, Any]:
        return waste(self.analysis, start=_number(question, "start"), count=_WASTE_WINDOW)

    def _answer_container(self, question: Mapping[str, Any]) -> dict[str, Any]:
        return writable.box(self._container()) if self._container else {}

    def _file(self, question: Mapping[str, Any]) -> str:
        shown = str(question.get("path", ""))
        mode, layer = str(question.get("mode", "files")), self._layer(question.get("layer"))
        found = self._path(self._listing("files" if mode == "waste" else mode, layer), shown)
        return shown.removeprefix("/") if found is None else found

    def _answer_one(self, question: Mapping[str, Any]) -> dict[str, Any]:
        found = one.one(self.analysis.image, self._file(question))
        if question.get("mode") == "compare":
            # Only the first image can be looked into here; the second has an explorer of its own.
            found["sentence"] = f"In A: {found['sentence']}" if found["versions"] else "A does not have it."
        return found

    def _answer_content(self, question: Mapping[str, Any]) -> dict[str, Any]:
        form = str(question.get("form", "auto"))
        return one.content(self.analysis.image, self._file(question), _number(question, "at"), form=form)

    def _answer_difference(self, question: Mapping[str, Any]) -> dict[str, Any]:
        first, second = _number(question, "first"), _number(question, "second")
        return one.difference(self.analysis.image, self._file(question), first, second)


def _number(question: Mapping[str, Any], name: str, default: int = 0) -> int:
    value = question.get(name)
    return max(0, value) if isinstance(value, int) else default


def _remember(kept: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    """Keep the last few: what somebody looked at a moment ago is what they look at next."""
    kept[key] = value
    if len(kept) > _KEPT:
        kept.popitem(last=False)
