"""Programs from the distribution's packages, unpacked into a private prefix.

Nothing of the system changes: apt runs with a configuration, lists and a cache of ours; packages are
unpacked with `dpkg -x` and never installed. The archive's address and keys are the machine's own; apt
checks the signatures. See apt.conf(5) and dpkg-deb(1).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from labhelpers.errors import LabError
from labhelpers.process import run
from labhelpers.telling import Progress, Task

# Debian 12's own engine is 20.10 with a dead Compose; 13's programs run on 12 (they need libc 2.34), but
# for runc, which must be 12's own.
_NEWER = {"bookworm": "trixie"}
_OFFLINE = "Connect to a network once: after this first time the workshop needs none."


@dataclass(frozen=True)
class Archive:
    """The distribution's package archive, as this machine's own configuration names it."""

    distribution: str
    codename: str
    uri: str
    security: str | None = None


def os_release(text: str) -> dict[str, str]:
    """The fields of os-release(5)."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, value in pairs}


def _targets(text: str, codename: str) -> Archive | None:
    """The archive of the release itself, and of its security updates, among apt's index targets."""
    uris: dict[str, str] = {}
    distribution = ""
    for line in text.splitlines():
        uri, release, component, distribution = line.split("|")
        if component == "main":
            uris.setdefault(release, uri.rstrip("/"))
    if codename not in uris:
        return None
    return Archive(distribution, codename, uris[codename], uris.get(f"{codename}-security"))


@cache
def archive() -> Archive | None:
    """This machine's archive, or None where it is not Debian or Ubuntu with apt. Asked for once a process."""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        return None
    try:
        release = os_release(Path("/etc/os-release").read_text())
    except OSError:
        return None
    distribution, codename = release.get("ID", ""), release.get("VERSION_CODENAME", "")
    if distribution not in ("debian", "ubuntu") or not codename:
        return None
    fields = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|" + distribution
    text = run(
        ["apt-get", "indextargets", "--format", fields, "Created-By: Packages"],
        tried="read this machine's package sources",
        fix="Check them with: apt-get update",
    )
    return _targets(text, codename)


def client_packages(where: Archive) -> tuple[list[str], list[str]]:
    """The docker command line with buildx and Compose: packages of this release, and of the newer one."""
    if where.distribution == "ubuntu":
        return ["docker.io", "docker-buildx", "docker-compose-v2"], []
    names = ["docker-cli", "docker-buildx", "docker-compose"]
    return ([], names) if where.codename in _NEWER else (names, [])


def engine_packages(where: Archive, *, has: Sequence[str]) -> tuple[list[str], list[str]]:
    """What makes an engine: packages of this release, and packages of the newer one.

    `has`: programs the machine already has (iptables, ip, mmdebstrap), which are used as they are.
    """
    tools = [
        package
        for package, program in (("iptables", "iptables"), ("iproute2", "ip"), ("mmdebstrap", "mmdebstrap"))
        if program not in has
    ]
    own, newer = client_packages(where)
    daemon = ["docker.io", "containerd", "tini"]
    if where.codename in _NEWER:
        newer = [*newer, *daemon]
    else:
        own = [*own, *(name for name in daemon if name not in own)]
    return ["runc", *tools, *own], newer


