"""What is shown of a push: lines, bars, the account. Names are text, whatever they are."""

from __future__ import annotations

from labhelpers.engine.transfer import Event
from labhelpers.oci import Descriptor
from labhelpers.reference import parse
from labhelpers.registry.api import Stored
from labhelpers.registry.moving import LayerState, Moved, Part, Way
from labhelpers.widgets.registry import Bars, Lines, Report, bars

HOSTILE = "<script>alert(1)</script>"


def report(*hows: str, verb: str = "push") -> Report:
    layers = tuple(Part(f"sha256:{n:064x}", 1000 * n, how) for n, how in enumerate(hows, 1))
    config = Part("sha256:" + "c" * 64, 10, "travelled")
    image = Stored("sha256:" + "d" * 64, 700, Descriptor("x", config.digest, 10), ())
    return Report(Moved(verb, parse("localhost:8306/site-06:2"), image, layers, config))


def test_the_sentence_counts() -> None:
    assert report("travelled").sentence == "localhost:8306/site-06:2: 1 of 1 layer travelled."
    many = report("already there", "already there", "travelled", "linked")
    assert many.sentence == (
        "localhost:8306/site-06:2: 1 of 4 layers travelled, 2 were already in the registry, "
        "1 was linked from another repository."
    )
    pulled = report("already there", "travelled", verb="pull")
    assert pulled.sentence == (
        "localhost:8306/site-06:2: 1 of 2 layers travelled, 1 was already in the engine."
    )
    assert (pulled.size, repr(pulled)) == (2000, f"{pulled.sentence} 2.0 kB, {pulled.digest}")


def test_the_account_is_a_table_with_headings() -> None:
    html = report("already there", "travelled", "linked")._repr_html_()
    assert html.count('scope="row"') == 4
    assert html.count('scope="col"') == 4
    for said in ("already in the registry", "travelled", "linked from another", "docker push", "2.0 kB"):
        assert said in html


def test_bars_say_in_words_what_they_show() -> None:
    html = bars(
        "docker push x",
        [
            LayerState("aaa", "Pushing", 500, 1000),
            LayerState("bbb", "Waiting"),
            LayerState("ccc", "Pushed"),
            LayerState(HOSTILE, HOSTILE),
        ],
    )
    assert 'value="0.500" aria-label="layer aaa"' in html
    assert "Pushing, 500 bytes of 1.0 kB" in html
    assert '<progress max="1" aria-label="layer bbb">' in html
    assert 'value="1.000" aria-label="layer ccc"' in html
    assert HOSTILE not in html


def test_lines_are_said_once_for_each_state() -> None:
    said: list[str] = []
    lines, way = Lines("push", "x:1", say=said.append), Way()
    for event in (
        Event("a", "Preparing"),
        Event("a", "Pushing", 1, 9),
        Event("a", "Pushing", 2, 9),
        Event("a", "Retrying in 5 seconds"),
        Event("a", "Retrying in 4 seconds"),
        Event("a", "Pushed"),
    ):
        lines.update(way, way.feed(event))
    lines.close()
    assert said == ["docker push x:1", "a: Preparing", "a: Pushing", "a: Retrying", "a: Pushed"]


def test_bars_are_gone_when_all_is_done() -> None:
    class Handle:
        def __init__(self) -> None:
            self.shown: list[str] = []

        def update(self, what: object) -> None:
            assert repr(what) == "", "no text stands for what will be gone"
            self.shown.append(what._repr_html_())  # type: ignore[attr-defined]

    handle, way = Handle(), Way()
    card = Bars("push", "x:1", handle)
    card.update(way, way.feed(Event("a", "Pushing", 1, 9)))
    card.close()
    assert "<progress" in handle.shown[0]
    assert "<progress" not in handle.shown[-1]
