"""Every kind of source, every compression; the real archives; and everything that is no image."""

import gzip
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from labhelpers import oci
from labhelpers.analysis.waste import analyse
from labhelpers.errors import ImageError, LabError
from labhelpers.filetree import Limits
from labhelpers.layout.names import parse_source
from labhelpers.report import analysis_report
from labhelpers.samples import archives, docker_archive, layer_tar, oci_archive, oci_folder, sample_image
from labhelpers.samples.archives import compress, docker_files, oci_files, oci_image, outer_tar
from labhelpers.sources import open_image

IMAGES = Path(os.environ.get("LAB_TEST_IMAGES") or Path(__file__).parents[1] / "../shared/images")
LAYERS = [{"d/a": b"x" * 3000, "b": b"1", "l": "b"}, {"d/.wh.a": b"", "b": b"2"}, {"c": None}]
COMPRESSIONS = ["tar", "gzip", "zstd"]
real = pytest.mark.skipif(
    not IMAGES.is_dir(), reason=f"the real archives are not at {IMAGES}: set LAB_TEST_IMAGES to their folder"
)


def numbers(image):
    """What must be the same wherever the same image is read."""
    report = analysis_report(analyse(image))
    for layer in report["layers"]:
        del layer["digest"], layer["compressed_size"]
    return {key: value for key, value in report.items() if key not in ("source", "reference")}


def write(path, data):
    path.write_bytes(data)
    return path


@real
@pytest.mark.parametrize(
    ("name", "layers", "size", "reclaimable"),
    [
        ("docker-archive-14-layers", 14, 1_220_598, 32_025),
        ("docker-archive-gzip-layers-14", 14, 1_326_410, 46_245),
        ("oci-archive-uncompressed", 1, 11_189, 0),
        ("oci-archive-gzip", 1, 11_189, 0),
        ("oci-archive-estargz", 1, 11_189, 0),
        ("oci-archive-zstd", 1, 11_189, 0),
    ],
)
@pytest.mark.parametrize("verify", [False, True])
def test_real_archives(name, layers, size, reclaimable, verify):
    found = analyse(open_image(IMAGES / f"{name}.tar", verify=verify))
    assert (len(found.layers), found.size, found.reclaimable_size) == (layers, size, reclaimable)


@real
def test_real_layer_sizes():
    found = analyse(open_image(IMAGES / "docker-archive-14-layers.tar"))
    assert [layer.size for layer in found.layers] == [
        1154361, 6405, 0, *[6405] * 6, 0, 2187, *[6405] * 3
    ]  # fmt: skip


@real
def test_a_root_filesystem_is_no_image():
    with pytest.raises(ImageError, match=r"neither a manifest\.json nor an index\.json"):
        open_image(IMAGES / "not-an-image-rootfs.tar")


@pytest.mark.parametrize("how", COMPRESSIONS)
@pytest.mark.parametrize("verify", [False, True])
def test_all_sources_agree(tmp_path, how, verify):
    docker = docker_archive(LAYERS, compression=how)
    files = {
        "docker-archive": write(tmp_path / "d.tar", docker),
        "docker-archive gzip": write(tmp_path / "d.tgz", gzip.compress(docker)),
        "docker-archive zstd": write(tmp_path / "d.zst", compress(docker, "zstd")),
        "oci-archive": write(tmp_path / "o.tar", oci_archive(LAYERS, compression=how)),
        "oci-archive gzip": write(tmp_path / "o.tgz", gzip.compress(oci_archive(LAYERS, compression=how))),
        "both": write(tmp_path / "b.tar", oci_archive(LAYERS, compression=how, beside=True, name="x:1")),
        "oci": oci_folder(tmp_path / "folder", LAYERS, compression=how),
    }
    expected = numbers(sample_image(LAYERS))
    for kind, path in files.items():
        assert numbers(open_image(path, verify=verify)) == expected, kind


