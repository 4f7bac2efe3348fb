"""Registries and engines, played by fakes: tokens, digests, platforms, what is read again and what not."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from labhelpers import oci
from labhelpers.analysis.waste import analyse
from labhelpers.errors import ImageError
from labhelpers.filetree import Limits
from labhelpers.layout.cache import IndexCache
from labhelpers.layout.layers import Options
from labhelpers.layout.names import parse_source
from labhelpers.registry.client import is_local
from labhelpers.report import analysis_report
from labhelpers.samples import archives, docker_archive, oci_archive, sample_image
from labhelpers.sources import open_image, remember
from labhelpers.sources.daemon import open_daemon

LAYERS = [{"d/a": b"x" * 3000, "b": b"1"}, {"d/.wh.a": b"", "b": b"2"}]


class Fake(ThreadingHTTPServer):
    """A registry of one repository, `app`, which asks for a token."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.blobs = {}
        self.manifests = {}
        self.asked = []
        self.token = True
        self.status = None
        self.short = 0
        self.challenge = self.elsewhere = None
        self.said = b'{"token": "secret"}'
        self.tokens = set()
        self.host = f"localhost:{self.server_port}"

    def add(self, tag, layers, **options):
        files, descriptor = archives.oci_image(layers, **options)
        self.blobs |= {"sha256:" + name.rpartition("/")[2]: data for name, data in files.items()}
        self.manifests[tag] = (self.blobs[descriptor["digest"]], descriptor["mediaType"])
        self.manifests[descriptor["digest"]] = self.manifests[tag]
        return descriptor


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        fake = self.server
        fake.asked.append(self.path)
        if self.path.startswith("/token"):
            assert "scope=repository%3Aapp%3Apull" in self.path
            return self.answer(fake.said, "application/json")
        fake.tokens.add(self.headers.get("Authorization"))
        if fake.status:
            return self.send_error(fake.status)
        if fake.token and self.headers.get("Authorization") != "Bearer secret":
            self.send_response(401)
            realm = f'Bearer realm="http://{fake.host}/token",service="fake",scope="repository:app:pull"'
            self.send_header("WWW-Authenticate", realm if fake.challenge is None else fake.challenge)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        kind, _, name = self.path.removeprefix("/v2/app/").partition("/")
        if kind == "manifests" and name in fake.manifests:
            return self.answer(*fake.manifests[name])
        if kind == "blobs" and fake.elsewhere:
            self.send_response(307)
            self.send_header("Location", fake.elsewhere + self.path)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if kind == "blobs" and name in fake.blobs:
            data = fake.blobs[name]
            return self.answer(data[: len(data) - fake.short], "application/octet-stream", len(data))
        return self.send_error(404)

    def answer(self, data, kind, length=None):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def registry():
    fake = Fake()
    thread = threading.Thread(target=fake.serve_forever, args=(0.02,))
    thread.start()
    yield fake
    fake.shutdown()
    fake.server_close()
    thread.join()


def look(source, cache=None, **options):
    image = open_image(source, cache=cache, **options)
    report = analysis_report(analyse(image))
    remember(image)
    return report


@pytest.mark.parametrize("how", ["tar", "gzip", "zstd"])
@pytest.mark.parametrize("token", [True, False])
def test_a_registry(registry, how, token):
    registry.token = token
    registry.add("1", LAYERS, compression=how)
    found = look(f"docker://{registry.host}/app:1")
    expected = analysis_report(analyse(sample_image(LAYERS)))
    assert found["reference"] == f"{registry.host}/app:1"
    assert [layer["digest"] is None for layer in found["layers"]] == [False, False]
    for key in ("size", "live_size", "files", "reclaimable", "config_digest"):
        assert found[key] == expected[key]


