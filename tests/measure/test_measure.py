from __future__ import annotations

import io

import pytest
from matplotlib.image import imread

from labhelpers.engine import Engine
from labhelpers.errors import LabError, UsageError
from labhelpers.figures import figure, table
from labhelpers.measure import Comparison, Density, Run, Spread, compare, density
from labhelpers.stock.recipes import BY_NAME

BUSYBOX = BY_NAME["busybox"].reference


def made() -> Comparison:
    """Two turns and a warm-up, with numbers that are known."""
    runs = []
    for number, (one, two) in enumerate([(9.0, 90.0), (0.2, 2.0), (0.4, 2.0)]):
        runs += [
            Run("container", number, one, 10**6, 2 * 10**6, 1, "6.2-host", "a" * 36),
            Run("machine", number, two, 10**8, 10**8, 40, "6.1-guest", str(number) * 36),
        ]
    disk = {"container": 0, "machine": 2 * 10**6}
    return Comparison("lab/x:1", tuple(runs), "tcg", "emulation", disk, 128 * 10**6)  # type: ignore[arg-type]


def test_a_spread_is_a_median_with_its_ends() -> None:
    assert Spread.of([3, 1, 2]) == Spread(2, 1, 3)
    assert Spread.of([1, 2]) == Spread(1.5, 1, 2)


def test_the_warm_up_counts_in_no_median() -> None:
    comparison = made()
    assert comparison.spread("container", lambda run: run.start).high == 0.4
    assert len(comparison.rows()) == 6
    assert comparison.ratio == Spread(7.5, 5.0, 10.0)
    assert not comparison.same_kernel


def test_the_table_and_the_picture_say_the_same() -> None:
    comparison = made()
    text, html = repr(table(comparison)), table(comparison)._repr_html_()
    for words in ("start to first line", "0.30 s (0.20 s to 0.40 s)", "128 MB", "6.1", "6.2", "left out"):
        assert words in text
        assert words in html
    drawn = figure(comparison)
    assert "container 0.30 s (0.20 s to 0.40 s); virtual machine 2.00 s" in drawn.words
    assert drawn.words in drawn._repr_html_()
    picture = imread(io.BytesIO(drawn.png()))
    assert picture.shape[1] > picture.shape[0] > 200
    assert picture[..., :3].min() < 0.5, "something is drawn on it"


def test_what_fits_is_calculated_from_what_was_measured() -> None:
    found = Density({"container": (2, 4), "machine": (50, 100)}, 1000)
    assert (found.each("container"), found.fit("container"), found.fit("machine")) == (2, 500, 20)
    assert "room for 500 containers or 20 virtual machines" in repr(found)


@pytest.mark.engine
def test_an_image_is_measured_both_ways(engine: Engine) -> None:
    told: list[str] = []
    comparison = compare(BUSYBOX, runs=1, told=told.append, engine=engine)
    container, machine = comparison.of("container")[0], comparison.of("machine")[0]
    assert len(told) == 2
    assert comparison.ratio.median > 1
    assert container.kernel != machine.kernel
    assert len({run.boot_id for run in comparison.runs}) == 3, (
        "each machine boots a kernel, containers share one"
    )
    assert container.processes == 1
    assert machine.processes > 10
    assert machine.memory > 10 * container.memory > 0
    assert machine.resident > container.resident > 0
    assert comparison.disk["machine"] > 10**6
    assert comparison.disk["container"] < 10**5
    assert (container.work is None) == (machine.work is None) == (comparison.accelerator == "tcg")


@pytest.mark.engine
def test_more_copies_take_more(engine: Engine) -> None:
    found = density(BUSYBOX, containers=2, machines=1, engine=engine)
    assert found.totals["container"][1] > found.totals["container"][0] > 0
    assert found.each("machine") > found.each("container")
    assert found.free > 10**8


@pytest.mark.engine
def test_what_cannot_be_measured_is_said(engine: Engine) -> None:
    with pytest.raises(UsageError, match="compare 0 runs"):
        compare(BUSYBOX, runs=0, engine=engine)
    with pytest.raises(LabError, match="nothing-like-this"):
        compare("localhost:5005/lab/nothing-like-this:1", runs=1, engine=engine)
