"""The same image through the real tools: the old engine, both stores of Engine 26, skopeo, a registry.

Each engine runs in a network namespace of its own, with its data in a temporary folder, and is ended by its
process id; none of them touches an engine that runs here. The old engine and the registry come from Debian
12's packages, unpacked and not installed; the new one from the workshop's own prefix.
"""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labhelpers.analysis.waste import analyse
from labhelpers.layout.layers import Options
from labhelpers.layout.names import parse_source
from labhelpers.places import places
from labhelpers.report import analysis_report
from labhelpers.samples import Node, docker_archive, hard_link, sample_image
from labhelpers.sources import open_image
from labhelpers.sources.daemon import open_daemon
from labhelpers.sources.socket import SocketImages

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
pytestmark = [
    pytest.mark.owner,
    pytest.mark.skipif(
        sys.platform != "linux" or os.getuid() != 0 or not shutil.which("apt-get"),
        reason="needs Linux with apt and root: it starts engines in network namespaces of its own",
    ),
]


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


def unpacked(folder, *packages):
    """The programs of Debian packages, in a folder of their own."""
    done = subprocess.run(
        ["apt-get", "download", "-qq", *packages], cwd=folder, capture_output=True, text=True
    )
    files = [*folder.glob("*.deb")]
    if done.returncode or not files:
        pytest.skip(f"cannot download {', '.join(packages)}: {done.stderr.strip()[-200:]}")
    for file in files:
        subprocess.run(["dpkg", "-x", file, folder / "root"], check=True)
    return [folder / "root/usr/sbin", folder / "root/usr/bin"]


@contextlib.contextmanager
def running(argv, path, log):
    """A program in a network namespace of its own, ended by its process id."""
    namespace = f"lab-test-{secrets.token_hex(4)}"
    subprocess.run(["ip", "netns", "add", namespace], check=True)
    try:
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{namespace}", *map(str, argv)],
                stdout=out,
                stderr=out,
                env={**os.environ, "PATH": ":".join(map(str, [*path, os.environ["PATH"]]))},
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
        pytest.skip(
            "the workshop's own engine is not here: run ./lab up once, on a machine without an engine"
        )
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
        end = time.monotonic() + 60
        while not answers(where):
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the engine did not come up:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield where


def answers(path):
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: x\r\n\r\n")
        return b"OK" in connection.recv(4096)
    return False


def docker(where, path, *argv):
    environment = {
        **os.environ,
        "PATH": ":".join(map(str, [*path, os.environ["PATH"]])),
        "DOCKER_HOST": f"unix://{where}",
    }
    environment.pop("DOCKER_CONTEXT", None)
    subprocess.run(["docker", *map(str, argv)], env=environment, check=True, capture_output=True)


def through(where, path, archive, tmp_path):
    """The analyses of the image in an engine: straight from it, and from what `docker save` writes."""
    docker(where, path, "load", "-i", archive)
    yield comparable(open_daemon(parse_source(NAME), None, Options(), engine=SocketImages(str(where))))
    docker(where, path, "save", "-o", tmp_path / "saved.tar", NAME)
    image = open_image(tmp_path / "saved.tar", verify=True)
    assert image.reference == NAME
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
def test_engine_26(archive, expected, short, tmp_path, containerd):
    prefix = places().prefix
    path = [prefix / "bin", prefix / "usr/sbin", prefix / "usr/bin"]
    features = {"containerd-snapshotter": True} if containerd else {}
    with engine(short, path, **features) as where:
        for found in through(where, path, archive, tmp_path):
            assert found == expected


def test_skopeo(archive, expected, tmp_path):
    if not shutil.which("skopeo"):
        pytest.skip("skopeo is not installed")
    policy = tmp_path / "policy.json"
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    for target, source in {
        f"oci-archive:{tmp_path}/o.tar:x:1": f"oci-archive:{tmp_path}/o.tar:x:1",
        f"oci:{tmp_path}/folder:x:1": f"oci:{tmp_path}/folder",
        f"docker-archive:{tmp_path}/d.tar:{NAME}": f"{tmp_path}/d.tar",
    }.items():
        subprocess.run(
            ["skopeo", "--policy", policy, "copy", f"docker-archive:{archive}", target],
            check=True,
            capture_output=True,
        )
        found = comparable(open_image(source, verify=True))
        # skopeo writes the config anew; what it says stays.
        assert {**found, "config_digest": 0} == {**expected, "config_digest": 0}


def test_a_registry(archive, expected, short, tmp_path):
    if not shutil.which("skopeo"):
        pytest.skip("skopeo is not installed")
    path = unpacked(short, "docker-registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "registry.yml"
    config.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/data}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    policy = tmp_path / "policy.json"
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    program = next(place / "docker-registry" for place in path if (place / "docker-registry").exists())
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", config], stdout=log, stderr=log)
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        where = f"docker://localhost:{port}/{NAME}"
        subprocess.run(
            [
                "skopeo",
                "--policy",
                policy,
                "copy",
                "--dest-tls-verify=false",
                f"docker-archive:{archive}",
                where,
            ],
            check=True,
            capture_output=True,
        )
        found = comparable(open_image(where))
        assert {**found, "config_digest": 0} == {**expected, "config_digest": 0}
    finally:
        process.terminate()
        process.wait(30)