def _apt_configuration(work: Path, where: Archive) -> Path:
    """Write an apt configuration that reads and writes nothing of the system's but the keys and the proxy."""
    for folder in ("sources", "lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    suites = [where.codename, f"{where.codename}-updates", *filter(None, [_NEWER.get(where.codename)])]
    source = f"Types: deb\nURIs: {where.uri}\nSuites: {' '.join(suites)}\nComponents: main\n"
    if where.distribution == "ubuntu":
        source = source.replace("Components: main", "Components: main universe")
    keyring = Path(f"/usr/share/keyrings/{where.distribution}-archive-keyring.gpg")
    if keyring.exists():
        source += f"Signed-By: {keyring}\n"
    (work / "sources" / "archive.sources").write_text(source)
    # A proxy or a certificate that the machine's apt needs, ours needs too.
    dump = run(["apt-config", "dump", "Acquire"], tried="read apt's settings")
    acquire = [line for line in dump.splitlines() if line.startswith(("Acquire::http", "Acquire::ftp"))]
    lines = [
        'Dir::Etc::SourceList "/dev/null";',
        f'Dir::Etc::SourceParts "{work}/sources";',
        'Dir::Etc::Parts "/dev/null";',
        'Dir::Etc::Preferences "/dev/null";',
        'Dir::Etc::PreferencesParts "/dev/null";',
        f'Dir::State::Lists "{work}/lists";',
        f'Dir::Cache "{work}/cache";',
        'APT::Sandbox::User "root";',
        # Nothing is installed, so nobody else's apt needs to wait for ours, nor ours for theirs.
        'Debug::NoLocking "1";',
        'Acquire::Languages "none";',
        'Acquire::Retries "3";',
        # Without a network `apt-get update` would only warn, and the next step would blame a package.
        'APT::Update::Error-Mode "any";',
        *acquire,
    ]
    path = work / "apt.conf"
    path.write_text("\n".join(lines) + "\n")
    return path


def fetch(
    where: Archive,
    prefix: Path,
    own: Sequence[str],
    newer: Sequence[str],
    progress: Progress,
    *,
    kept: Path | None = None,
) -> None:
    """Make `prefix` hold the programs of these packages; do nothing when it already does.

    `own` come from this machine's release with what they need and the machine lacks; `newer` from the
    release after it, alone. `kept`: a folder with a folder for each release, whose packages are taken instead
    where all are there. The prefix appears whole or not at all, so it may be interrupted.
    Raises LabError when the archive cannot be reached or lacks a package.
    """
    wanted = {"own": sorted(own), "newer": sorted(newer), "release": where.codename}
    stamp = prefix / ".packages.json"
    if _holds(stamp, wanted):
        return
    work = prefix.with_name(prefix.name + ".work")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    with progress.task("Fetching the engine's packages", unit="steps") as task:
        chosen = _kept(kept / where.codename, own, newer) if kept else []
        chosen = chosen or sorted(download(where, work, own, newer, task).glob("*.deb"))
        task.update(3, 4, "unpacking")
        unpacked = work / "unpacked"
        packages = {}
        for deb in chosen:
            run(["dpkg", "-x", str(deb), str(unpacked)], tried=f"unpack {deb.name}", timeout=300)
            packages[deb.name] = hashlib.sha256(deb.read_bytes()).hexdigest()
        _wrap_iptables(unpacked, prefix)
        (unpacked / ".packages.json").write_text(
            json.dumps({"wanted": wanted, "packages": packages}, indent=1)
        )
        shutil.rmtree(prefix, ignore_errors=True)
        unpacked.rename(prefix)
        shutil.rmtree(work, ignore_errors=True)
        task.update(4, 4, f"{len(packages)} packages")


def download(
    where: Archive,
    work: Path,
    own: Sequence[str],
    newer: Sequence[str],
    task: Task,
    *,
    on_a_bare_machine: bool = False,
) -> Path:
    """Fetch packages into a folder below `work`, as `fetch` says, and return it.

    `on_a_bare_machine`: with all that they need, whatever this machine has already.
    """
    env = {"APT_CONFIG": str(_apt_configuration(work, where)), "LC_ALL": "C"}
    if on_a_bare_machine:
        (work / "status").touch()
        with (work / "apt.conf").open("a") as configuration:
            # Without what is installed, the newer release's libraries would be chosen.
            configuration.write(
                f'Dir::State::Status "{work}/status";\nAPT::Default-Release "{where.codename}";\n'
            )
    debs = work / "cache" / "archives"

    def apt(command: list[str], timeout: float) -> None:
        run(command, tried="fetch the engine's packages", fix=_OFFLINE, env=env, timeout=timeout)

    task.update(0, 4, "package lists")
    apt(["apt-get", "update", "-qq"], 300)
    task.update(1, 4, "packages of this release")
    if own:
        options = ["-qq", "-y", "--download-only", "--no-install-recommends", "--reinstall"]
        apt(["apt-get", "install", *options, *(f"{name}/{where.codename}" for name in own)], 900)
    task.update(2, 4, "engine, Compose, buildx")
    if newer:
        names = [f"{name}/{_NEWER[where.codename]}" for name in newer]
        command = 'cd "$1" && shift && exec apt-get download -qq "$@"'
        apt(["sh", "-c", command, "sh", str(debs), *names], 900)
    return debs


def _kept(folder: Path, own: Sequence[str], newer: Sequence[str]) -> list[Path]:
    """The packages of a folder that these names need here, or none where it lacks one of them.

    What else is in the folder is what `own` need: taken where the machine has not installed it.
    """
    there = {path.name.split("_")[0]: path for path in sorted(folder.glob("*.deb"))}
    if not {*own, *newer} <= set(there):
        return []
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n"]
    lines = run(query, tried="read what is installed").splitlines()
    has = {line.removeprefix("installed ") for line in lines if line.startswith("installed ")}
    needed = set(there) - has if own else set()
    return [path for name, path in there.items() if name in {*own, *newer, *needed}]


def _holds(stamp: Path, wanted: dict[str, Any]) -> bool:
    """Whether a prefix has these packages, or more: a tool that the machine got since is not fetched anew."""
    try:
        there = json.loads(stamp.read_text())["wanted"]
        same = bool(there["release"] == wanted["release"])
        return same and all(set(wanted[kind]) <= set(there[kind]) for kind in ("own", "newer"))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _wrap_iptables(unpacked: Path, prefix: Path) -> None:
    """Let iptables of the prefix find its libraries there."""
    tool = unpacked / "usr/sbin/xtables-nft-multi"
    if not tool.exists():
        return
    libraries = prefix / "usr/lib" / f"{platform.machine()}-linux-gnu"
    folder = unpacked / "bin"
    folder.mkdir(exist_ok=True)
    for name in (
        "iptables",
        "iptables-save",
        "iptables-restore",
        "ip6tables",
        "ip6tables-save",
        "ip6tables-restore",
    ):
        script = folder / name
        script.write_text(
            "#!/bin/sh\n"
            f'LD_LIBRARY_PATH="{libraries}" XTABLES_LIBDIR="{libraries}/xtables" '
            f'exec "{prefix}/usr/sbin/xtables-nft-multi" {name} "$@"\n'
        )
        script.chmod(0o755)


def search_path(prefix: Path) -> str:
    """PATH with the prefix's programs first."""
    own = [prefix / "bin", prefix / "usr/bin", prefix / "usr/sbin"]
    return os.pathsep.join([*map(str, own), os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def missing_libraries(program: Path) -> list[str]:
    """Shared libraries that a program needs and this machine lacks."""
    try:
        text = run(["ldd", str(program)], tried=f"look at {program.name}")
    except LabError:
        return []
    return [line.split("=>")[0].strip() for line in text.splitlines() if "not found" in line]
