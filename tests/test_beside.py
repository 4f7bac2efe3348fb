"""Layers read by two processes: the same as by one, whatever becomes of the second."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from labhelpers.benchmarks.inputs import docker_archive

_LARGE = 80 << 20  # bytes
_LOOK = """
import json, os, sys, threading
from labhelpers.analysis.waste import analyse
from labhelpers.errors import LabError
from labhelpers.report import analysis_report
from labhelpers.sources import open_image

path, how = sys.argv[1:]
forks, fork = [], os.fork
def counted():
    pid = fork()
    if pid:
        forks.append(pid)
    elif how == "dies":
        os._exit(9)
    return pid
os.fork = counted
ended = threading.Event()
if how == "threads":
    threading.Thread(target=ended.wait).start()
try:
    said = analysis_report(analyse(open_image(path)))
except LabError as error:
    said = error.message
finally:
    ended.set()
def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
print(json.dumps([said, len(forks), all(map(gone, forks))]))
"""


def _look(path: Path, how: str = "") -> list[object]:
    """What the image is said to be, how often the process was copied, and whether all copies are gone."""
    done = subprocess.run(
        [sys.executable, "-c", _LOOK, path, how], capture_output=True, text=True, check=True, timeout=60
    )
    assert not done.stderr
    found: list[object] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four layers, the first two large. The large files are holes: they take no room, and no time."""
    path = tmp_path_factory.mktemp("large") / "image.tar"
    small = tmp_path_factory.mktemp("small") / "image.tar"
    docker_archive(small, [[f"{layer}/small-{n}" for n in range(50)] for layer in range(4)], 100)
    with tarfile.open(small) as source, path.open("wb") as target:
        for member in source:
            content = source.extractfile(member)
            assert content is not None
            data = content.read()
            hole = b""
            if member.name in ("0/layer.tar", "1/layer.tar"):
                info = tarfile.TarInfo(f"large-{member.name[0]}")
                info.size = _LARGE
                hole = info.tobuf(tarfile.GNU_FORMAT)
                member.size += len(hole) + _LARGE
            target.write(member.tobuf(tarfile.GNU_FORMAT) + hole)
            target.seek(_LARGE if hole else 0, os.SEEK_CUR)
            target.write(data + bytes(-len(data) % 512))
        target.write(bytes(1024))
    return path


@pytest.mark.skipif(sys.platform != "linux" or os.cpu_count() == 1, reason="one process reads here")
def test_it_is_the_same_as_with_one_process(large: Path) -> None:
    said, copies, gone = _look(large)
    assert (copies, gone) == (1, True)
    assert isinstance(said, dict)
    assert [layer["size"] for layer in said["layers"]] == [_LARGE + 5000, _LARGE + 5000, 5000, 5000]
    alone, copies, _ = _look(large, "threads")
    assert copies == 0, "a process with threads is not copied"
    assert said == alone
    assert _look(large, "dies") == [said, 1, True]


def test_a_damaged_layer_is_said_to_be_damaged_as_ever(large: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.tar"
    subprocess.run(["cp", "--sparse=always", large, damaged], check=True)
    with damaged.open("r+b") as file:
        at = 2 * 512 + _LARGE  # the second entry of the first layer
        file.seek(at)
        file.write(b"x")
    said, _, gone = _look(damaged)
    assert "a tar header is damaged" in str(said)
    assert gone
    assert _look(damaged, "threads")[0] == said
