"""Every rule of "The final filesystem" and "Sizes": layers in, numbers out."""

import math

import pytest

from labhelpers.analysis.waste import analyse
from labhelpers.samples import Node, hard_link, sample_image

K = 100_000
BIG = b"x" * K
OTHER = b"y" * K


def dup(*pairs):
    return [*pairs]


# name: layers -> (size, files, [(path, size, stored in, hidden in, reason)], unsafe, changes of the last
# layer)
RULES = {
    "one layer": ([{"a": BIG}], K, 1, [], [], (1, 0, 0)),
    "no layers": ([], 0, 0, [], [], None),
    "an empty layer": ([{"a": BIG}, {}], K, 1, [], [], (0, 0, 0)),
    "removed": ([{"a": BIG}, {".wh.a": b""}], K, 0, [("a", K, 0, 1, "removed")], [], (0, 0, 1)),
    "removed folder, all below it": (
        [{"d/": None, "d/a": BIG, "d/e/b": b"12", "d2": b"3"}, {".wh.d": b""}],
        K + 3,
        1,
        [("d/a", K, 0, 1, "removed"), ("d/e/b", 2, 0, 1, "removed")],
        [],
        (0, 0, 2),
    ),
    "removed in a folder": (
        [{"d/a": BIG, "d/b": b"1"}, {"d/.wh.a": b""}],
        K + 1,
        1,
        [("d/a", K, 0, 1, "removed")],
        [],
        (0, 0, 1),
    ),
    "a whiteout of nothing": (
        [{"a": BIG}, {".wh.b": b"", "d/.wh.x": b"", "a": OTHER}],
        2 * K,
        1,
        [("a", K, 0, 1, "replaced")],
        [],
        (0, 1, 0),
    ),
    "a whiteout in the lowest layer": ([{".wh.a": b"", "b": b"1"}], 1, 1, [], [], (1, 0, 0)),
    "a whiteout after the entries": (
        [{"a": BIG}, {"b": b"1", "a": b"22", ".wh.a": b""}],
        K + 3,
        2,
        [("a", K, 0, 1, "removed")],
        [],
        (1, 1, 0),
    ),
    "a whiteout before the entry": (
        [{"a": BIG}, {".wh.a": b"", "a": b"22"}],
        K + 2,
        1,
        [("a", K, 0, 1, "removed")],
        [],
        (0, 1, 0),
    ),
    "a whiteout of a folder that comes back": (
        [{"d/a": BIG, "d/b": b"1"}, {"d/": None, "d/c": b"22", ".wh.d": b""}],
        K + 3,
        1,
        [("d/a", K, 0, 1, "removed"), ("d/b", 1, 0, 1, "removed")],
        [],
        (1, 0, 2),
    ),
    "opaque": (
        [{"d/a": BIG, "b": b"1"}, {"d/.wh..wh..opq": b""}],
        K + 1,
        1,
        [("d/a", K, 0, 1, "opaque")],
        [],
        (0, 0, 1),
    ),
    "opaque keeps the layer's own": (
        [{"d/a": BIG, "d/e/f": b"333"}, {"d/b": b"1", "d/.wh..wh..opq": b"", "d/a": b"22"}],
        K + 6,
        2,
        [("d/a", K, 0, 1, "opaque"), ("d/e/f", 3, 0, 1, "opaque")],
        [],
        (1, 1, 1),
    ),
    "an opaque root": (
        [{"a": BIG, "d/b": b"1"}, {".wh..wh..opq": b"", "c": b"1"}],
        K + 2,
        1,
        [("a", K, 0, 1, "opaque"), ("d/b", 1, 0, 1, "opaque")],
        [],
        (1, 0, 2),
    ),
    "an opaque folder that is not there": ([{"a": b"1"}, {"d/.wh..wh..opq": b""}], 1, 1, [], [], (0, 0, 0)),
    "other .wh..wh. entries are no files": (
        [{".wh..wh.plnk/": None, ".wh..wh.plnk/1.2": BIG, ".wh..wh.aufs": b"1", "a": b"1"}],
        1,
        1,
        [],
        [],
        (1, 0, 0),
    ),
    "folder over folder keeps children": (
        [{"d/": None, "d/a": BIG}, {"d/": Node(type=b"5", mode=0o700)}],
        K,
        1,
        [],
        [],
        (0, 0, 0),
    ),
    "file over folder": (
        [{"d/a": BIG, "d/e/b": b"1"}, {"d": b"22"}],
        K + 3,
        1,
        [("d/a", K, 0, 1, "shadowed"), ("d/e/b", 1, 0, 1, "shadowed")],
        [],
        (1, 0, 2),
    ),
    "link over folder": (
        [{"d/a": BIG}, {"d": "elsewhere"}],
        K,
        1,
        [("d/a", K, 0, 1, "shadowed")],
        [],
        (1, 0, 1),
    ),
    "folder over file": ([{"a": BIG}, {"a/": None}], K, 0, [("a", K, 0, 1, "replaced")], [], (0, 0, 1)),
    "a folder implied over a file": (
        [{"a": BIG}, {"a/b": b"1"}],
        K + 1,
        1,
        [("a", K, 0, 1, "replaced")],
        [],
        (1, 0, 1),
    ),
    "folder over link": ([{"l": "t"}, {"l/": None, "l/a": b"1"}], 1, 1, [], [], (1, 0, 1)),
    "link over file": ([{"a": BIG}, {"a": "b"}], K, 1, [("a", K, 0, 1, "replaced")], [], (0, 1, 0)),
    "replaced, another size": (
        [{"a": BIG}, {"a": b"1"}],
        K + 1,
        1,
        [("a", K, 0, 1, "replaced")],
        [],
        (0, 1, 0),
    ),
    "replaced, the same size": (
        [{"a": BIG}, {"a": OTHER}],
        2 * K,
        1,
        [("a", K, 0, 1, "replaced")],
        [],
        (0, 1, 0),
    ),
    "metadata only": (
        [{"a": BIG}, {"a": Node(content=BIG, mode=0o755)}],
        2 * K,
        1,
        [("a", K, 0, 1, "metadata")],
        [],
        (0, 1, 0),
    ),
    "the same again": ([{"a": BIG}, {"a": BIG}], 2 * K, 1, [("a", K, 0, 1, "metadata")], [], (0, 1, 0)),
    "removed, then added again": (
        [{"a": BIG}, {".wh.a": b""}, {"a": BIG}],
        2 * K,
        1,
        [("a", K, 0, 1, "removed")],
        [],
        (1, 0, 0),
    ),
    "three versions": (
        [{"a": BIG}, {"a": OTHER}, {"a": BIG}],
        3 * K,
        1,
        [("a", K, 0, 1, "replaced"), ("a", K, 1, 2, "replaced")],
        [],
        (0, 1, 0),
    ),
    "twice in one layer": (
        [dup(("a", BIG), ("a", b"22"))],
        K + 2,
        1,
        [("a", K, 0, 0, "duplicate")],
        [],
        (1, 0, 0),
    ),
    "twice in one layer, over a lower one": (
        [{"a": OTHER}, dup(("a", BIG), ("a", OTHER))],
        3 * K,
        1,
        [("a", K, 0, 1, "metadata"), ("a", K, 1, 1, "duplicate")],
        [],
        (0, 1, 0),
    ),
    "file, then folder, in one layer": (
        [dup(("a", BIG), ("a/", None), ("a/b", b"1"))],
        K + 1,
        1,
        [("a", K, 0, 0, "duplicate")],
        [],
        (1, 0, 0),
    ),
    "folder, then file, in one layer": (
        [dup(("a/b", BIG), ("a", b"1"))],
        K + 1,
        1,
        [("a/b", K, 0, 0, "shadowed")],
        [],
        (1, 0, 0),
    ),
    "hard links count once": (
        [{"a": BIG, "b": hard_link("a"), "c": hard_link("b")}],
        K,
        3,
        [],
        [],
        (3, 0, 0),
    ),
    "a hard link replaced by a copy": (
        [{"a": BIG, "b": hard_link("a")}, {"b": BIG}],
        2 * K,
        2,
        [],
        [],
        (0, 1, 0),
    ),
    "a hard link's target replaced": (
        [{"a": BIG, "b": hard_link("a")}, {"a": OTHER}],
        2 * K,
        2,
        [],
        [],
        (0, 1, 0),
    ),
    "all names removed": (
        [{"a": BIG, "b": hard_link("a")}, {".wh.a": b"", ".wh.b": b""}],
        K,
        0,
        [("a", K, 0, 1, "removed")],
        [],
        (0, 0, 2),
    ),
    "one name after the other": (
        [{"a": BIG, "b": hard_link("a")}, {"a": b"1"}, {".wh.b": b""}],
        K + 1,
        1,
        [("a", K, 0, 2, "removed")],
        [],
        (0, 0, 1),
    ),
    "a hard link to a lower layer's file": (
        [{"a": BIG}, {"b": hard_link("a")}, {".wh.a": b""}],
        K,
        1,
        [],
        [],
        (0, 0, 1),
    ),
    "a hard link to a lower file that its layer replaces": (
        [{"a": BIG}, dup(("b", hard_link("a")), ("a", b"1"))],
        K + 1,
        2,
        [],
        [],
        (1, 1, 0),
    ),
    "a hard link before its target": ([{"b": hard_link("a"), "a": BIG}], K, 2, [], [], (2, 0, 0)),
    "a hard link to nothing": ([{"b": hard_link("gone")}], 0, 1, [], [], (1, 0, 0)),
    "a hard link to itself": ([{"a": BIG}, {"a": hard_link("a")}], K, 1, [], [], (0, 1, 0)),
    "a hard link to a symbolic link": (
        [{"l": "t", "m": hard_link("l")}, {"m/x": b"1"}],
        0,
        2,
        [],
        [("m/x", 1)],
        (0, 0, 0),
    ),
    "names in three spellings": (
        [{"./a": BIG}, {"/a": OTHER}, {"a": b"1"}],
        2 * K + 1,
        1,
        [("a", K, 0, 1, "replaced"), ("a", K, 1, 2, "replaced")],
        [],
        (0, 1, 0),
    ),
    "a root with a dot": ([{"./": None, "./d/": None, "./d/a": BIG}], K, 1, [], [], (1, 0, 0)),
    "a name that escapes": (
        [{"../x": BIG, "/../y": b"1", "a/../../z": b"1", "ok": b"1"}],
        1,
        1,
        [],
        [("../x", 0), ("/../y", 0), ("a/../../z", 0)],
        (1, 0, 0),
    ),
    "a folder that escapes": ([{"../d/": None, "ok": b"1"}], 1, 1, [], [("../d", 0)], (1, 0, 0)),
    "a name that goes up inside": ([{"a/../b": BIG}], K, 1, [], [], (1, 0, 0)),
    "a name through a link below": (
        [{"l": "/etc"}, {"l/passwd": BIG, "k": b"1"}],
        1,
        2,
        [],
        [("l/passwd", 1)],
        (1, 0, 0),
    ),
    "a name through a link in the same layer": ([{"l": "..", "l/x": BIG}], 0, 1, [], [("l/x", 0)], (1, 0, 0)),
    "a name through a link, deep": (
        [{"d/l": "/"}, {"d/l/e/f/g": BIG}],
        0,
        1,
        [],
        [("d/l/e/f/g", 1)],
        (0, 0, 0),
    ),
    "a whiteout through a link": (
        [{"l": "d", "d/a": BIG}, {"l/.wh.a": b""}],
        K,
        2,
        [],
        [("l/.wh.a", 1)],
        (0, 0, 0),
    ),
    "an opaque mark through a link": (
        [{"l": "d", "d/a": BIG}, {"l/.wh..wh..opq": b""}],
        K,
        2,
        [],
        [("l/.wh..wh..opq", 1)],
        (0, 0, 0),
    ),
    "a link that becomes a folder": (
        [{"l": "d", "d/a": BIG}, {"l/.wh.a": b"", "l/": None}],
        K,
        1,
        [],
        [],
        (0, 0, 1),
    ),
    "a hard link that points out": ([{"a": hard_link("../../etc/passwd")}], 0, 0, [], [("a", 0)], (0, 0, 0)),
    "a hard link through a link": (
        [{"l": "d", "d/a": BIG, "b": hard_link("l/a")}],
        K,
        2,
        [],
        [("b", 0)],
        (2, 0, 0),
    ),
    "a hard link through a link, over a file": (
        [{"l": "d", "d/a": BIG, "b": OTHER, "f": b"1"}, {"b": hard_link("l/a"), "f/b": hard_link("l/a")}],
        2 * K + 1,
        4,
        [],
        [("b", 1), ("f/b", 1)],
        (0, 0, 0),
    ),
    "a hard link to what lies behind a later link": (
        [{"b": hard_link("l/a"), "l": "d"}],
        0,
        2,
        [],
        [],
        (2, 0, 0),
    ),
    "a whiteout of nothing at all": (
        [{"a": BIG, "d/b": b"1"}, {"d/.wh.": b"", ".wh...": b"", ".wh..": b""}],
        K + 1,
        2,
        [],
        [("d/.wh.", 1), (".wh...", 1), (".wh..", 1)],
        (0, 0, 0),
    ),
    "files of no bytes are not reclaimable": ([{"a": b""}, {".wh.a": b""}], 0, 0, [], [], (0, 0, 1)),
    "devices and FIFOs are files without content": (
        [
            {"c": Node(type=b"3", device=(1, 3)), "b": Node(type=b"4", device=(8, 0)), "p": Node(type=b"6")},
            {".wh.c": b""},
        ],
        0,
        2,
        [],
        [],
        (0, 0, 1),
    ),
    "the same layer twice": (
        [{"a": BIG, "d/b": b"1"}] * 2,
        2 * K + 2,
        2,
        [("a", K, 0, 1, "metadata"), ("d/b", 1, 0, 1, "metadata")],
        [],
        (0, 2, 0),
    ),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.replace(" ", "_"))
