"""What several test modules share."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).parents[1]
IN_CI = bool(os.environ.get("CI"))


def cannot(reason: str) -> NoReturn:
    """Say that a test cannot run here: a skip with its reason, a failure on CI, where everything must run."""
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Up:
    """A running `./lab up`: JupyterLab's address, and all that it printed."""

    url: str
    output: str


def devcontainer() -> dict[str, Any]:
    """What .devcontainer/devcontainer.json says. It has no comments: notebook 08 reads it as JSON, too."""
    found: dict[str, Any] = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    return found