def test_blobs_are_read_once(registry, tmp_path):
    registry.add("1", LAYERS, compression="gzip")
    registry.add("2", [LAYERS[0], {"c": b"1"}], compression="gzip")
    cache = IndexCache(tmp_path)
    first = look(f"docker://{registry.host}/app:1", cache)
    registry.asked.clear()
    assert look(f"docker://{registry.host}/app:1", cache) == first
    look(f"docker://{registry.host}/app:2", cache)
    layers = [path for path in registry.asked if path.startswith("/v2/app/blobs")]
    assert len(layers) == 3  # two configs, one new layer


def test_platforms_and_attestations(registry):
    one = registry.add("amd", [{"amd": b"1"}])
    two = registry.add("arm", [{"arm": b"1"}], architecture="arm64")
    proof = registry.add("proof", [{"proof": b"1"}])
    index = archives.index(
        [
            {**proof, "platform": {"os": "unknown", "architecture": "unknown"}},
            {**one, "platform": {"os": "linux", "architecture": "amd64"}},
            {**two, "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}},
        ]
    )
    registry.manifests["all"] = (index, oci.INDEX_TYPES[0])
    source = f"docker://{registry.host}/app:all"
    assert look(source, platform="linux/arm64")["platform"] == "linux/arm64"
    assert look(source, platform="linux/amd64")["platform"] == "linux/amd64"
    with pytest.raises(ImageError, match="linux/amd64, linux/arm64/v8"):
        look(source, platform="linux/s390x")
    named = f"docker://{registry.host}/app@{two['digest']}"
    assert look(named)["platform"] == "linux/arm64"


def test_damage(registry):
    descriptor = registry.add("1", LAYERS, compression="gzip")
    manifest = json.loads(registry.blobs[descriptor["digest"]])
    layer = manifest["layers"][0]["digest"]
    good = registry.blobs[layer]
    registry.blobs[layer] = good[:40] + bytes([good[40] ^ 1]) + good[41:]
    with pytest.raises(ImageError, match="damaged"):
        look(f"docker://{registry.host}/app:1")
    registry.blobs[layer] = good + b"more"
    with pytest.raises(ImageError, match="damaged"):
        look(f"docker://{registry.host}/app:1")
    registry.blobs[layer] = good
    config = manifest["config"]["digest"]
    registry.blobs[config] = registry.blobs[config].replace(b"linux", b"Linux")
    with pytest.raises(ImageError, match="damaged"):
        look(f"docker://{registry.host}/app:1")


def test_a_connection_that_breaks(registry):
    registry.add("1", LAYERS)
    registry.short = 100
    with pytest.raises(ImageError, match="did not come"):
        look(f"docker://{registry.host}/app:1")


@pytest.mark.parametrize(
    ("status", "why"), [(404, "no such image"), (403, "not allow"), (429, "too many"), (500, "500")]
)
def test_refusals(registry, status, why):
    registry.status = status
    with pytest.raises(ImageError, match=why) as error:
        look(f"docker://{registry.host}/app:1")
    assert "secret" not in str(error.value)


def test_nobody_there():
    with pytest.raises(ImageError, match="did not come"):
        look("docker://localhost:1/app:1")


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("localhost:5005", True),
        ("127.0.0.1:5000", True),
        ("127.8.9.1", True),
        ("[::1]:5000", True),
        ("[::1]", True),
        ("a.localhost:1", True),
        ("localhost.evil.com", False),
        ("127.0.0.1.evil.com", False),
        ("10.0.0.1:5000", False),
        ("registry-1.docker.io", False),
        ("127.evil.com", False),
    ],
)
def test_what_is_local(host, local):
    assert is_local(host) == local


@pytest.mark.parametrize(
    "challenge",
    [
        'Bearer realm="http://elsewhere.example/token"',
        'Bearer realm="file:///etc/passwd"',
        'Bearer realm="ftp://localhost/token"',
        'Basic realm="give me your password"',
        "Bearer",
        "",
    ],
)
def test_a_registry_that_sends_us_elsewhere_for_a_token_is_left(registry, challenge):
    registry.challenge = challenge
    with pytest.raises(ImageError, match="asks for a login"):
        look(f"docker://{registry.host}/app:1")
    assert registry.asked == ["/v2/app/manifests/1"]


