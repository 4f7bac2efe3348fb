"""`./lab layers` from outside: what it prints, the shape of its JSON, and its exit status."""

import json
import os
import subprocess
import sys

import jsonschema
import pytest
from click.testing import CliRunner

from labhelpers.cli import main
from labhelpers.samples import Node, docker_archive, oci_archive

DIGEST = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
COUNT = {"type": "integer", "minimum": 0}
INDEX_OR_NULL = {"type": ["integer", "null"], "minimum": 0}


def shape(**fields):
    return {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}


REPORT = shape(
    source={"type": "string"},
    reference={"type": ["string", "null"]},
    config_digest=DIGEST,
    platform={"type": "string"},
    size=COUNT,
    live_size=COUNT,
    reclaimable_size=COUNT,
    efficiency={"type": "number", "minimum": 0, "maximum": 1},
    files=COUNT,
    layers={
        "type": "array",
        "items": shape(
            index=COUNT,
            diff_id=DIGEST,
            digest={"type": ["string", "null"]},
            created_by={"type": "string"},
            size=COUNT,
            compressed_size=INDEX_OR_NULL,
            reclaimable_size=COUNT,
            added=COUNT,
            modified=COUNT,
            removed=COUNT,
        ),
    },
    empty_history={
        "type": "array",
        "items": shape(after_layer=INDEX_OR_NULL, created_by={"type": "string"}),
    },
    reclaimable={
        "type": "array",
        "items": shape(
            path={"type": "string", "pattern": "^/"},
            size=COUNT,
            stored_in=COUNT,
            hidden_in=COUNT,
            reason={"enum": ["removed", "opaque", "replaced", "metadata", "shadowed", "duplicate"]},
        ),
    },
    unsafe={"type": "array", "items": shape(path={"type": "string"}, layer=COUNT)},
)
LAYERS = [
    {"a": b"x" * 3000, "b": b"1", "caf\udce9": b"12", "\x1b[31m\n": b"3"},
    {".wh..wh..opq": b"", "../out": b"1", "c": b"1"},
]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LABHELPERS_HOME", str(tmp_path / "home"))


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "image.tar"
    path.write_bytes(
        docker_archive(LAYERS, history=[{"created_by": "A"}, {"created_by": "E", "empty_layer": True}])
    )
    return path


def lab(capfd, *args):
    """Exit status, standard output, standard error."""
    with pytest.raises(SystemExit) as done:
        main(["layers", *map(str, args)])
    out, err = capfd.readouterr()
    return done.value.code or 0, out, err


@pytest.mark.parametrize("make", [docker_archive, oci_archive])
def test_json(tmp_path, capfd, make):
    path = tmp_path / "image.tar"
    path.write_bytes(make(LAYERS))
    status, out, err = lab(capfd, path, "--json", "-")
    assert (status, err) == (0, "")
    report = json.loads(out)
    jsonschema.validate(report, REPORT)
    assert out.isascii()
    assert [item["path"] for item in report["reclaimable"]] == ["/a", "/caf\udce9", "/\x1b[31m\n", "/b"]
    assert report["unsafe"] == [{"path": "../out", "layer": 1}]
    assert report["size"] == 3005
    file = tmp_path / "report.json"
    assert lab(capfd, path, "--json", file)[:2] == (0, "")
    assert json.loads(file.read_text()) == report


def test_a_second_look_says_the_same(archive, capfd):
    first = lab(capfd, archive, "--json", "-")
    assert lab(capfd, archive, "--json", "-") == first
    assert lab(capfd, archive, "--json", "-", "--no-cache") == first
    assert lab(capfd, archive, "--json", "-", "--verify") == first