@pytest.mark.parametrize(
    ("text", "source", "reference"),
    [
        ("{}/d.tar", "docker-archive:{}/d.tar", "sample:1"),
        ("docker-archive:{}/d.tar", "docker-archive:{}/d.tar", "sample:1"),
        ("docker-archive:{}/d.tar:sample:1", "docker-archive:{}/d.tar:sample:1", "sample:1"),
        ("{}/o.tar", "oci-archive:{}/o.tar", "latest"),
        ("oci-archive:{}/o.tar:latest", "oci-archive:{}/o.tar:latest", "latest"),
        ("{}/folder", "oci:{}/folder", "latest"),
        ("oci:{}/folder:latest", "oci:{}/folder:latest", "latest"),
        ("oci:{}/with:colon", "oci:{}/with:colon", "latest"),
        ("{}/d.tar:sample:1", "docker-archive:{}/d.tar:sample:1", "sample:1"),
        ("{}/o.tar:latest", "oci-archive:{}/o.tar:latest", "latest"),
        ("{}/with:colon:latest", "oci:{}/with:colon:latest", "latest"),
        ("{}/b.tar", "docker-archive:{}/b.tar", "x:1"),
        ("oci-archive:{}/b.tar", "oci-archive:{}/b.tar", "x:1"),
    ],
)
def test_names_of_sources(tmp_path, text, source, reference):
    write(tmp_path / "d.tar", docker_archive(LAYERS))
    write(tmp_path / "o.tar", oci_archive(LAYERS, name="latest"))
    write(tmp_path / "b.tar", oci_archive(LAYERS, name="x:1", beside=True))
    oci_folder(tmp_path / "folder", LAYERS, name="latest")
    oci_folder(tmp_path / "with:colon", LAYERS, name="latest")
    image = open_image(text.format(tmp_path))
    assert (image.source, image.reference) == (source.format(tmp_path), reference)


def test_an_engines_image_beside_a_folder_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "python").mkdir()
    write(tmp_path / "x.tar", docker_archive(LAYERS))
    assert str(parse_source("python:3.12")) == "docker-daemon:python:3.12"
    assert str(parse_source("x.tar:sample:1")) == "docker-archive:x.tar:sample:1"


def platforms(*names):
    """An OCI layout with one image per platform, and an attestation for each."""
    files, descriptors = {}, []
    for name in names:
        system, architecture, *variant = name.split("/")
        blobs, descriptor = oci_image(
            [{name: b"1"}], os=system, architecture=architecture, variant=variant[0] if variant else None
        )
        platform = {"os": system, "architecture": architecture} | ({"variant": variant[0]} if variant else {})
        proof, about = oci_image([{"attestation": b"12345"}], os="unknown", architecture="unknown")
        descriptors += [
            {**about, "platform": {"os": "unknown", "architecture": "unknown"}},
            {**descriptor, "platform": platform},
        ]
        files |= blobs | proof
    return files, descriptors


