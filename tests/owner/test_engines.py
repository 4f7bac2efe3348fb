"""The same image through real tools: the old engine, both stores of Engine 26, Podman, skopeo, a registry.

Each engine runs in a network namespace of its own, with its data in a temporary folder, and is ended by its
process id; none of them touches an engine that runs here. The old engine, Podman, skopeo and the registry
come from Debian 12's packages, unpacked and not installed; the new engine from the workshop's own prefix.
"""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from engines import PODMAN, answers, home_of, unpacked
from support import cannot

from labhelpers.analysis.waste import analyse
from labhelpers.layout.layers import Options
from labhelpers.layout.names import parse_source
from labhelpers.registry.server import listening
from labhelpers.report import analysis_report
from labhelpers.samples import Node, docker_archive, hard_link, sample_image
from labhelpers.sources import open_image
from labhelpers.sources.daemon import open_daemon
from labhelpers.sources.socket import SocketImages
from labhelpers.wait import wait_until

NAME = "lab-sample:1"
LAYERS = [
    {
        "etc/": None,
        "etc/a": b"a" * 5000,
        "etc/b": b"b" * 3000,
        "opt/": None,
        "opt/x/": None,
        "opt/x/1": b"1" * 700,
    }
    | {
        "usr/": None,
        "usr/k": b"k" * 900,
        "usr/l": hard_link("usr/k"),
        "lib": "usr",
        "gone/": None,
        "gone/f": b"f" * 10,
    },
    {"etc/.wh.a": b"", "etc/b": Node(content=b"b" * 3000, mode=0o600), "opt/": None, "opt/.wh..wh..opq": b""}
    | {"opt/new": b"n" * 44, ".wh.gone": b"", "usr/k": b"K" * 900},
    {},
    {"etc/ü": b"u" * 20, "n" * 120: b"long", "etc/b": b"other", "usr/.wh.absent": b""},
]
pytestmark = [pytest.mark.owner, pytest.mark.usefixtures("prefix")]


def comparable(image):
    """The analysis, without what depends on how the store keeps its blobs."""
    report = analysis_report(analyse(image))
    for layer in report["layers"]:
        del layer["digest"], layer["compressed_size"]
    return {key: value for key, value in report.items() if key not in ("source", "reference")}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample") / "sample.tar"
    history = [{"created_by": f"step {number}"} for number in range(4)] + [
        {"created_by": "CMD", "empty_layer": True}
    ]
    path.write_bytes(docker_archive(LAYERS, tags=[NAME], history=history, created="2024-01-01T00:00:00Z"))
    return path


@pytest.fixture(scope="module")
def expected(archive):
    found = comparable(open_image(archive))
    assert found["reclaimable"] == analysis_report(analyse(sample_image(LAYERS)))["reclaimable"]
    assert {item["reason"] for item in found["reclaimable"]} == {"removed", "opaque", "metadata", "replaced"}
    return found


@pytest.fixture
def skopeo(short):
    """Runs skopeo."""
    path = unpacked(short, "skopeo", "libgpgme11", "libassuan0", "libgpg-error0", "libdevmapper1.02.1")
    program, environment = path[1] / "skopeo", home_of(short)

    def copy(*words):
        done = subprocess.run(
            [program, "copy", *map(str, words)], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    return copy


@contextlib.contextmanager
def running(argv, path, log, **environment):
    """A program in a network namespace of its own, ended by its process id."""
    namespace = f"lab-test-{secrets.token_hex(4)}"
    subprocess.run(["ip", "netns", "add", namespace], check=True)
    try:
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{namespace}", *map(str, argv)],
                stdout=out,
                stderr=out,
                env={**os.environ, **environment, "PATH": ":".join(map(str, [*path, os.environ["PATH"]]))},
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)
    finally:
        subprocess.run(["ip", "netns", "del", namespace], check=True)


@contextlib.contextmanager
def engine(folder, path, **features):
    """The socket of an engine that holds nothing."""
    daemon = next((place / "dockerd" for place in path if (place / "dockerd").exists()), None)
    if daemon is None:
        cannot("the workshop's own engine is not here: run ./lab up once, on a machine without an engine")
    (folder / "daemon.json").write_text(json.dumps({"features": features}) if features else "{}")
    where = folder / "docker.sock"
    argv = [
        daemon,
        "--config-file",
        folder / "daemon.json",
        "--data-root",
        folder / "data",
        "-H",
        f"unix://{where}",
    ]
    argv += ["--exec-root", folder / "exec", "--pidfile", folder / "pid", "--bridge=none", "--iptables=false"]
    log = folder / "log"
    with running(argv, path, log) as process:
        yield until_it_answers(where, process, log)


