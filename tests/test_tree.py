"""Folders opened lazily, changes of one layer, versions of one path, two images compared."""

import time

import pytest

from labhelpers.analysis.changes import changes, versions
from labhelpers.analysis.difference import difference
from labhelpers.analysis.tree import Tree
from labhelpers.samples import Node, hard_link, sample_image

LAYERS = [
    {
        "d/": None,
        "d/a": b"1",
        "d/b": b"22",
        "d/e/c": b"333",
        "l": "d",
        "k": b"4444",
        "h": hard_link("k"),
        "s": b"5",
    },
    {
        "d/.wh.a": b"",
        "d/b": b"xx",
        "d/": Node(type=b"5", mode=0o700),
        "d/.wh.e": b"",
        "k": Node(content=b"4444", mode=0o600),
        "n/new": b"6",
        "l": "elsewhere",
        "s": Node(content=b"5"),
    },
]


@pytest.fixture
def image():
    return sample_image(LAYERS)


def rows(tree, path="", **options):
    return [(row.path, row.kind, row.layer, row.change) for row in tree.children(path, **options)]


def test_tree(image):
    tree = Tree(image, upto=0)
    assert rows(tree) == [
        ("d", "d", 0, "added"), ("h", "f", 0, "added"), ("k", "f", 0, "added"), ("l", "l", 0, "added"),
        ("s", "f", 0, "added"),
    ]  # fmt: skip
    assert rows(tree, "d") == [("d/a", "f", 0, "added"), ("d/b", "f", 0, "added"), ("d/e", "d", None, "")]
    tree = Tree(image)
    assert rows(tree, "d") == [("d/b", "f", 1, "modified")]
    assert rows(tree, "d", removed=True) == [
        ("d/a", "f", 0, "removed"), ("d/b", "f", 1, "modified"), ("d/e", "d", None, "removed"),
    ]  # fmt: skip
    assert rows(tree, "d/e", removed=True) == [("d/e/c", "f", 0, "removed")]
    assert rows(tree, "nowhere") == []
    assert tree.total("d") == (1, 2)
    assert tree.total() == (6, 2 + 4 + 4 + 1 + 1)
    assert ("d/b" in tree, "d/a" in tree, len(tree)) == (True, False, 6)
    assert Tree(image, upto=-1).children() == []
    assert tree.row("d").entry.mode == 0o700
    assert tree.row("nowhere") is None


def test_changes(image):
    found = {
        change.path: (change.kind, change.folder, change.content, change.metadata)
        for change in changes(image, 1)
    }
    assert found == {
        "d": ("modified", True, False, True),
        "d/a": ("removed", False, None, False),
        "d/b": ("modified", False, True, False),
        "d/e": ("removed", True, None, False),
        "d/e/c": ("removed", False, None, False),
        "k": ("modified", False, False, True),
        "l": ("modified", False, True, False),
        "n/new": ("added", False, None, False),
        "s": ("modified", False, False, False),
    }
    assert {change.kind for change in changes(image, 0)} == {"added"}
    unread = {change.path: change.content for change in changes(image, 1, contents=False)}
    assert (unread["d/b"], unread["k"], unread["l"]) == (None, None, True)


def test_versions(image):
    assert [(v.layer, v.state, v.entry.mode) for v in versions(image, "k")] == [
        (0, "hidden", 0o644),
        (1, "final", 0o600),
    ]
    assert [(v.layer, v.state) for v in versions(image, "d/a")] == [(0, "hidden")]
    (link,) = versions(image, "h")
    assert (link.state, link.entry.kind, link.entry.logical_size, link.content_layer) == ("final", "h", 4, 0)
    assert image.layers[link.content_layer].content.read(link.number) == b"4444"
    assert versions(image, "nowhere") == []
    twice = sample_image([[("a", b"1"), ("a", b"22")]])
    assert [(v.state, v.entry.size) for v in versions(twice, "a")] == [("hidden", 1), ("final", 2)]


def test_difference():
    base = {"a": b"1", "b": b"22", "c": b"333", "d/x": b"1", "l": "a", "k": b"1", "h": hard_link("k")}
    first = sample_image([base, {"only": b"first"}])
    second = sample_image([base, {"a": b"2", "b": Node(content=b"22", mtime=5), ".wh.d": b"", "new": b"123"}])
    found = difference(first, second)
    assert found.shared == 1
    assert [(item.path, item.kind, item.content, item.metadata, item.size) for item in found.files] == [
        ("a", "modified", True, False, 0),
        ("b", "modified", False, True, 0),
        ("d/x", "removed", True, True, -1),
        ("new", "added", True, True, 3),
        ("only", "removed", True, True, -5),
    ]
    assert difference(first, first).files == ()
    assert difference(first, first).shared == 2
    # The same files in other layers are the same files.
    other = sample_image(
        [{"a": b"1", "b": b"22", "c": b"333"}, {"d/x": b"1", "l": "a", "k": b"1", "h": hard_link("k")}]
    )
    assert difference(sample_image([base]), other).files == ()
    assert difference(sample_image([base]), other).shared == 0


def test_many_files_open_quickly():
    """A folder of 5,000 among 50,000 files opens in well under 100 ms."""
    image = sample_image([{f"d{number % 10}/file{number}": b"" for number in range(50_000)}])
    tree = Tree(image)
    start = time.perf_counter()
    assert len(tree.children("d3")) == 5_000
    assert time.perf_counter() - start < 1.0
