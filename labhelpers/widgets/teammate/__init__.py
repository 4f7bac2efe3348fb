"""A teammate for those who work alone: an image that is really built, and really in the class registry."""

from __future__ import annotations

import re
import shutil
import zlib
from collections.abc import Mapping
from html import escape
from pathlib import Path

from labhelpers.engine import Engine, connect, environment, session
from labhelpers.errors import UsageError
from labhelpers.owners import temporary
from labhelpers.places import places
from labhelpers.process import run
from labhelpers.registry.server import ClassRegistry
from labhelpers.stock import REGISTRY_IMAGE
from labhelpers.widgets.look import panel
from labhelpers.widgets.teammate.mascot import NAMES, Mascot, mascot

__all__ = ["Shipped", "mascot", "repository", "teammate", "withdraw"]

TAG = "1.0"
_OURS = "org.labhelpers.simulated"  # the label of what a simulated teammate built
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Shipped:
    """What a simulated teammate has done. `reference`: the image's name; `commands`: in their order."""

    def __init__(self, name: str, reference: str, commands: tuple[str, ...]) -> None:
        self.name = name
        self.reference = reference
        self.commands = commands

    def __repr__(self) -> str:
        return f"{self.name} has built and shipped {self.reference}"

    def _repr_html_(self) -> str:
        lines = "\n".join(f"$ {command}" for command in self.commands)
        after = "The last one: like any teammate's, it is in the registry, and not in your engine."
        return panel(repr(self), f"<pre>{escape(lines)}</pre><div>{after}</div>")


def repository(name: str) -> str:
    """Somebody's repository in the class registry, "class/ada-09". UsageError for what is no pseudonym."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > 40:
        fix = "Take small letters, digits, and hyphens between them, like blue-whale."
        raise UsageError(f"use the pseudonym {name!r}", "an image's name cannot hold it", fix)
    return f"class/{name}-09"


def teammate(name: str = "robin", *, engine: Engine | None = None) -> Shipped:
    """Be a teammate: build a page with a mascot and a name, push it to the class registry, remove it here.

    Which mascot depends on the name. Raises UsageError where somebody else has shipped under that name, and
    LabError where the engine or the registry does not do what they are asked for.
    """
    where = repository(name)
    engine = engine or connect()
    registry, env = _class_registry(engine), environment(engine, places())
    labels = registry.labels(where, TAG)
    if labels is not None and _OURS not in labels:
        raise UsageError(
            f"play {name}",
            f"{where}:{TAG} is in the class registry already",
            "It is real: pull it, and run it.",
        )
    reference = f"{registry.address}/{where}:{TAG}"
    with temporary() as folder:
        Mascot(NAMES[zlib.crc32(name.encode()) % len(NAMES)]).write(folder / "page.html")
        shutil.copy(Path(__file__).with_name("Dockerfile"), folder)
        build = ["docker", "build", "--quiet", "--provenance=false", "--build-arg", f"BUILDER={name}"]
        labelled = [
            f"--label={_OURS}=yes",
            *([f"--label={env['LAB_LABEL']}"] if env.get("LAB_LABEL") else []),
        ]
        _run([*build, *labelled, "--tag", reference, str(folder)], f"build {name}'s image", env)
    push, remove = ["docker", "push", "--quiet", reference], ["docker", "image", "rm", reference]
    try:
        _run(push, f"push {name}'s image", env)
    finally:
        _run(remove, f"remove {name}'s image from the engine", env)
    shown = f"docker build --build-arg BUILDER={name} --tag {reference} {name}s-folder"
    return Shipped(name, reference, (shown, " ".join(push), " ".join(remove)))


def withdraw(*names: str, engine: Engine | None = None) -> str:
    """Take what these people have shipped out of the class registry. Returns what was taken, in words.

    Stands for `DELETE /v2/class/NAME-09/manifests/DIGEST`. Where nothing was shipped, nothing is done.
    """
    wanted = [repository(name) for name in names]
    api = _class_registry(engine or connect()).api
    gone = [where for where in wanted if api.remove(where, TAG)]
    return f"Withdrawn: {', '.join(gone)}." if gone else "Nothing was there to withdraw."


def _class_registry(engine: Engine) -> ClassRegistry:
    return ClassRegistry(engine, session(places()), REGISTRY_IMAGE)


def _run(argv: list[str], tried: str, env: Mapping[str, str]) -> None:
    run(argv, tried=tried, fix="Run ./lab doctor: it looks at engine and registry.", env=env, timeout=300)
