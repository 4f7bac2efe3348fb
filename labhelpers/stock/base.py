"""The base image: Debian 12, from a hub or from the machine's own package archive.

Everything else in the stock is an ordinary Dockerfile on top of it, built the same way everywhere.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import requests

from labhelpers.engine import packages
from labhelpers.errors import ProcessError, StockError
from labhelpers.process import as_root, is_root, run, stream
from labhelpers.telling import Progress

RELEASE = "bookworm"
# The multi-platform index of debian:bookworm-slim, pinned so that every machine starts from the same files.
HUB_IMAGE = "debian:bookworm-slim@sha256:96e378d7e6531ac9a15ad505478fcc2e69f371b10f5cdf87857c4b8188404716"
_HUB = "https://registry-1.docker.io/v2/"
# Manual pages and translations are a third of a small image, and nobody reads them there.
_WITHOUT = ("man/*", "doc/*", "locale/*", "info/*")
# As in the hub's image, where apt keeps nothing for its next run: that would be a third of an image that
# installs anything. The last is set at the end: what is installed here is downloaded before.
_NO_CACHES = ('Dir::Cache::pkgcache ""', 'Dir::Cache::srcpkgcache ""')
_NO_PACKAGES = """echo 'APT::Keep-Downloaded-Packages "false";' > "$1/etc/apt/apt.conf.d/docker-clean\""""


def hub_reachable(*, timeout: float = 4) -> bool:
    """Whether Docker Hub answers this machine (it answers 401 to who has no token). `timeout` in seconds."""
    try:
        return requests.get(_HUB, timeout=timeout).status_code in (200, 401)
    except requests.RequestException:
        return False


def make_base(
    reference: str,
    env: Mapping[str, str],
    labels: Mapping[str, str],
    work: Path,
    progress: Progress,
) -> None:
    """Give the engine the base image under the name `reference`, with `labels`.

    From Docker Hub where it answers, else bootstrapped from Debian's packages.
    Raises StockError where neither can be done.
    """
    changes = [f"LABEL {name}={value}" for name, value in labels.items()]
    if hub_reachable():
        try:
            _from_hub(reference, env, changes, work, progress)
            return
        except ProcessError as refused:
            if why_no_bootstrap():
                raise StockError(
                    f"pull {HUB_IMAGE}", refused.found, "If Docker Hub's limit is reached, try again later."
                ) from refused
    if reason := why_no_bootstrap():
        raise StockError(
            "make the base image",
            f"Docker Hub does not answer, and {reason}",
            "Connect once to a network that reaches Docker Hub, then repeat ./lab up.",
        )
    _from_packages(reference, env, changes, work, progress)


def why_no_bootstrap() -> str | None:
    """Why the base cannot be made from packages here, or None when it can."""
    where = packages.archive()
    if where is None or where.distribution != "debian":
        return "this machine is not Debian, so the base cannot be made from packages either"
    if not is_root() and not shutil.which("sudo"):
        return "making it from packages needs root"
    return None


def _from_hub(
    reference: str, env: Mapping[str, str], changes: list[str], work: Path, progress: Progress
) -> None:
    with progress.task("Pulling the base image", unit="steps"):
        run(["docker", "pull", "-q", HUB_IMAGE], tried=f"pull {HUB_IMAGE}", env=env, timeout=1800)
        dockerfile = "\n".join([f"FROM {HUB_IMAGE}", *changes, ""])
        run(
            ["docker", "build", "-q", "--provenance=false", "-t", reference, "-"],
            tried="label the base image",
            env={**env, "DOCKER_BUILDKIT": "1"},
            stdin=dockerfile.encode(),
            timeout=300,
        )


def _from_packages(
    reference: str, env: Mapping[str, str], changes: list[str], work: Path, progress: Progress
) -> None:
    where = packages.archive()
    assert where is not None
    work.mkdir(parents=True, exist_ok=True)
    rootfs = work / "base.tar"
    options = [f"--dpkgopt=path-exclude=/usr/share/{part}" for part in _WITHOUT]
    options += ["--dpkgopt=path-include=/usr/share/doc/*/copyright", '--aptopt=Acquire::Languages "none"']
    options += [*(f"--aptopt={setting}" for setting in _NO_CACHES), f"--customize-hook={_NO_PACKAGES}"]
    # The machine's own sources first; its security archive, where it names one for this release.
    lines = [f"deb {where.uri} {RELEASE} main", f"deb {where.uri} {RELEASE}-updates main"]
    if where.security and where.codename == RELEASE:
        lines.append(f"deb {where.security} {RELEASE}-security main")
    sources = work / "base.list"
    sources.write_text("\n".join(lines) + "\n")
    command = ["mmdebstrap", "--variant=minbase", *options, RELEASE, str(rootfs), str(sources)]
    path = f"PATH={env['PATH']}{os.pathsep}/usr/sbin{os.pathsep}/sbin"
    try:
        with progress.task("Making the base image from Debian's packages", unit="steps") as task:
            for line in stream(
                as_root(["env", path, "LC_ALL=C", *command]),
                tried="make the base image",
                fix="Check the network and the free disk space, then repeat ./lab up.",
            ):
                task.update(note=line.removeprefix("I: ")[:60])
            task.update(note="handing it to the engine")
            arguments = [part for change in changes for part in ("--change", change)]
            run(
                ["docker", "import", *arguments, "--change", 'CMD ["bash"]', str(rootfs), reference],
                tried="import the base image",
                env=env,
                timeout=300,
            )
    finally:
        if rootfs.exists():
            run(as_root(["rm", "-f", str(rootfs)]), tried="remove a temporary file")


def disk_full(log: str) -> bool:
    """Whether a build's log says that the disk is full."""
    return "no space left on device" in log.lower() or "disk quota exceeded" in log.lower()
