"""Random small images: what `./lab layers --json` says is what a slow and obvious reading says."""

import os

from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import report as oracle

from labhelpers.analysis.waste import analyse
from labhelpers.report import analysis_report
from labhelpers.samples import Node, docker_archive, hard_link, oci_archive
from labhelpers.sources import open_image

EXAMPLES = int(os.environ.get("LAB_TEST_EXAMPLES", "150"))
PART = st.sampled_from("abd")
PATH = st.lists(PART, min_size=1, max_size=3).map("/".join)
CONTENT = st.sampled_from([b"", b"1", b"2", b"333", b"444"])
FILE = st.builds(lambda data, mode: Node(content=data, mode=mode), CONTENT, st.sampled_from([0o644, 0o755]))
THING = st.one_of(
    FILE,
    FILE,
    st.none(),
    st.sampled_from(["a", "d", "/", ".."]),
    PATH.map(hard_link),
    st.just(Node(type=b"6")),
)


def in_folder(last):
    return st.tuples(st.lists(PART, max_size=2), last).map(lambda pair: "/".join([*pair[0], pair[1]]))


MARK = in_folder(st.one_of(PART.map(".wh.".__add__), st.just(".wh..wh..opq")))
ENTRY = st.one_of(
    st.tuples(PATH, THING), st.tuples(PATH, THING), st.tuples(PATH, FILE), st.tuples(MARK, st.just(b""))
)
SPELT = st.tuples(st.sampled_from(["", "", "./", "/"]), ENTRY).map(lambda it: (it[0] + it[1][0], it[1][1]))
LAYERS = st.lists(st.lists(SPELT, max_size=6), min_size=1, max_size=4)


@st.composite
def images(draw):
    """Layers, one of them perhaps again, with a history that has steps without a layer."""
    layers = draw(LAYERS)
    if draw(st.booleans()):
        layers = [*layers, draw(st.sampled_from(layers))]
    history = []
    for number in range(len(layers)):
        history += [{"created_by": "e", "empty_layer": True}] * draw(st.integers(0, 1))
        history.append({"created_by": f"step {number}"})
    history += [{"created_by": "end", "empty_layer": True}] * draw(st.integers(0, 1))
    return layers, history


@settings(max_examples=EXAMPLES, deadline=None)
@given(images(), st.sampled_from([docker_archive, oci_archive]), st.sampled_from(["tar", "gzip"]))
def test_the_report_is_what_an_obvious_reading_says(tmp_path_factory, image, make, compression):
    layers, history = image
    path = tmp_path_factory.getbasetemp() / "random-image.tar"
    data = make(layers, compression=compression, history=history)
    path.write_bytes(data)
    found = analysis_report(analyse(open_image(str(path), cache=None)))
    assert found.pop("source")
    found.pop("reference")
    expected = oracle(data)
    for each in (found, expected):
        each["unsafe"].sort(key=lambda item: (item["layer"], item["path"]))  # the order is left open
    assert found == expected
