"""The explorer's JavaScript: its helpers under Node's own test runner, and what its source must not hold."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import labhelpers

HERE = Path(__file__).parent
FOLDER = Path(labhelpers.__file__).parent / "widgets" / "layer_explorer"


def test_helpers_pass_nodes_own_test_runner(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        from support import cannot

        cannot("there is no Node on this machine")
    # A copy called .mjs: the module has no package.json that would tell Node what it is.
    module = tmp_path / "layer_explorer.mjs"
    module.write_bytes((FOLDER / "layer_explorer.js").read_bytes())
    done = subprocess.run(
        [node, "--test", str(HERE / "layer_explorer.test.mjs")],
        env={**os.environ, "MODULE": str(module)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_imported_fetched_or_parsed_as_markup() -> None:
    source = (FOLDER / "layer_explorer.js").read_text()
    code = re.sub(r"//.*", "", source)
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "fetch(", "XMLHttpRequest", "http"):
        # `this.fetch` is the view's own question to the kernel.
        assert word not in code.replace("this.fetch(", "").replace("async fetch(", ""), word
    assert not re.search(r"^\s*import\b|\bimport\(", code, re.MULTILINE)
    style = (FOLDER / "layer_explorer.css").read_text()
    assert "url(" not in style
    assert "@import" not in style
    # Every variable of a host's has something to fall back on.
    assert not re.findall(r"var\(--(?:jp|vscode)-[\w-]+\)", style)
