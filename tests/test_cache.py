"""The cache: used where it is certain, ignored where it is not, whole or not there, bounded."""

import json
import threading
import time

import pytest

from labhelpers import oci
from labhelpers.analysis.waste import analyse
from labhelpers.errors import FormatError, ImageError
from labhelpers.filetree.packed import Packed, pack, unpack
from labhelpers.layout import layers
from labhelpers.layout.blobs import OpenFile
from labhelpers.layout.cache import IndexCache
from labhelpers.report import analysis_report
from labhelpers.samples import Node, docker_archive, hard_link, oci_archive, sample_image
from labhelpers.samples.archives import index, oci_image, outer_tar, put
from labhelpers.sources import open_image, remember

FULL = {
    "d/": None,
    "caf\udce9": b"1",
    "l": "d",
    "h": hard_link("caf\udce9"),
    "c": Node(type=b"3", device=(1, 3)),
    "x": Node(content=b"22", uid=5, gid=6, mtime=-1, pax={"SCHILY.xattr.user.k": "v"}),
    ".wh.gone": b"",
    "o/.wh..wh..opq": b"",
    "../out": b"1",
}


@pytest.fixture
def cache(tmp_path):
    return IndexCache(tmp_path / "cache")


@pytest.fixture
def reads(monkeypatch):
    """How many layers were read rather than recalled."""
    found = []
    real = layers._read
    monkeypatch.setattr(layers, "_read", lambda *args: found.append(args[0]) or real(*args))
    return found


def settled(path, data):
    """A file that was written a while ago."""
    path.write_bytes(data)
    return path


def look(path, cache, **options):
    image = open_image(path, cache=cache, **options)
    report = analysis_report(analyse(image))
    remember(image)
    return report


def test_packing():
    index = sample_image([FULL]).layers[0].index
    packed = Packed(index=index, blobs=("sha256:x",))
    back = unpack(pack(packed))
    assert [*back.index.entries()] == [*index.entries()]
    for name in ("whiteouts", "opaques", "unsafe", "fingerprint", "runs", "end", "digests"):
        assert getattr(back.index, name) == getattr(index, name)
    assert back.blobs == packed.blobs


def test_damage_is_ignored(tmp_path, cache, reads):
    path = settled(tmp_path / "a.tar", docker_archive([FULL]))
    first = look(path, cache)
    for file in (tmp_path / "cache").rglob("*"):
        if file.is_file():
            data = bytearray(file.read_bytes())
            for bad in (b"", bytes(data[:50]), bytes(len(data)), bytes(data[:-1]) + b"x"):
                file.write_bytes(bad)
                assert look(path, cache) == first


def test_a_wrong_media_type_is_noticed_at_every_look(tmp_path, cache):
    right = oci_archive([FULL], compression="gzip")
    look(settled(tmp_path / "right.tar", right), cache)
    look(tmp_path / "right.tar", cache)
    files, manifest = oci_image([FULL], compression="gzip")
    body = json.loads(files.pop(oci.blob_name(manifest["digest"])))
    body["layers"][0]["mediaType"] = body["layers"][0]["mediaType"].replace("gzip", "zstd")
    files["index.json"] = index([put(files, json.dumps(body).encode(), manifest["mediaType"])])
    path = settled(tmp_path / "wrong.tar", outer_tar(files))
    for options in ({"cache": None}, {"cache": cache}, {"cache": cache}):
        with pytest.raises(ImageError, match="not zstd data"):
            open_image(path, **options)


def test_every_changed_byte_is_noticed():
    data = pack(Packed(index=sample_image([FULL]).layers[0].index))
    for at in range(0, len(data), 3):
        with pytest.raises(FormatError):
            unpack(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])


@pytest.mark.parametrize("make", [docker_archive, oci_archive])
@pytest.mark.parametrize("how", ["tar", "gzip", "zstd"])
def test_a_second_look_reads_no_layer(tmp_path, cache, reads, make, how, monkeypatch):
    path = settled(tmp_path / "a.tar", make([FULL, {"x": b"33"}], compression=how))
    monkeypatch.setattr("labhelpers.layout.cache._SETTLED", -1)
    first = look(path, cache)
    assert len(reads) == 2
    assert look(path, cache) == first
    assert len(reads) == 2