def test_rule(rule):
    layers, size, files, reclaimable, unsafe, counts = RULES[rule]
    found = analyse(sample_image(layers))
    assert [tuple(item) for item in found.reclaimable] == reclaimable
    assert [tuple(item) for item in found.unsafe] == unsafe
    assert (found.size, found.files) == (size, files)
    waste = sum(item[1] for item in reclaimable)
    assert (found.reclaimable_size, found.live_size) == (waste, size - waste)
    assert found.efficiency == ((size - waste) / size if size else 1.0)
    assert math.isfinite(found.efficiency)
    if counts:
        last = found.layers[-1]
        assert (last.added, last.modified, last.removed) == counts
    for layer in found.layers:
        assert layer.reclaimable_size == sum(item[1] for item in reclaimable if item[2] == layer.number)


# The table of cases that the best-known tool gets wrong: what is truly reclaimable.
KNOWN = {
    "a directory of 100 kB removed by a later layer": ([{"d/a": BIG}, {".wh.d": b""}], K),
    "an opaque directory hides 100 kB": ([{"d/a": BIG}, {"d/.wh..wh..opq": b""}], K),
    "a directory replaced by a file": ([{"d/a": BIG}, {"d": b""}], K),
    "100 kB overwritten": ([{"a": BIG}, {"a": OTHER}], K),
    "only chmod'ed": ([{"a": BIG}, {"a": Node(content=BIG, mode=0o600)}], K),
    "a whiteout of something absent, then an overwrite": ([{"a": BIG}, [(".wh.x", b""), ("a", OTHER)]], K),
    "a hard link replaced by a copy": ([{"a": BIG, "b": hard_link("a")}, {"b": BIG}], 0),
    "removed, then added again": ([{"a": BIG}, {".wh.a": b""}, {"a": BIG}], K),
    "one layer": ([{"a": BIG}], 0),
}


