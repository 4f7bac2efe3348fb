"""What a notebook says about a cloud cannot be run here; its form can be held to what the cloud documents.

The grammar: https://cloud.google.com/artifact-registry/docs/docker/names and .../docker/authentication,
https://cloud.google.com/sdk/gcloud/reference/builds/submit.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from labhelpers.errors import ImageError
from labhelpers.reference import parse

SOURCES = Path(__file__).resolve().parents[2] / "notebooks" / "src"
_HOST = re.compile(r"[a-z]+(?:-[a-z]+\d+)?-docker\.pkg\.dev")  # a region, or "us", "europe", "asia"
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_REPOSITORY = re.compile(r"[a-z][a-z0-9-]{0,61}[a-z0-9]")
_COMMAND = re.compile(r"(?:^|`)((?:docker|gcloud) [^`\n]*)", re.MULTILINE)


def commands(text: str) -> list[str]:
    """The commands of a source, in its cells, code blocks and text, that name a cloud or its tool."""
    whole = re.sub(r"^# ?!?", "", text, flags=re.MULTILINE)
    whole = re.sub(r"\\\n\s*", "", whole)
    return [found for found in _COMMAND.findall(whole) if re.search(r"gcloud|pkg\.dev|gcr\.io", found)]


def wrong_name(name: str) -> str:
    """What is wrong with an image's name at Artifact Registry, "" for nothing."""
    one = parse(name)  # raises for what is no reference at all
    parts = one.path.split("/")
    if not _HOST.fullmatch(one.host):
        return f"{one.host} is no LOCATION-docker.pkg.dev"
    if len(parts) != 3 or not _PROJECT.fullmatch(parts[0]) or not _REPOSITORY.fullmatch(parts[1]):
        return f"{one.path} is not PROJECT/REPOSITORY/IMAGE"
    return "" if f":{one.tag}" in name else "it leaves out the tag"


def wrong_command(command: str) -> str:
    """What is wrong with the form of a command, "" for nothing."""
    # Capital letters stand for what the reader fills in, as in the documentation.
    for place, example in (("REGION", "us-east1"), ("PROJECT", "my-project"), ("REPOSITORY", "apps")):
        command = command.replace(place, example)
    command = command.replace("IMAGE:TAG", "site:1.0").replace("/…", "/my-project/apps/site:1.0")
    match shlex.split(command):
        case ["gcloud", "auth", "configure-docker", host]:
            return "" if _HOST.fullmatch(host) else f"{host} is no host"
        case ["gcloud", "builds", "submit", "--tag", name] | ["gcloud", "builds", "submit", "--tag", name, _]:
            return wrong_name(name)
        case ["docker", "push" | "pull", name] | ["docker", "tag", _, name]:
            return wrong_name(name)
    return "no test knows its form"


FOUND = [(path.stem, one) for path in sorted(SOURCES.glob("*.py")) for one in commands(path.read_text())]


@pytest.mark.parametrize(("where", "command"), FOUND)
def test_a_command_for_the_cloud_has_the_documented_form(where: str, command: str) -> None:
    assert wrong_command(command) == ""


def test_no_command_is_overlooked() -> None:
    named = {where: " ".join(one for there, one in FOUND if there == where) for where, _ in FOUND}
    for verb in ("gcloud auth configure-docker", "docker push", "gcloud builds submit", "docker tag"):
        assert verb in named["06_registries"]
    assert "gcloud builds submit" in named["talk"]


@pytest.mark.parametrize(
    "command",
    [
        "docker push eu.gcr.io/my-project/site:1.0",
        "docker push us-east1-docker.pkg.dev/my-project/site:1.0",
        "docker push us-east1-docker.pkg.dev/my-project/apps/site",
        "docker push us-east1-docker.pkg.dev/My-Project/apps/site:1.0",
        "gcloud auth configure-docker",
        "gcloud auth configure-docker us-east1.pkg.dev",
        "gcloud builds submit us-east1-docker.pkg.dev/my-project/apps/site:1.0 .",
        "gcloud docker -- push us-east1-docker.pkg.dev/my-project/apps/site:1.0",
    ],
)
def test_another_form_would_be_noticed(command: str) -> None:
    try:
        assert wrong_command(command) != ""
    except ImageError as no_reference:
        assert "lower case" in str(no_reference)
