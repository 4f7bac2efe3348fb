"""Damaged and hostile inputs: whole images with bits, blocks and documents changed, opened and analysed.

Each must give an image or one `ImageError`: no traceback, no more than 5 s, no more than 300 MB. The ordinary
run takes 1,500 inputs; LAB_FUZZ=7 makes it more than 10,000.
"""

import gzip
import json
import os
import random
import resource
import sys
import time

import pytest

from labhelpers.analysis.waste import analyse
from labhelpers.errors import FormatError, ImageError
from labhelpers.layout.cache import IndexCache
from labhelpers.report import analysis_report
from labhelpers.samples import Node, docker_archive, hard_link, layer_tar, oci_archive
from labhelpers.samples.archives import compress, docker_files, oci_files, outer_tar
from labhelpers.sources import open_image

INPUTS = 1500 * int(os.environ.get("LAB_FUZZ", "1"))
LAYERS = [
    {"d/": None, "d/a": b"x" * 700, "b": b"1", "l": "d", "é": b"2", "h": hard_link("b"), "n" * 120: b"3"},
    {
        "d/.wh.a": b"",
        "b": Node(content=b"2", mode=0o700, pax={"SCHILY.xattr.user.a": "1"}),
        "e/.wh..wh..opq": b"",
    },
    {"p": Node(type=b"6"), "c": Node(type=b"3", device=(1, 3)), "/abs": b"1", "../out": b"2", "l/x": b"4"},
]
NASTY = [
    None,
    -1,
    0,
    2**63,
    2**200,
    1.5,
    "",
    "../../etc/passwd",
    "sha256:x",
    [],
    {},
    [[]],
    "\ud800",
    True,
    "x" * 5000,
]


def seeds():
    for how in ("tar", "gzip", "zstd"):
        yield docker_archive(LAYERS, compression=how)
        yield oci_archive(LAYERS, compression=how, name="x:1", beside=how == "gzip")
    yield gzip.compress(docker_archive(LAYERS), 1)
    yield compress(oci_archive(LAYERS, compression="gzip"), "zstd")


def change_bytes(data, chance):
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data))
        how = chance.randrange(7)
        block = at - at % 512
        if how == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif how == 1:
            data[at] = chance.randrange(256)
        elif how == 2:
            del data[at:]
        elif how == 3:
            data[block : block + 512] = bytes(512)
        elif how == 4:
            data[block : block + 512] = chance.randbytes(512)
        elif how == 5:
            data[block:block] = data[chance.randrange(len(data)) // 512 * 512 :][:512]
        else:
            # A header that was changed on purpose, its checksum made good.
            header = bytearray(data[block : block + 512].ljust(512, b"\0"))
            header[chance.randrange(512)] = chance.choice(
                [0, 0x20, 0x2F, 0x37, 0x80, 0xFF, chance.randrange(256)]
            )
            header[148:156] = b" " * 8
            header[148:156] = b"%06o\0 " % sum(header)
            data[block : block + 512] = header
        if not data:
            break
    return bytes(data)


def change_document(chance):
    files = chance.choice([docker_files, oci_files])(LAYERS, compression=chance.choice(["tar", "gzip"]))
    name = chance.choice([name for name in files if name.endswith(".json") or len(files[name]) < 3000])
    try:
        document = json.loads(files[name])
    except ValueError:
        return outer_tar(files)
    place, key = None, None
    here = document
    for _ in range(chance.randint(1, 6)):
        if isinstance(here, dict) and here:
            place, key = here, chance.choice([*here])
        elif isinstance(here, list) and here:
            place, key = here, chance.randrange(len(here))
        else:
            break
        here = place[key]
    if place is not None:
        if chance.random() < 0.3 and isinstance(place, dict):
            del place[key]
        else:
            place[key] = chance.choice(NASTY)
    return outer_tar(files | {name: json.dumps(document).encode()})


def change_layer(chance):
    tars = [change_bytes(layer_tar(layer), chance) for layer in LAYERS]
    how = chance.choice(["tar", "gzip", "zstd"])
    return chance.choice([docker_archive, oci_archive])(tars, compression=how)


def test_fuzzed_images(tmp_path):
    chance = random.Random(20_26)
    start = [*seeds()]
    path = tmp_path / "fuzzed"
    cache = IndexCache(tmp_path / "cache")
    accepted, slowest = 0, 0.0
    for number in range(INPUTS):
        how = number % 4
        if how == 0:
            data = change_layer(chance)
        elif how == 1:
            data = change_document(chance)
        else:
            data = change_bytes(chance.choice(start), chance)
        path.write_bytes(data)
        began = time.perf_counter()
        try:
            image = open_image(path, verify=number % 5 == 0, cache=cache if number % 3 == 0 else None)
            report = analysis_report(analyse(image))
            json.dumps(report)
            assert (
                report["live_size"] + report["reclaimable_size"] == report["size"] >= report["live_size"] >= 0
            )
            assert sum(item["size"] for item in report["reclaimable"]) == report["reclaimable_size"]
            accepted += 1
        except (ImageError, FormatError) as error:
            assert "\n" not in str(error)
        slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 5
    assert 0 < accepted < INPUTS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    # The peak is the whole test process's, whatever ran before in it.
    if os.environ.get("LAB_FUZZ"):
        assert peak < 300 << 20
        print(f"{INPUTS} inputs, {accepted} accepted, slowest {slowest:.3f} s, peak {peak >> 20} MiB")


def deep(depth):
    return {"/".join(["d"] * depth) + "/f": b"1"}


@pytest.mark.parametrize(
    ("layers", "why"),
    [
        ([deep(200)], None),
        ([deep(255)], None),
        ([deep(257)], "longer than any engine"),
        ([{"a" * 5000: b"1"}], "longer than any engine"),
        ([{"l": "l", "l/l/l/l": b"1"}], None),
        ([{f"{number}": f"{(number + 1) % 50}" for number in range(50)} | {"0/x": b"1"}], None),
        ([{str(number): hard_link(str((number + 1) % 50)) for number in range(50)}], None),
    ],
)
def test_hostile_trees(tmp_path, layers, why):
    path = tmp_path / "hostile"
    path.write_bytes(docker_archive(layers))
    began = time.perf_counter()
    if why:
        with pytest.raises(ImageError, match=why):
            open_image(path)
    else:
        analyse(open_image(path))
    assert time.perf_counter() - began < 5


def test_names_that_multiply(tmp_path):
    """Few bytes of names that imply many bytes of folders are bounded too."""
    path = tmp_path / "hostile"
    prefix = "/".join(["0123456789abcde"] * 250)
    path.write_bytes(docker_archive([{f"{number}/{prefix}/f": b"" for number in range(300)}]))
    from labhelpers.filetree import Limits

    with pytest.raises(FormatError, match="bytes of names"):
        analyse(open_image(path), limits=Limits(names=8 << 20))
