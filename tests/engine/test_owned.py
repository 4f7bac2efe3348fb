"""Containers that helpers make for themselves: how little they may do, and whose they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from labhelpers.engine import Engine, session
from labhelpers.engine.owned import remove_owned
from labhelpers.exercises.look import Look
from labhelpers.labels import OWNER, WORKSHOP
from labhelpers.measure.compare import start_container
from labhelpers.owners import claim
from labhelpers.places import places
from labhelpers.stock import VM_IMAGE
from labhelpers.vm import Machine

pytestmark = pytest.mark.engine
BUSYBOX = "localhost:5005/lab/busybox:1"


def test_helpers_containers_have_little_power(
    engine: Engine, docker_env: dict[str, str], tmp_path: Path
) -> None:
    remove_owned(engine, claim().name)  # of an earlier test of this process whose engine went away, say
    machine = Machine(BUSYBOX, engine=engine)
    for image in (BUSYBOX, VM_IMAGE):
        machine._need_image(image)
    created = machine._create("tcg", 30)
    with created, start_container(engine, BUSYBOX, "sleep 60") as measured:
        for one in (created.attached.container, measured.container):
            one.reload()
            host = one.attrs["HostConfig"]
            assert host["NetworkMode"] == "none"
            assert not host["Privileged"]
            assert not host["Binds"]
            assert one.labels[OWNER] == claim().name
            assert one.labels[WORKSHOP] == session(places())
        host = created.attached.container.attrs["HostConfig"]
        assert (host["CapDrop"], host["SecurityOpt"]) == (["ALL"], ["no-new-privileges"])
        assert 0 < host["Memory"] == host["MemorySwap"] < 1 << 30
        assert 0 < host["PidsLimit"] < 100
    look = Look(folder=tmp_path, wrong_answers={})
    try:
        assert look.once(BUSYBOX, "ls", "/sys/class/net").split() == ["lo"]
    finally:
        look.close()
    assert remove_owned(engine, claim().name) == [], "each has removed its own"