def test_nothing_of_the_layers_is_read_again(tmp_path, cache, monkeypatch):
    monkeypatch.setattr("labhelpers.layout.cache._SETTLED", -1)
    path = settled(tmp_path / "a.tar", docker_archive([{"a": b"x" * 9000}, {"a": b"y" * 9000}]))
    first = look(path, cache)
    read = []
    real = OpenFile.read_at
    monkeypatch.setattr(
        OpenFile, "read_at", lambda self, at, size: read.append((at, size)) or real(self, at, size)
    )
    assert look(path, cache) == first
    content = range(1024, 1024 + 9000)
    assert not any(at in content and size < 4096 for at, size in read)
    assert len(read) <= 12  # the archive's own headers and its documents


def test_another_image_with_the_same_layer(tmp_path, cache, reads):
    look(settled(tmp_path / "a.tar", docker_archive([FULL])), cache)
    look(settled(tmp_path / "b.tar", docker_archive([FULL, {"b": b"1"}])), cache)
    assert len(reads) == 2
    look(settled(tmp_path / "c.tar", oci_archive([FULL], compression="gzip")), cache)
    look(settled(tmp_path / "d.tar", oci_archive([FULL, {"b": b"2"}], compression="gzip")), cache)
    assert len(reads) == 4


def test_a_diff_id_that_lies(tmp_path, cache):
    """Other layers under the same diff ids: by headers, and by content where headers are the same."""
    same = {"diff_ids": ["sha256:" + "1" * 64, "sha256:" + "2" * 64]}
    images = [
        [{"a": b"x" * 50}, {"a": b"x" * 50}],
        [{"a": b"x" * 50}, {"a": b"y" * 50}],
        [{"b": b"x" * 50}, {"a": b"y" * 50}],
    ]
    for how in ("tar", "gzip"):
        for number in (0, 1, 2, 0, 1, 2):
            path = tmp_path / f"{how}{number}"
            path.write_bytes(docker_archive(images[number], compression=how, rootfs=same))
            found = analysis_report(analyse(open_image(path)))
            assert look(path, cache) == found
            assert look(path, cache) == found


def test_a_file_that_is_written_over(tmp_path, cache):
    path = tmp_path / "a.tar"
    for number in range(6):
        path.write_bytes(docker_archive([{"a": b"%d" % number * 50}, {"a": b"%d" % (number % 2) * 50}]))
        assert look(path, cache)["reclaimable"][0]["reason"] == ("metadata" if number < 2 else "replaced")


def test_streams_are_kept(tmp_path, cache, monkeypatch):
    import gzip

    monkeypatch.setattr("labhelpers.layout.cache._SETTLED", -1)
    path = settled(tmp_path / "a.tgz", gzip.compress(docker_archive([FULL, {"x": b"33"}])))
    first = look(path, cache)
    monkeypatch.setattr("labhelpers.layout.stream.read_archive", None)
    assert look(path, cache) == first


def test_bounded(tmp_path):
    cache = IndexCache(tmp_path, size=30_000)
    for number in range(40):
        path = settled(tmp_path / "a.tar", docker_archive([{f"{number}-{name}": b"" for name in range(100)}]))
        look(path, cache)
    sizes = [file.stat().st_size for file in (tmp_path / "layers-1").iterdir()]
    assert 0 < sum(sizes) <= 30_000
    assert len(sizes) > 1


def test_a_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "cache").write_text("not a folder")
    path = settled(tmp_path / "a.tar", docker_archive([FULL]))
    assert look(path, IndexCache(tmp_path / "cache"))["files"] > 0


def test_two_at_once(tmp_path, cache):
    path = settled(tmp_path / "a.tar", docker_archive([FULL] * 5))
    first, wrong = look(path, None), []

    def work():
        end = time.monotonic() + 1
        while time.monotonic() < end:
            if look(path, cache) != first:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert not [*(tmp_path / "cache/layers-1").glob(".*")]
