"""The widget without a page: its traits, its first message, its words, reading in the background."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import traitlets

import labhelpers
from labhelpers.analysis.waste import analyse
from labhelpers.errors import ImageError, UsageError
from labhelpers.samples import docker_archive, sample_image
from labhelpers.widgets.layer_explorer import LayerExplorer, explore
from labhelpers.widgets.layer_explorer.loading import Opened, open_source


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive([{"a": b"1", "b": b"22"}, {".wh.a": b""}]))
    return path


def message(widget: LayerExplorer) -> int:
    """The bytes of the state that opens the widget, code and style among them."""
    return len(json.dumps(widget.get_state(), default=str).encode())


def ask(widget: LayerExplorer, **question: Any) -> dict[str, Any]:
    sent: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    widget._heard(widget, {"kind": "ask", "id": "1", **question}, [])
    return sent[0]


def test_explore_is_public_and_says_what_is_shown(archive: Path) -> None:
    widget = labhelpers.explore(str(archive))
    assert isinstance(widget, labhelpers.LayerExplorer)
    assert repr(widget) == (
        "sample:1 (linux/amd64): 2 layers, 1 file; content size 3 bytes, size as stored 20.5 kB, "
        "reclaimable 1 byte, efficiency 66.7 %"
    )
    assert widget.selected_layer == 1


def test_beside_the_widget_stand_text_and_a_picture_without_scripts(archive: Path) -> None:
    widget = explore(archive)
    data, _ = widget._repr_mimebundle_()
    assert data["text/plain"] == repr(widget)
    assert "Reclaimable" in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.parametrize("layers", [1, 127])
def test_the_first_message_is_small(layers: int) -> None:
    step = "RUN " + "apt-get install " * 40
    image = sample_image(
        [{f"{'long/' * 60}{'n' * 200}/{n}": b"1" * (n + 1)} for n in range(layers - 1)] + [{".wh.long": b""}],
        history=[{"created_by": step} for _ in range(layers)],
    )
    assert message(LayerExplorer(image)) < 100_000


def test_traits_can_be_set_watched_and_linked(archive: Path) -> None:
    one, two = explore(archive), explore(archive)
    seen = []
    one.observe(lambda change: seen.append(change["new"]), "selected_layer")
    with_link = traitlets.link((one, "selected_layer"), (two, "selected_layer"))
    two.selected_layer = 0
    assert one.selected_layer == 0
    assert seen == [0]
    with_link.unlink()
    one.filter, one.selected_path, one.mode = "re:x", "/b", "waste"
    with pytest.raises(traitlets.TraitError, match="There is no layer 9"):
        one.selected_layer = 9
    with pytest.raises(traitlets.TraitError, match="There is no mode 'compare'"):
        one.mode = "compare"


def test_questions_are_answered_and_refusals_are_words(archive: Path) -> None:
    widget = explore(archive)
    assert ask(widget, what="rows")["data"]["total"] == 1
    assert ask(widget, what="rows", filter="re:(")["error"].startswith("Could not filter by (")
    assert "is no question" in ask(widget, what="?")["error"]
    widget._heard(widget, "noise", [])


def test_what_is_no_image_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(ImageError):
        explore(str(tmp_path / "absent.tar"))
    with pytest.raises(ImageError, match="int names none"):
        explore(3)


def test_an_analysis_or_an_image_will_do() -> None:
    image = sample_image([{"a": b"1"}])
    assert repr(explore(image)) == repr(explore(analyse(image)))


def test_comparing_begins_with_the_difference(archive: Path) -> None:
    widget = explore(archive, compare=archive)
    assert widget.mode == "compare"
    assert repr(widget).endswith("compared with sample:1")


def test_reading_goes_on_while_the_kernel_is_free_and_can_be_cancelled(archive: Path) -> None:
    began, go = threading.Event(), threading.Event()

    def slowly(source: Any, compare: Any, progress: Any) -> Opened:
        with progress.task("Reading it") as task:
            task.update(done=1, total=10)
            began.set()
            assert go.wait(30)
            task.update(done=2)
        return open_source(source, compare, None)

    widget = LayerExplorer(archive, wait=False, opener=slowly)
    assert began.wait(30)
    assert widget._phase == {"state": "loading", "title": "Reading it", "done": 1, "total": 10}
    assert "Reading it" in repr(widget)
    with pytest.raises(UsageError):
        _ = widget.analysis
    assert "not read yet" in ask(widget, what="rows")["error"]
    widget._heard(widget, {"kind": "cancel"}, [])
    go.set()
    assert widget.wait(30)._phase["state"] == "cancelled"

    again = LayerExplorer(archive, wait=False, opener=slowly).wait(30)
    assert again.analysis.size == 3
    assert again.image.reference == "sample:1"


def test_what_fails_in_the_background_is_said_in_the_widget(tmp_path: Path) -> None:
    widget = LayerExplorer(tmp_path / "absent.tar", wait=False).wait(30)
    assert widget._phase["state"] == "failed"
    assert "no such file" in repr(widget)
