"""The descriptions of the workshop for other places hold what pyproject.toml asks for."""

from __future__ import annotations

import json
import os
import re
import tomllib
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest
from jsonschema import Draft201909Validator
from packaging.requirements import Requirement
from support import ROOT, devcontainer

import labhelpers.cli

SCHEMAS = Path(os.environ.get("LAB_TEST_SCHEMAS") or ROOT / "../shared/schemas")
SCHEMA = SCHEMAS / "devContainer.base.schema.json"
# What conda-forge calls a package of PyPI's.
CONDA = {"docker": "docker-py"}


def test_environment_yml_asks_for_the_same_packages_in_the_same_ranges() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {"python" + project["requires-python"]}
    for spec in project["dependencies"]:
        name = re.split(r"[>=<;]", spec)[0]
        wanted.add(spec.replace(name, CONDA.get(name, name), 1))
    lines = (ROOT / "environment.yml").read_text().partition("dependencies:\n")[2].splitlines()
    listed = {line.partition(" #")[0].strip().removeprefix("- ") for line in lines}
    # Installed as it lies here: kernels import labhelpers wherever a notebook is.
    assert listed == wanted | {"pip:", "-e ."}


def test_these_ranges_hold_what_is_installed_and_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for wanted in map(Requirement, project["dependencies"]):
        if wanted.marker is None or wanted.marker.evaluate():
            assert wanted.specifier.contains(version(wanted.name)), wanted


def test_what_conda_calls_labhelpers_is_what_lab_calls() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, name = project["scripts"]["labhelpers"].partition(":")
    assert getattr(import_module(module), name) is labhelpers.cli.main


@pytest.mark.skipif(
    not SCHEMA.is_file(), reason=f"cannot run: {SCHEMA} is not there; set LAB_TEST_SCHEMAS to its folder"
)
def test_the_devcontainer_is_valid() -> None:
    described = devcontainer()
    validator = Draft201909Validator(json.loads(SCHEMA.read_text()))
    assert [error.message for error in validator.iter_errors(described)] == []
    wrong = {**described, "forwardPorts": "8888"}
    assert list(validator.iter_errors(wrong)), "the validator must be able to refuse"


def test_the_devcontainer_is_pinned_and_can_be_prebuilt() -> None:
    described = devcontainer()
    ((feature, options),) = described["features"].items()
    assert re.fullmatch(r"ghcr\.io/devcontainers/features/docker-in-docker:\d+\.\d+\.\d+", feature)
    # Its own Compose would come from a further host; Debian 12's Moby packages bring the plugin already.
    assert options == {"dockerDashComposeVersion": "none"}
    # Named, so that no second engine is brought while Docker-in-Docker is still starting.
    assert described["remoteEnv"]["DOCKER_HOST"] == "unix:///var/run/docker.sock"
    # A prebuild runs these two, and no other command; tests/owner/test_kit.py runs all three.
    assert {name for name in described if name.endswith("Command")} == {
        "onCreateCommand",
        "updateContentCommand",
        "postAttachCommand",
    }
    for port in described["forwardPorts"]:
        assert described["portsAttributes"][str(port)]["label"]
