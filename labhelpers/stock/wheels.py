"""The wheelhouse: pinned packages, fetched once, so that `pip install flask` in a lesson works offline."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from labhelpers.process import run

# What pip calls a Linux machine of the architecture that the engine reports.
_PLATFORMS = {
    machine: [f"{libc}_{machine}" for libc in ("manylinux_2_28", "manylinux_2_17", "manylinux2014")]
    for machine in ("x86_64", "aarch64")
}
_PLATFORMS["amd64"], _PLATFORMS["arm64"] = _PLATFORMS["x86_64"], _PLATFORMS["aarch64"]


def wheelhouse(
    lock: Path, architecture: str, cache: Path, *, what: str = "the Python packages of the lessons"
) -> Path:
    """The folder of wheels that `lock` pins, for Python 3.11 on Linux; fetched unless it is in the cache.

    `lock`: a requirements file with versions and hashes. `architecture`: as the engine reports it.
    `what` they are, for the error.
    Raises ProcessError when the package index cannot be reached.
    """
    key = hashlib.sha256(lock.read_bytes() + architecture.encode()).hexdigest()[:16]
    folder = cache / "wheels" / key
    if folder.is_dir():
        return folder
    fresh = folder.with_name(f"{key}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    platforms = [f"--platform={name}" for name in _PLATFORMS.get(architecture, [f"linux_{architecture}"])]
    run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--require-hashes", "--only-binary=:all:", "--python-version=3.11"),
            *("--implementation=cp", "--abi=cp311", "--abi=abi3", "--abi=none", *platforms),
            *("--dest", str(fresh), "--requirement", str(lock)),
        ],
        tried=f"fetch {what}",
        fix="Connect to a network once: after this first time the workshop needs none.",
        timeout=900,
    )
    fresh.rename(folder)
    return folder
