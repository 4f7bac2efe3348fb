"""The learner's own copies of the notebooks: the checkout stays clean, and nothing they wrote is lost."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

_MANIFEST = ".brought.json"
_PATTERNS = ("*.ipynb", "pictures/*", "solutions/*.ipynb", "slides/*.ipynb")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(path)


def bring(source: Path, target: Path) -> list[Path]:
    """Make `target` hold the notebooks of `source`, with their pictures.

    A copy that the learner has not changed follows its source. One that they have changed stays; when its
    source changed as well, the new version is put beside it (`NAME.new.ipynb`). Returns those new files.
    """
    manifest = target / _MANIFEST
    try:
        brought: dict[str, str] = dict(json.loads(manifest.read_text()))
    except (OSError, ValueError):
        brought = {}
    beside = []
    for path in sorted(p for pattern in _PATTERNS for p in source.glob(pattern) if p.is_file()):
        name = path.relative_to(source).as_posix()
        copy = target / name
        new, known = _digest(path), brought.get(name)
        there = _digest(copy) if copy.exists() else None
        if there is None or (there == known and new != known):
            _write(copy, path.read_bytes())
        elif there != new and new != known:
            copy = copy.with_name(f"{copy.stem}.new{copy.suffix}")
            _write(copy, path.read_bytes())
            beside.append(copy)
        brought[name] = new
    _write(manifest, json.dumps(brought, indent=1).encode())
    return beside
