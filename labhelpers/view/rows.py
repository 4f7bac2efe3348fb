"""Windows of rows: a listing with its open folders, order and filter, drawn only where somebody looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from labhelpers.errors import UsageError
from labhelpers.filetree import printable
from labhelpers.units import parse_size
from labhelpers.view.listing import Listing

# How many rows a listing opens by itself: a small layer is seen whole, a large one begins with its folders.
_OPEN_AT_FIRST = 40
_REGULAR = "re:"
_SIZE = re.compile(r"(?:^|\s)size>(\S+)\s*$")


class Filter(NamedTuple):
    """A filter as people type it. `text`: part of a path, or a regular expression; `size`: at least so many
    bytes; `kinds`: changes to show, none for all.
    """

    text: str = ""
    regular: bool = False
    size: int = 0
    kinds: frozenset[str] = frozenset()

    @property
    def active(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.text or self.size or self.kinds)


ALL = Filter()


def parse_filter(text: str, *, kinds: Iterable[str] = ()) -> Filter:
    """A filter from "part of a path", "re:expression", and "size>1MB" at the end of either.

    `UsageError` for a regular expression or a size that is none.
    """
    size = 0
    if found := _SIZE.search(text):
        size = parse_size(found[1])
        text = text[: found.start()]
    text = text.strip()
    regular = text.startswith(_REGULAR)
    if regular:
        text = text.removeprefix(_REGULAR).strip()
        try:
            re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(
                f"filter by {printable(text)}",
                f"it is no regular expression ({error})",
                "Correct it, or take re: away.",
            ) from error
    return Filter(text, regular, size, frozenset(kinds))


def _matcher(filter_: Filter) -> Callable[[str], bool]:
    if filter_.regular:
        search = re.compile(filter_.text).search
        return lambda path: search(f"/{path}") is not None
    wanted = filter_.text.casefold()
    if not wanted.startswith("/"):
        return lambda path: wanted in path.casefold()
    return lambda path: wanted in f"/{path}".casefold()


@dataclass
class _Place:
    """A row's place: how deep it stands, and which of how many in its folder."""

    path: str
    depth: int
    position: int
    siblings: int


