"""Image references, as engines understand them, and what they refuse."""

import pytest

from labhelpers.errors import ImageError
from labhelpers.reference import HUB, is_digest, parse

SHA = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "host", "path", "tag", "digest", "familiar"),
    [
        ("python", HUB, "library/python", "latest", None, "python:latest"),
        ("python:3.12-slim", HUB, "library/python", "3.12-slim", None, "python:3.12-slim"),
        ("me/app", HUB, "me/app", "latest", None, "me/app:latest"),
        ("docker.io/library/x", HUB, "library/x", "latest", None, "x:latest"),
        ("index.docker.io/me/x", HUB, "me/x", "latest", None, "me/x:latest"),
        ("localhost/foo", "localhost", "foo", "latest", None, "localhost/foo:latest"),
        ("localhost:5005/a/b:1", "localhost:5005", "a/b", "1", None, "localhost:5005/a/b:1"),
        ("ghcr.io/a/b/c:V1_x", "ghcr.io", "a/b/c", "V1_x", None, "ghcr.io/a/b/c:V1_x"),
        (f"x@{SHA}", HUB, "library/x", None, SHA, f"x@{SHA}"),
        (f"x:1@{SHA}", HUB, "library/x", "1", SHA, f"x:1@{SHA}"),
        ("[::1]:5000/x", "[::1]:5000", "x", "latest", None, "[::1]:5000/x:latest"),
        ("a__b/c---d.e", HUB, "a__b/c---d.e", "latest", None, "a__b/c---d.e:latest"),
        ("UPPER/x", "UPPER", "x", "latest", None, "UPPER/x:latest"),
    ],
)
def test_names(text, host, path, tag, digest, familiar):
    found = parse(text)
    assert (found.host, found.path, found.tag, found.digest, found.familiar) == (
        host,
        path,
        tag,
        digest,
        familiar,
    )
    assert parse(found.familiar) == found == parse(str(found))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Foo",
        "foo:bad tag",
        "foo:",
        "a//b",
        "a/",
        "/a",
        "a..b",
        "a___b",
        "-a",
        "a-",
        "foo:1\n",
        "foo\n",
        "é",
        "a:é",
        "x@sha256:12",
        f"x@{SHA}0",
        "x@",
        "x" * 300,
        "a:" + "t" * 129,
        "a" * 64,
        "a b",
        "http://x/y",
        "x:1:2",
        "a.b./c",
        "host:port/x",
        "x?y",
        "localhost:5005/",
    ],
)
def test_no_names(text):
    with pytest.raises(ImageError) as error:
        parse(text)
    assert "\n" not in str(error.value)
    assert error.value.exit_status == 2


def test_digests():
    assert is_digest(SHA)
    assert not is_digest(SHA.upper())
    assert not is_digest(None)
    assert not is_digest("sha256:" + "a" * 63)