def test_people(archive, capfd):
    status, out, _ = lab(capfd, archive, "--top", "2")
    assert status == 0
    assert "sample:1  linux/amd64" in out
    assert "… and 2 more" in out
    assert "/caf\\xe9" in out
    assert "\x1b" not in out
    assert "layer 1: ../out" in out


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--fail-above", "3kB"], 1),
        (["--fail-above", "3004"], 0),
        (["--fail-above", "1 MiB", "--min-efficiency", "0"], 0),
        (["--min-efficiency", "0.5"], 1),
        (["--min-efficiency", "50%"], 1),
        (["--min-efficiency", "0"], 0),
    ],
)
def test_limits_for_ci(archive, capfd, options, status):
    found, out, err = lab(capfd, archive, "--json", "-", *options)
    assert found == status
    assert json.loads(out)["reclaimable_size"] == 3004
    assert bool(err) == bool(status)


@pytest.mark.parametrize(
    "options",
    [
        ["--fail-above", "much"],
        ["--fail-above", "9" * 5000],
        ["--min-efficiency", "2"],
        ["--min-efficiency", "nan"],
        ["--min-efficiency", "x"],
        ["--top", "-1"],
        ["--platform", "a/b/c/d"],
        ["--platform", "linux/riscv64"],
        ["--json", "/nowhere/x.json"],
        ["--compare", "/nowhere.tar"],
        ["--nonsense"],
    ],
)
def test_wrong_use(archive, capfd, options):
    status, out, err = lab(capfd, archive, *options)
    assert (status, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_no_image(tmp_path, capfd):
    path = tmp_path / "a\nb.tar"
    path.write_bytes(b"hello")
    file = tmp_path / "report.json"
    status, out, err = lab(capfd, path, "--json", file)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("lab: Could not read the image docker-archive:")
    assert not file.exists()


def test_what_fixes_a_platform(archive, capfd):
    _, _, err = lab(capfd, archive, "--platform", "a/b/c/d")
    assert err.endswith("Platforms look like linux/amd64 or linux/arm/v7.\n")


def test_compare(tmp_path, capfd):
    paths = [tmp_path / "a.tar", tmp_path / "b.tar"]
    base = {"a": b"1", "b": b"12", "c": b"3", "d/e": b"4"}
    for path, layer in zip(
        paths,
        [{"x": b"1"}, {"a": b"2", "b": Node(content=b"12", mode=0o700), ".wh.d": b"", "y": b"123"}],
        strict=True,
    ):
        path.write_bytes(docker_archive([base, layer]))
    status, out, _ = lab(capfd, paths[0], "--compare", paths[1], "--json", "-")
    report = json.loads(out)
    assert status == 0
    assert (report["shared_layers"], report["size_difference"]) == (1, 5)
    assert {
        (item["path"], item["change"], item["content"], item["metadata"]) for item in report["files"]
    } == {
        ("/a", "modified", True, False),
        ("/b", "modified", False, True),
        ("/d/e", "removed", True, True),
        ("/x", "removed", True, True),
        ("/y", "added", True, True),
    }
    status, out, _ = lab(capfd, paths[0], "--compare", paths[1])
    assert "shared base: 1 layers" in out
    assert "1 more, 2 gone, 2 modified" in out


@pytest.mark.parametrize("options", [[], ["--json", "-"]])
def test_nobody_reads(archive, options):
    """`./lab layers FILE | head -0` ends quietly."""
    argv = [sys.executable, "-m", "labhelpers", "layers", str(archive), *options]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_terminal_that_shows_little(archive):
    argv = [sys.executable, "-m", "labhelpers", "layers", str(archive), "--top", "1"]
    done = subprocess.run(argv, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"and 3 more" in done.stdout


def test_help():
    from labhelpers.cli import lab as group

    done = CliRunner().invoke(group, ["layers", "--help"])
    assert done.exit_code == 0
    assert "docker-archive:" in done.output


def test_little_is_imported(archive):
    """A second look is the start of Python and little else."""
    code = "import sys; import labhelpers.cli.layers; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"docker", "requests", "rich", "numpy", "tarfile", "backports.zstd"} & set(modules)