def until_it_answers(where, process, log):
    def probe():
        assert process.poll() is None, f"the engine did not come up:\n{log.read_text()[-2000:]}"
        return answers(where)

    wait_until(probe, 120, what="the engine", log=log.read_text)
    return where


def docker(where, path, *argv):
    environment = {
        **os.environ,
        "PATH": ":".join(map(str, [*path, os.environ["PATH"]])),
        "DOCKER_HOST": f"unix://{where}",
    }
    environment.pop("DOCKER_CONTEXT", None)
    subprocess.run(["docker", *map(str, argv)], env=environment, check=True, capture_output=True)


def through(where, path, archive, tmp_path, name=NAME):
    """The analyses of the image in an engine: straight from it, and from what `docker save` writes."""
    docker(where, path, "load", "-i", archive)
    yield comparable(open_daemon(parse_source(name), None, Options(), engine=SocketImages(str(where))))
    docker(where, path, "save", "-o", tmp_path / "saved.tar", name)
    image = open_image(tmp_path / "saved.tar", verify=True)
    assert image.reference == name
    yield comparable(image)


@pytest.fixture
def short(tmp_path_factory):
    """A folder whose path is short enough for sockets."""
    folder = Path(f"/tmp/lab-{secrets.token_hex(3)}")
    folder.mkdir(mode=0o700)
    yield folder
    for _ in range(50):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
        time.sleep(0.1)


def test_the_old_engine(archive, expected, short, tmp_path):
    path = unpacked(short, "docker.io", "containerd", "runc")
    with engine(short, path) as where:
        for found in through(where, path, archive, tmp_path):
            assert found == expected


@pytest.mark.parametrize("containerd", [False, True], ids=["overlay2", "containerd"])
def test_engine_26(archive, expected, prefix, short, tmp_path, containerd):
    path = [prefix / "bin", prefix / "usr/sbin", prefix / "usr/bin"]
    features = {"containerd-snapshotter": True} if containerd else {}
    with engine(short, path, **features) as where:
        for found in through(where, path, archive, tmp_path):
            assert found == expected


def test_podman(archive, expected, prefix, short, tmp_path):
    path = unpacked(short, *PODMAN)
    where, log = short / "podman.sock", short / "log"
    places = ["--root", short / "data", "--runroot", short / "run", "--storage-driver", "vfs"]
    places += ["--tmpdir", short / "tmp"]
    parts = ["--conmon", path[1] / "conmon", "--runtime", path[1] / "crun"]
    argv = [path[1] / "podman", *places, *parts, "system", "service", "--time", "0", f"unix://{where}"]
    client = [*path, prefix / "usr/bin"]
    with running(argv, path, log, **home_of(short)) as process:
        until_it_answers(where, process, log)
        for found in through(where, client, archive, tmp_path, name=f"localhost/{NAME}"):
            assert found == expected


def test_skopeo(archive, expected, skopeo, tmp_path):
    for target, source in {
        f"oci-archive:{tmp_path}/o.tar:x:1": f"oci-archive:{tmp_path}/o.tar:x:1",
        f"oci:{tmp_path}/folder:x:1": f"oci:{tmp_path}/folder",
        f"docker-archive:{tmp_path}/d.tar:{NAME}": f"{tmp_path}/d.tar",
    }.items():
        skopeo(f"docker-archive:{archive}", target)
        found = comparable(open_image(source, verify=True))
        # skopeo writes the config anew; what it says stays.
        assert {**found, "config_digest": 0} == {**expected, "config_digest": 0}


def test_a_registry(archive, expected, skopeo, short, tmp_path):
    path = unpacked(short, "docker-registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "registry.yml"
    config.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/data}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    program = next(place / "docker-registry" for place in path if (place / "docker-registry").exists())
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", config], stdout=log, stderr=log)
    try:
        wait_until(lambda: listening(port), 60, what="the registry")
        where = f"docker://localhost:{port}/{NAME}"
        skopeo("--dest-tls-verify=false", f"docker-archive:{archive}", where)
        found = comparable(open_image(where))
        assert {**found, "config_digest": 0} == {**expected, "config_digest": 0}
    finally:
        process.terminate()
        process.wait(30)
