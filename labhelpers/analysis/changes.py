"""What one layer changed, path by path, and where each version of one path lives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from labhelpers.analysis.replay import Replay
from labhelpers.analysis.tree import Tree
from labhelpers.analysis.waste import same_content
from labhelpers.filetree.index import FILE, Entry
from labhelpers.filetree.limits import DEFAULT_LIMITS, Limits
from labhelpers.image import Image, Layer


class Change(NamedTuple):
    """One path that a layer touched. `kind`: "added", "modified" or "removed"; `folder`: whether it is one.

    `before`, `after`: the entries, None where there is none (or the folder is only implied). For a modified
    path, `content` and `metadata` say which of the two differ; `content` is None if it was not asked for.
    """

    path: str
    kind: str
    folder: bool
    before: Entry | None
    after: Entry | None
    content: bool | None
    metadata: bool


class Version(NamedTuple):
    """One stored version of a path. `state`: "final" (what the image shows), "hidden" (by a later layer).

    `number`: the entry's number in its layer, for `Content.read`; of the target where the entry is a hard
    link (then `content_layer` may be another layer).
    """

    layer: int
    entry: Entry
    state: str
    content_layer: int
    number: int


def changes(
    image: Image,
    layer: int,
    *,
    contents: bool = True,
    limits: Limits = DEFAULT_LIMITS,
    tree: Tree | None = None,
) -> list[Change]:
    """What `layer` did to the filesystem below it, in order of path; folders included.

    Content is compared only where sizes match, and only with `contents`. Linear in the entries up to the
    layer. `tree`: the filesystem up to that layer, where the caller has it already.
    """
    tree = Tree(image, upto=layer, limits=limits) if tree is None else tree
    found = [*_files(image, tree, contents), *_folders(tree)]
    found.sort(key=lambda change: change.path)
    return found


def _files(image: Image, tree: Tree, contents: bool) -> Iterator[Change]:
    replay, displaced = tree.replay, tree.last.displaced
    base = replay.bases[tree.upto]
    for path, before in displaced.items():
        old = replay.entry(before)
        after = replay.files.get(path)
        if after is None:
            yield Change(path, "removed", False, old, None, None, False)
            continue
        new = replay.entry(after)
        yield Change(
            path,
            "modified",
            False,
            old,
            new,
            _content_differs(image, replay, before, after, contents),
            old.metadata != new.metadata,
        )
    own = image.layers[tree.upto].index
    for path in dict.fromkeys(own.paths):
        number = replay.files.get(path)
        if number is not None and number >= base and path not in displaced:
            yield Change(path, "added", False, None, own.entry(number - base), None, False)


def _folders(tree: Tree) -> Iterator[Change]:
    replay, last = tree.replay, tree.last
    for path, before in (last.folders_removed | last.folders_restated).items():
        old = replay.entry(before) if before >= 0 else None
        number = replay.folder_entries.get(path)
        if path not in replay.folders:
            yield Change(path, "removed", True, old, None, None, False)
        elif number is not None and number >= replay.bases[tree.upto]:
            new = replay.entry(number)
            differs = old is None or old.metadata != new.metadata
            yield Change(path, "modified", True, old, new, False, differs)
    for path, number in replay.folder_entries.items():
        fresh = path not in last.folders_restated and path not in last.folders_removed
        if number >= replay.bases[tree.upto] and fresh:
            yield Change(path, "added", True, None, replay.entry(number), None, False)


def _content_differs(image: Image, replay: Replay, before: int, after: int, contents: bool) -> bool | None:
    old, new = replay.entry(replay.stored(before)), replay.entry(replay.stored(after))
    if old.substance != new.substance or old.logical_size != new.logical_size:
        return True
    if old.kind != FILE:
        return False
    if not contents:
        return None
    return not same_content(image, replay, before, after)


def versions(image: Image, path: str, *, limits: Limits = DEFAULT_LIMITS) -> list[Version]:
    """Every stored version of a path, base first; the one that the image shows, if any, is "final".

    `path` without a leading slash. Linear in the number of entries.
    """
    replay = Replay([layer.index for layer in image.layers], limits=limits)
    found: list[tuple[int, Layer]] = []
    for layer in image.layers:
        now = replay.apply()
        if path not in layer.index.paths:
            continue
        base = replay.bases[layer.number]
        ignored = set(now.ignored)
        found += [
            (base + number, layer)
            for number, name in enumerate(layer.index.paths)
            if name == path and base + number not in ignored
        ]
    shown = replay.files.get(path, replay.folder_entries.get(path))
    return [_version(replay, number, layer, number == shown) for number, layer in found]


def _version(replay: Replay, number: int, layer: Layer, final: bool) -> Version:
    stored = replay.stored(number)
    home = replay.layer_of(stored)
    entry = replay.entry(number)
    if stored != number:
        entry = entry._replace(logical_size=replay.entry(stored).logical_size)
    state = "final" if final else "hidden"
    return Version(layer.number, entry, state, home, stored - replay.bases[home])
