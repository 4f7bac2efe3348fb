"""The exercise of notebook 00: a machine that is ready, and each way in which it is not."""

from __future__ import annotations

from exercises.bench import Bench
from exercises.case import Case, Do

from labhelpers.engine import discover
from labhelpers.stock import RECIPES


def _another_home(bench: Bench) -> None:
    """A workshop that has just been unpacked, beside the one that runs: nothing in it is ours yet."""
    bench.patch.setenv("LABHELPERS_HOME", str(bench.folder / "home"))


def _nothing_listens(bench: Bench) -> None:
    bench.patch.setenv("DOCKER_HOST", f"unix://{bench.folder}/gone.sock")


def _no_engine(bench: Bench) -> None:
    # The machine's other sockets are the only thing that is hidden: some that run this test have an engine there.
    _another_home(bench)
    bench.patch.delenv("DOCKER_HOST")
    module = __import__("labhelpers.engine.discover", fromlist=["candidates"])
    bench.patch.setattr(module, "candidates", lambda *_: [])
    assert discover() == []


def _ready(bench: Bench) -> None:
    bench.patch.setenv("DOCKER_HOST", bench.env["DOCKER_HOST"])


def _another_address(bench: Bench) -> None:
    door = bench.folder / "door.sock"
    door.symlink_to(bench.env["DOCKER_HOST"].removeprefix("unix://"))
    bench.patch.setenv("DOCKER_HOST", f"unix://{door}")


def _nearly_full(bench: Bench) -> None:
    _ready(bench)
    bench.patch.setattr("labhelpers.doctor.DISK_NEEDED", 10**18)


def _port_taken(bench: Bench) -> None:
    # The registry that runs is that of another workshop, which is what this one finds at its port.
    _ready(bench)
    _another_home(bench)


def _image_missing(bench: Bench) -> None:
    # What the registry holds is of another recipe than this one, as after an update.
    _ready(bench)
    bench.patch.setattr(type(RECIPES[-1]), "digest", lambda self: "sha256:another")


CASES = [
    Case(
        "00.ready",
        before=Do(call=_nothing_listens),
        solution=Do(call=_ready),
        other={"at-another-address": Do(call=_another_address)},
        wrong={
            "no-engine": Do(call=_no_engine),
            "engine-silent": Do(call=_nothing_listens),
            "disk-full": Do(call=_nearly_full),
            "port-taken": Do(call=_port_taken),
            "image-missing": Do(call=_image_missing),
        },
        cut="engine-silent",
        lasting="it asks for what is there now, and nothing of it was made by the learner",
    ),
]