class Rows:
    """A listing as rows from top to bottom. Folders are walked only as far as somebody looked.

    `order`: "name" or "size" (largest first), `reverse` for the other way round.
    """

    def __init__(
        self, listing: Listing, *, filter: Filter = ALL, order: str = "name", reverse: bool = False
    ) -> None:
        self.listing = listing
        self.filter = filter
        self.matched = 0
        self._order = order
        self._reverse = reverse
        self._kept: dict[str, list[str]] | None = None
        self._sorted: dict[str, Sequence[str]] = {}
        self._toggled: set[str] = set()
        if filter.active:
            self._kept = self._keep()
        else:
            self._toggled = self._open_at_first()
        self._reset()

    def _keep(self) -> dict[str, list[str]]:
        """The paths that the filter keeps, in their folders."""
        listing, filter_ = self.listing, self.filter
        found: Iterable[str] = listing.paths()
        if filter_.text:
            found = filter(_matcher(filter_), found)
        if filter_.size:
            found = (path for path in found if listing.size(path) >= filter_.size)
        if filter_.kinds:
            kinds = filter_.kinds
            found = (
                path
                for path in found
                if listing.kind_of_change(path) in kinds or ("hidden" in kinds and listing.is_hidden(path))
            )
        kept: dict[str, list[str]] = {"": []}
        for path in found:
            self.matched += 1
            while True:
                above = path.rpartition("/")[0]
                inside = kept.get(above)
                if inside is not None:
                    inside.append(path)
                    break
                kept[above] = [path]
                path = above
        return kept

    def _open_at_first(self) -> set[str]:
        opened: set[str] = set()
        shown, waiting = 0, [""]
        while waiting:
            folder = waiting.pop(0)
            inside = self.children(folder)
            if folder and shown + len(inside) > _OPEN_AT_FIRST:
                continue
            if folder:
                opened.add(folder)
            shown += len(inside)
            if shown > _OPEN_AT_FIRST:
                break
            waiting += [path for path in inside if self.listing.is_folder(path)]
        return opened

    def children(self, folder: str) -> Sequence[str]:
        """The paths in a folder, in order."""
        known = self._sorted.get(folder)
        if known is None:
            inside = self.listing.children(folder) if self._kept is None else self._kept.get(folder, ())
            # One plain sort for names; sizes go over it, and leave equals in order of name.
            known = sorted(inside, reverse=self._reverse and self._order == "name")
            if self._order == "size":
                known.sort(key=self.listing.size, reverse=not self._reverse)
            self._sorted[folder] = known
        return known

    def is_open(self, path: str) -> bool:
        """Whether a folder shows what it holds. What a filter keeps is open until somebody closes it."""
        if not self.listing.is_folder(path):
            return False
        return (path in self._toggled) == (self._kept is None)

    def toggle(self, path: str, *, open: bool) -> None:
        """Open or close a folder."""
        if self.is_open(path) != open and self.listing.is_folder(path):
            self._toggled ^= {path}
            self._reset()

    def reveal(self, path: str) -> None:
        """Open all folders above a path."""
        at = path.find("/")
        while at >= 0:
            self.toggle(path[:at], open=True)
            at = path.find("/", at + 1)

    def _reset(self) -> None:
        self._seen: list[_Place] = []
        self._walk = self._places()
        self._total: int | None = None

    def _places(self) -> Iterator[_Place]:
        """Every row in order, without recursion: depth is the image's to choose."""
        waiting = [self._level("", 0)]
        while waiting:
            place = next(waiting[-1], None)
            if place is None:
                waiting.pop()
                continue
            yield place
            if self.is_open(place.path):
                waiting.append(self._level(place.path, place.depth + 1))

    def _level(self, folder: str, depth: int) -> Iterator[_Place]:
        inside = self.children(folder)
        return (_Place(path, depth, number, len(inside)) for number, path in enumerate(inside, 1))

    @property
    def total(self) -> int:
        """How many rows there are; found without walking them where that is possible."""
        if self._total is None:
            if self._kept is not None and not self._toggled:
                self._total = sum(map(len, self._kept.values()))
            else:
                self._total = self._count()
        return self._total

    def _count(self) -> int:
        shown, waiting = 0, [""]
        folders = self._toggled if self._kept is None else self._kept.keys()
        above: dict[str, list[str]] = {}
        for folder in folders:
            above.setdefault(folder.rpartition("/")[0], []).append(folder)
        while waiting:
            folder = waiting.pop()
            shown += len(self.children(folder))
            waiting += [
                path for path in above.get(folder, ()) if path and path != folder and self.is_open(path)
            ]
        return shown

    def _seen_to(self, end: int) -> None:
        while len(self._seen) < end:
            place = next(self._walk, None)
            if place is None:
                return
            self._seen.append(place)

    def window(self, start: int, count: int) -> list[dict[str, Any]]:
        """The rows from `start` on, ready to draw."""
        self._seen_to(start + count)
        return [self._row(place) for place in self._seen[start : start + count]]

    def _row(self, place: _Place) -> dict[str, Any]:
        row = self.listing.row(place.path)
        row.update(depth=place.depth, position=place.position, siblings=place.siblings)
        if row["folder"]:
            row["open"] = self.is_open(place.path)
        return row

    def index(self, path: str) -> int | None:
        """Which row a path is; None if it is not shown. Walks down to it."""
        number = 0
        while True:
            self._seen_to(number + 1)
            if number >= len(self._seen):
                return None
            if self._seen[number].path == path:
                return number
            number += 1

    def next_change(self, after: str | None, *, back: bool = False) -> str | None:
        """The path of the next change in order of name, around the end; None if nothing changed."""
        listing = self.listing
        changed = sorted(
            (path for path in listing.paths() if listing.kind_of_change(path) and self._keeps(path)),
            key=_order,
        )
        if not changed:
            return None
        if after is None:
            return changed[-1 if back else 0]
        place = _order(after)
        if back:
            return next((path for path in reversed(changed) if _order(path) < place), changed[-1])
        return next((path for path in changed if _order(path) > place), changed[0])

    def _keeps(self, path: str) -> bool:
        return self._kept is None or path in self._kept.get(path.rpartition("/")[0], ())

    def typed(self, beginning: str, after: int) -> int | None:
        """The next row whose name begins so, from the row after `after` on, around the end."""
        wanted = beginning.casefold()
        self._seen_to(self.total)
        count = len(self._seen)
        for step in range(1, count + 1):
            number = (after + step) % count
            if self._seen[number].path.rpartition("/")[2].casefold().startswith(wanted):
                return number
        return None


def _order(path: str) -> str:
    """Paths compared so are in the order of the rows: a folder, then what is in it, then its next sibling."""
    return path.replace("/", "\0")