@pytest.mark.parametrize(
    "said", [b'{"token": "a\\r\\nX-Other: b"}', b'{"token": 5}', b"[]", b"{}", b"<html>"]
)
def test_a_token_that_is_none_is_not_sent(registry, said):
    registry.said = said
    registry.add("1", LAYERS)
    with pytest.raises(ImageError, match=r"asks for a login|did not come"):
        look(f"docker://{registry.host}/app:1")
    assert not [path for path in registry.asked if "blobs" in path]


def test_a_token_does_not_follow_to_another_host(registry):
    other = Fake()
    other.token = False
    thread = threading.Thread(target=other.serve_forever, args=(0.02,))
    thread.start()
    try:
        registry.add("1", LAYERS)
        other.add("1", LAYERS)
        registry.elsewhere = f"http://{other.host}"
        look(f"docker://{registry.host}/app:1")
        assert [path for path in other.asked if "blobs" in path], "what it stores, it stores there"
        assert other.tokens == {None}
        assert registry.tokens == {None, "Bearer secret"}
    finally:
        other.shutdown()
        other.server_close()
        thread.join()


def test_a_document_without_end_is_not_read_to_its_end(registry):
    registry.add("1", LAYERS)
    registry.manifests["1"] = (b" " * (Limits().document + 1), registry.manifests["1"][1])
    with pytest.raises(ImageError, match="a document has more than"):
        look(f"docker://{registry.host}/app:1")


class Engine:
    """An engine with one image."""

    def __init__(self, data, tags=("x:1",)):
        self.data = data
        self.saved = 0
        self.tags = tags

    def inspect_image(self, name):
        return {"Id": oci.sha256(self.data), "Size": 5, "RepoTags": [*self.tags]}

    def save(self, reference):
        self.saved += 1
        yield from (self.data[at : at + 1000] for at in range(0, len(self.data), 1000))


@pytest.mark.parametrize(
    "data",
    [
        docker_archive(LAYERS),
        docker_archive(LAYERS, compression="gzip"),
        oci_archive(LAYERS, name="x:1", beside=True),
        oci_archive(LAYERS, compression="gzip", name="x:1", beside=True),
    ],
    ids=["old", "podman", "overlay2", "containerd"],
)
def test_an_engine(tmp_path, data):
    engine, cache = Engine(data), IndexCache(tmp_path)
    source = parse_source("docker-daemon:x:1")
    image = open_daemon(source, None, Options(cache=cache), engine=engine)
    assert image.reference == "x:1"
    first = analysis_report(analyse(image))
    assert first["reclaimable"] == analysis_report(analyse(sample_image(LAYERS)))["reclaimable"]
    again = open_daemon(source, None, Options(cache=cache), engine=engine)
    assert analysis_report(analyse(again)) == first
    assert engine.saved == 1
    number = again.layers[0].index.paths.index("d/a")
    assert again.layers[0].content.read(number, start=2990) == b"x" * 10
    assert engine.saved == 2


def test_an_engine_that_stops(tmp_path):
    engine = Engine(docker_archive(LAYERS)[:3000])
    with pytest.raises(ValueError, match="middle of an entry"):
        open_daemon(parse_source("docker-daemon:x:1"), None, Options(), engine=engine)


class Stop(Exception):
    pass


def test_cancelling(tmp_path):
    class Task:
        def update(self, done=None, total=None, note=None):
            if done:
                raise Stop

    engine = Engine(docker_archive([{"a": b"x" * 5000}]))
    with pytest.raises(Stop):
        open_daemon(
            parse_source("docker-daemon:x:1"),
            None,
            Options(task=Task(), cache=IndexCache(tmp_path / "c")),
            engine=engine,
        )
    assert not (tmp_path / "c").exists()