def layout(files, descriptors):
    return files | {
        "index.json": archives.index(descriptors),
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
    }


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("wanted", ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6", "arm64"])
def test_platforms(tmp_path, nested, wanted):
    files, descriptors = platforms(
        "linux/amd64", "linux/arm64/v8", "linux/arm/v7", "linux/arm/v6", "windows/amd64"
    )
    if nested:
        descriptors = [archives.put(files, archives.index(descriptors), oci.INDEX_TYPES[0])]
    path = write(tmp_path / "i.tar", outer_tar(layout(files, descriptors)))
    assert str(open_image(path, platform=wanted).platform).startswith(
        wanted if "/" in wanted else f"linux/{wanted}"
    )


def test_this_machines_platform_is_the_default(tmp_path):
    files, descriptors = platforms("linux/s390x", str(oci.host_platform()), "linux/riscv64")
    path = write(tmp_path / "i.tar", outer_tar(layout(files, descriptors)))
    assert open_image(path).platform == oci.host_platform()


def test_the_only_platform_there_is(tmp_path):
    files, descriptors = platforms("linux/s390x")
    path = write(tmp_path / "i.tar", outer_tar(layout(files, descriptors)))
    assert str(open_image(path).platform) == "linux/s390x"
    with pytest.raises(ImageError, match="linux/s390x, not for linux/amd64"):
        open_image(path, platform="linux/amd64")


def test_a_platform_that_is_not_there(tmp_path):
    files, descriptors = platforms("linux/s390x", "linux/riscv64")
    path = write(tmp_path / "i.tar", outer_tar(layout(files, descriptors)))
    with pytest.raises(ImageError, match="linux/riscv64, linux/s390x"):
        open_image(path, platform="linux/mips64")


def test_platforms_whose_blobs_were_left_out(tmp_path):
    files, descriptors = platforms("linux/s390x", "linux/riscv64")
    del files[oci.blob_name(descriptors[1]["digest"])]
    path = write(tmp_path / "i.tar", outer_tar(layout(files, descriptors)))
    assert str(open_image(path).platform) == "linux/riscv64"


def test_attestations_are_no_images(tmp_path):
    files, descriptors = platforms("linux/amd64")
    path = write(tmp_path / "i.tar", outer_tar(layout(files, descriptors[:1])))
    with pytest.raises(ImageError, match="no image"):
        open_image(path)


def test_layer_order_is_the_manifests(tmp_path):
    files = docker_files([{"a": b"1"}, {"a": b"22"}, {"b": b"1"}])
    shuffled = dict(sorted(files.items(), reverse=True))
    image = open_image(write(tmp_path / "d.tar", outer_tar(shuffled)))
    assert [layer.index.paths[0] for layer in image.layers] == ["a", "a", "b"]
    assert image.layers[1].index.sizes[0] == 2


def test_layers_behind_links_in_the_archive(tmp_path):
    """Engines of old stored a layer once, and linked the others to it."""
    buffer = io.BytesIO()
    files = docker_files([{"a": b"1"}, {"a": b"1"}])
    first, second = (name for name in files if name.endswith("layer.tar"))
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            if name == second:
                info.type, info.linkname = tarfile.SYMTYPE, f"../{first}"
                archive.addfile(info)
            else:
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    for data in (buffer.getvalue(), gzip.compress(buffer.getvalue())):
        assert len(open_image(write(tmp_path / "d", data)).layers) == 2


@pytest.mark.parametrize(
    ("history", "steps", "empty"),
    [
        (None, ["", ""], []),
        ([], ["", ""], []),
        ([{"created_by": "A"}], ["A", ""], []),
        (
            [
                {"created_by": "E0", "empty_layer": True},
                {"created_by": "A"},
                {"created_by": "E1", "empty_layer": True},
                {"created_by": "E2", "empty_layer": True},
                {},
                {"empty_layer": True},
            ],
            ["A", ""],
            [(None, "E0"), (0, "E1"), (0, "E2"), (1, "")],
        ),
        ([{"created_by": "A"}, {"created_by": "B"}, {"created_by": "C"}], ["A", "B"], []),
        ([{"created_by": None}, 7, {"created_by": 5}], ["", ""], []),
    ],
)
def test_history(tmp_path, history, steps, empty):
    layers = [{"a": b"1"}, {"b": b"1"}]
    image = open_image(write(tmp_path / "d.tar", docker_archive(layers, history=history)))
    assert [layer.created_by for layer in image.layers] == steps
    assert [tuple(step) for step in image.empty_history] == empty


def test_an_image_without_layers(tmp_path):
    path = write(tmp_path / "d.tar", docker_archive([], history=[{"created_by": "CMD", "empty_layer": True}]))
    report = analysis_report(analyse(open_image(path)))
    assert (report["size"], report["efficiency"], report["files"]) == (0, 1.0, 0)
    assert report["empty_history"] == [{"after_layer": None, "created_by": "CMD"}]


def test_one_layer_listed_twice(tmp_path):
    files = docker_files([{"a": b"123"}])
    (layer,) = (name for name in files if name.endswith("layer.tar"))
    manifest = json.loads(files["manifest.json"])
    config = json.loads(files[manifest[0]["Config"]])
    config["rootfs"]["diff_ids"] *= 2
    files[manifest[0]["Config"]] = json.dumps(config).encode()
    manifest[0]["Layers"] = [layer, layer]
    files["manifest.json"] = json.dumps(manifest).encode()
    found = analyse(open_image(write(tmp_path / "d.tar", outer_tar(files))))
    assert (found.size, found.reclaimable_size) == (6, 3)
    assert found.reclaimable[0].reason == "metadata"


def test_several_images_in_one_archive(tmp_path):
    one, two = docker_files([{"a": b"1"}], tags=["a:1"]), docker_files([{"b": b"1"}, {}], tags=["b:1", "c:1"])
    renamed = {f"two/{name}": data for name, data in two.items() if name != "manifest.json"}
    second = json.loads(two["manifest.json"])[0]
    second["Config"] = "two/" + second["Config"]
    second["Layers"] = [f"two/{name}" for name in second["Layers"]]
    both = [*json.loads(one["manifest.json"]), second]
    path = write(tmp_path / "d.tar", outer_tar(one | renamed | {"manifest.json": json.dumps(both).encode()}))
    with pytest.raises(ImageError, match=r"it holds 2 images.*a:1, b:1, c:1"):
        open_image(path)
    assert len(open_image(f"docker-archive:{path}:c:1").layers) == 2
    with pytest.raises(ImageError, match="no image named 'd:1'"):
        open_image(f"docker-archive:{path}:d:1")


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def replaced(files, old, new):
    """The same files, one of them changed behind its digest's back."""
    (name,) = (name for name in files if files[name] == old)
    return outer_tar(files | {name: new})


def bad_archives():
    layers = [{"a": b"x" * 3000}]
    good, folder = docker_archive(layers), oci_files(layers)
    gz = oci_files(layers, compression="gzip")
    blob = compress(layer_tar(layers[0]), "gzip")
    zst = compress(layer_tar(layers[0]), "zstd")
    tar = layer_tar(layers[0])
    yield "empty", b""
    yield "zeros", bytes(10240)
    yield "text", b"hello, world" * 100
    yield "short", b"x"
    yield "gzip of nothing", gzip.compress(b"")
    yield "gzip magic only", b"\x1f\x8b"
    yield "zstd magic only", b"\x28\xb5\x2f\xfd"
    yield "gzip of text", gzip.compress(b"hello" * 1000)
    yield "cut off", good[: len(good) // 3]
    yield "cut off in its gzip", gzip.compress(good)[:-20]
    yield "gzip, a bit flipped", flipped(gzip.compress(good), 300)
    yield "gzip, followed by rubbish", gzip.compress(good) + b"rubbish"
    yield "a header flipped", flipped(good, 3)
    yield "no manifest", outer_tar({"x": b"1"})
    yield "manifest not JSON", outer_tar({"manifest.json": b"{"})
    yield "manifest without images", outer_tar({"manifest.json": b"[]"})
    yield "manifest of another shape", outer_tar({"manifest.json": b'[{"Config": 5}]'})
    yield "manifest deep", outer_tar({"manifest.json": b"[" * 200_000})
    yield "config missing", outer_tar({"manifest.json": b'[{"Config": "c", "Layers": []}]'})
    yield "config outside", outer_tar({"manifest.json": b'[{"Config": "../../etc/passwd", "Layers": []}]'})
    yield "config null", outer_tar({"manifest.json": b'[{"Config": "c", "Layers": []}]', "c": b"null"})
    yield "layers missing", outer_tar({k: v for k, v in docker_files(layers).items() if "layer" not in k})
    yield "diff ids missing", docker_archive(layers, rootfs={"diff_ids": []})
    yield "diff ids of another shape", docker_archive(layers, rootfs={"diff_ids": [5]})
    yield "rootfs missing", docker_archive(layers, rootfs=None)
    yield "oci, cut off", outer_tar(folder)[:2000]
    yield "oci, a layer of another size", replaced(folder, tar, tar + bytes(512))
    yield "oci, a gzip layer flipped", replaced(gz, blob, flipped(blob, len(blob) // 2))
    yield "oci, a gzip layer's checksum flipped", replaced(gz, blob, flipped(blob, len(blob) - 6))
    yield "oci, a gzip layer's header flipped", replaced(gz, blob, flipped(blob, 5))
    yield "oci, a zstd layer flipped", replaced(oci_files(layers, compression="zstd"), zst, flipped(zst, 30))
    yield "oci, index of another shape", outer_tar(folder | {"index.json": b'{"manifests": 5}'})
    yield "oci, index empty", outer_tar(folder | {"index.json": b'{"manifests": []}'})
    yield "oci, another version", outer_tar(folder | {"oci-layout": b'{"imageLayoutVersion": "9"}'})
    (descriptor,) = json.loads(folder["index.json"])["manifests"]
    for name, change in {
        "no digest": {"digest": "x"},
        "a digest that leads out": {"digest": "sha256:../../../../etc/passwd"},
        "a negative size": {"size": -1},
        "another size": {"size": 7},
        "a digest of nothing": {"digest": "sha256:" + "0" * 64},
        "another type": {"mediaType": "application/vnd.cncf.helm.config.v1+json"},
    }.items():
        yield f"oci, {name}", outer_tar(folder | {"index.json": archives.index([descriptor | change])})
    loop = archives.index([descriptor | {"mediaType": oci.INDEX_TYPES[0]}])
    yield "oci, a manifest that claims to be an index", outer_tar(folder | {"index.json": loop})
    for kind in ("application/vnd.oci.image.layer.v1.tar+zstd", "text/plain", ""):
        yield f"oci, layers of type {kind!r}", outer_tar(with_layer_type(layers, kind))
    yield "an artifact", outer_tar(with_config_type(layers, "application/vnd.cncf.helm.config.v1+json"))


def with_layer_type(layers, kind):
    files, descriptor = oci_image(layers, compression="gzip")
    return changed_manifest(files, descriptor, lambda manifest: manifest["layers"][0].update(mediaType=kind))


def with_config_type(layers, kind):
    files, descriptor = oci_image(layers)
    return changed_manifest(files, descriptor, lambda manifest: manifest["config"].update(mediaType=kind))


def changed_manifest(files, descriptor, change):
    manifest = json.loads(files.pop(oci.blob_name(descriptor["digest"])))
    change(manifest)
    return layout(files, [archives.put(files, json.dumps(manifest).encode(), oci.MANIFEST_TYPES[0])])


BAD = dict(bad_archives())


@pytest.mark.parametrize("case", BAD)
def test_no_image(tmp_path, case):
    path = write(tmp_path / "bad", BAD[case])
    with pytest.raises(ImageError) as error:
        open_image(path)
    message = str(error.value)
    assert message.startswith("Could not read the image ")
    assert "\n" not in message
    assert error.value.fix
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("make", [docker_archive, oci_archive])
def test_verify_finds_a_byte_of_content(tmp_path, make):
    data = make([{"a": b"x" * 3000}])
    at = data.index(b"x" * 3000) + 1000
    path = write(tmp_path / "bad", flipped(data, at))
    open_image(path)
    with pytest.raises(ImageError, match="damaged"):
        open_image(path, verify=True)


@pytest.mark.parametrize(
    "source",
    [
        "",
        " ",
        "\0",
        "/nowhere/at/all",
        "./x.tar",
        "nothing.tar",
        "docker-archive:",
        "oci:/nowhere",
        "Foo",
        "a b",
        "foo:bad tag",
        "docker://",
        "docker://Foo",
        "docker-daemon:a//b",
        "x" * 5000,
        "oci-archive:" + "x" * 5000,
    ],
)
def test_names_that_are_none(source):
    with pytest.raises(LabError) as error:
        open_image(source)
    assert error.value.exit_status == 2


def test_a_folder_that_is_no_layout(tmp_path):
    with pytest.raises(ImageError, match="neither"):
        open_image(tmp_path)


def test_files_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImageError, match="no regular file"):
        open_image(tmp_path / "pipe")
    with pytest.raises(ImageError):
        open_image("/dev/zero")


@pytest.mark.parametrize("how", COMPRESSIONS)
def test_bombs(tmp_path, how):
    path = write(tmp_path / "b.tar", docker_archive([{"zeros": bytes(50 << 20)}], compression=how))
    open_image(path)
    if how != "tar":
        with pytest.raises(ImageError, match="expands more than"):
            open_image(path, limits=Limits(expanded=1 << 20, ratio=100))


def test_too_many_entries(tmp_path):
    path = write(tmp_path / "b.tar", docker_archive([{str(number): b"" for number in range(100)}]))
    with pytest.raises(ImageError, match="more than 50 entries"):
        open_image(path, limits=Limits(entries=50))


def test_content_of_a_file_from_any_layer(tmp_path):
    files = [
        write(tmp_path / "d.tar", docker_archive(LAYERS)),
        write(tmp_path / "z.tar", docker_archive(LAYERS, compression="gzip")),
        write(tmp_path / "z.tgz", gzip.compress(docker_archive(LAYERS, compression="zstd"))),
    ]
    for path in files:
        image = open_image(path)
        number = image.layers[0].index.paths.index("d/a")
        assert image.layers[0].content.read(number) == b"x" * 3000
        assert image.layers[0].content.read(number, start=2990, size=100) == b"x" * 10
        assert image.layers[1].content.read(image.layers[1].index.paths.index("b")) == b"2"
