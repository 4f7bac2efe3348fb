"""`explore.build`: a real build, its steps in the picture while it goes on, then its image."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from labhelpers.errors import LabError, ProcessError, UsageError
from labhelpers.process import stream, tail
from labhelpers.view.build import Log, Snapshot, Step, last_stage, marks, sentence
from labhelpers.view.words import printable_text
from labhelpers.widgets.layer_explorer.loading import Opened, open_source
from labhelpers.widgets.layer_explorer.widget import LayerExplorer

# What the last build of a context under a tag depended on, for as long as the kernel lives.
_LAST: dict[tuple[str, str, str], Snapshot] = {}
_MOST_FILES = 20_000
_LARGEST = 64 << 20  # bytes; a larger file is known by its size and time


class Build:
    """A build that is done. `explorer`: the widget; `steps`: what was reused, what ran; `sentence`: why."""

    def __init__(self, explorer: LayerExplorer, steps: tuple[Step, ...], sentence: str) -> None:
        self.explorer = explorer
        self.steps = steps
        self.sentence = sentence

    def __repr__(self) -> str:
        return self.sentence


def build(
    context: str | Path,
    *,
    tag: str,
    dockerfile: str | Path | None = None,
    arguments: Mapping[str, str] | None = None,
    lines: Callable[..., Iterator[str]] | None = None,
    opener: Callable[..., Opened] = open_source,
) -> Build:
    """Build an image with `docker build`, show its steps as they go, then look into what was built.

    `context`: the folder; `tag`: the image's name; `dockerfile`: another than the folder's own; `arguments`:
    `--build-arg`s. The image carries the workshop's label. Interrupting the kernel ends the build.
    `LabError` with the end of the build's output if it fails.
    """
    folder = Path(context)
    file = Path(dockerfile) if dockerfile else folder / "Dockerfile"
    if not file.is_file():
        raise UsageError(
            f"build {context}", f"there is no {file.name} there", "Give the folder that has one."
        )
    explorer = LayerExplorer.empty(tag)
    handle = _display(explorer)
    log = Log()
    explorer.show_steps(f"Building {tag}", [])
    options = [f"--build-arg={name}={value}" for name, value in (arguments or {}).items()]
    command = ["docker", "build", "--progress=rawjson", *options, "-t", tag, "-f", str(file), str(folder)]
    try:
        for line in (lines or _run)(command, tag):
            if log.feed(line):
                explorer.show_steps(f"Building {tag}", [step.row() for step in log.ordered()])
    except ProcessError as error:
        explorer.fail(f"The build of {tag} failed: {printable_text(log.error or error.found)}")
        output = printable_text(tail("\n".join(log.output)), keep="\n")
        raise LabError(
            f"build {tag}",
            printable_text(log.error or error.found),
            "Mend the step that failed, then build again: the steps before it are kept in the cache.",
            log=output,
        ) from error
    except KeyboardInterrupt:
        explorer.fail(f"The build of {tag} was cancelled.", state="cancelled")
        raise
    now = Snapshot(_digests(folder), log.ordered())
    key = str(folder.resolve()), str(file.resolve()), tag
    said = sentence(now, _LAST.get(key))
    _LAST[key] = now
    opened = opener(tag, None, None)
    opened.built = marks(opened.analysis, now.steps, last_stage(file.read_text(errors="replace")))
    opened.said = said
    explorer.take(opened)
    if handle is not None:
        handle.update(explorer)  # with the static picture beside it, for those who have no kernel
    return Build(explorer, tuple(now.steps), said)


def _run(command: list[str], tag: str) -> Iterator[str]:
    from labhelpers.engine import connect, environment
    from labhelpers.places import places

    engine = connect()
    try:
        env = environment(engine, places())
    finally:
        engine.close()
    labelled = [*command[:2], f"--label={env['LAB_LABEL']}", "--provenance=false", *command[2:]]
    yield from stream(labelled, tried=f"build {tag}", env={**env, "DOCKER_BUILDKIT": "1"})


def _digests(folder: Path) -> dict[str, str]:
    """What the files of a context hold, by their path in it."""
    found = {}
    for path in sorted(folder.rglob("*"))[:_MOST_FILES]:
        if not path.is_file():
            continue
        stat = path.stat()
        if stat.st_size > _LARGEST:
            held = f"{stat.st_size} {stat.st_mtime_ns}"
        else:
            held = hashlib.sha256(path.read_bytes()).hexdigest()
        found[path.relative_to(folder).as_posix()] = f"{held} {stat.st_mode:o}"
    return found


def _display(explorer: LayerExplorer) -> Any:
    """Show it at once, if there is a notebook to show it in."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        return None
    return display(explorer, display_id=True)  # type: ignore[no-untyped-call]
