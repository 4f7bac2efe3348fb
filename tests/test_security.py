"""docs/security.md: every promise names tests, and every test that it names exists."""

from __future__ import annotations

import ast
import re
from functools import cache

from support import ROOT

TEXT = (ROOT / "docs/security.md").read_text()
ROWS = [
    line
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith(("| promise", "| ---"))
]


@cache
def names_in(path: str) -> set[str]:
    """The names of the tests in a module."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_promise_names_tests_that_exist() -> None:
    assert len(ROWS) > 20
    for row in ROWS:
        _, promise, tests, _ = row.split("|")
        named = re.findall(r"`(tests/\S+\.py)::(test_\w+)`", tests)
        assert named, f"nothing shows: {promise}"
        assert len(named) == tests.count("`") / 2, tests
        for path, name in named:
            assert name in names_in(path), f"{path} has no {name}"


def test_the_readme_leads_there() -> None:
    assert "(docs/security.md)" in (ROOT / "README.md").read_text()