@pytest.mark.parametrize("case", KNOWN)
def test_what_others_get_wrong(case):
    layers, truth = KNOWN[case]
    assert analyse(sample_image(layers)).reclaimable_size == truth


def test_the_final_version_of_a_name_decides_the_reason():
    layers = [{"a": BIG}, [("a", OTHER), ("a", Node(content=BIG, mode=0o700))]]
    found = analyse(sample_image(layers))
    assert {(item.stored_in, item.reason.value) for item in found.reclaimable} == {
        (0, "metadata"),
        (1, "duplicate"),
    }


def test_reclaimable_is_ordered_by_size_then_path():
    found = analyse(sample_image([{"b": b"22", "a": b"22", "c": b"333"}, {".wh..wh..opq": b""}]))
    assert [item.path for item in found.reclaimable] == ["c", "a", "b"]


def test_content_is_read_only_where_sizes_match():
    image = sample_image([{"a": BIG, "b": b"1"}, {"a": b"1", "b": b"2"}])
    asked = []
    for layer in image.layers:
        digest = layer.content.digest
        layer.content.digest = lambda number, layer=layer, digest=digest: (
            asked.append((layer.number, layer.index.paths[number])) or digest(number)
        )
    analyse(image)
    assert asked == [(0, "b"), (1, "b")]


@pytest.mark.parametrize("names", [["caf\udce9", "\udcff\udcfe"], ["日本", "é"], ["a\nb", "\x1b[2J", "‮x"]])
def test_names_in_any_encoding(names):
    found = analyse(sample_image([dict.fromkeys(names, b"12"), {".wh..wh..opq": b""}]))
    assert sorted(item.path for item in found.reclaimable) == sorted(names)
