"""A build as its steps: read from BuildKit's raw progress, told apart, and the lost cache in words."""

from __future__ import annotations

import base64
import binascii
import fnmatch
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from labhelpers.analysis.waste import Analysis
from labhelpers.view import words

# "[2/5] RUN make", "[ 2/12] RUN make", "[build 2/5] COPY . .": a Dockerfile's; all else is BuildKit's own.
_NAME = re.compile(r"\[ *(?:(?P<stage>\S+) +)?(?P<number>\d+)/(?P<total>\d+)\] (?P<text>.*)", re.DOTALL)
_LAYERS = ("RUN", "COPY", "ADD", "WORKDIR")
_STATES = {
    "waiting": ("·", "waits"),
    "running": ("▸", "runs now"),
    "reused": ("↺", "reused from cache"),
    "run": ("✓", "run"),
    "failed": ("✗", "failed"),
}


@dataclass
class Step:
    """One step of a Dockerfile. `state`: a key of "waiting", "running", "reused", "run", "failed"."""

    stage: str
    number: int
    total: int
    instruction: str
    state: str = "waiting"
    seconds: float = 0.0

    @property
    def is_base(self) -> bool:
        """Whether it only names what the stage stands on, and that is there."""
        return words.verb(self.instruction) == "FROM" and self.state in ("run", "reused")

    @property
    def word(self) -> str:
        """Its state for people, with its time where it took some."""
        if self.is_base:
            return "base image"
        word = _STATES[self.state][1]
        return f"{word}, {self.seconds:.1f} s" if self.state in ("run", "failed") else word

    def row(self) -> dict[str, Any]:
        """What to draw."""
        place = f"{self.stage} " if self.stage else ""
        return {
            "place": f"{words.printable_text(place)}{self.number}/{self.total}",
            "instruction": words.shorten(words.printable_text(self.instruction), 160),
            "state": "reused" if self.is_base else self.state,
            "sign": "▪" if self.is_base else _STATES[self.state][0],
            "word": self.word,
        }


@dataclass
class Log:
    """The steps of a build that goes on, fed with the lines of `docker build --progress=rawjson`."""

    steps: dict[str, Step] = field(default_factory=dict)
    error: str = ""
    output: list[str] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)

    def feed(self, line: str) -> bool:
        """Take a line; True if a step changed. A document may stand on one line or on many."""
        if not self._lines and not line.startswith("{"):
            if line.strip():
                self.output.append(line)
            return False
        self._lines.append(line)
        if not (line == "}" or (len(self._lines) == 1 and line.endswith("}"))):
            return False
        text, self._lines = "\n".join(self._lines), []
        try:
            document = json.loads(text)
        except ValueError:
            return False
        return isinstance(document, dict) and self._take(document)

    def _take(self, document: Mapping[str, Any]) -> bool:
        for log in document.get("logs") or ():
            try:
                self.output += base64.b64decode(log.get("data", "")).decode(errors="replace").splitlines()
            except (binascii.Error, ValueError):
                continue
        found = [self._vertex(vertex) for vertex in document.get("vertexes") or ()]
        return any(found)

    def _vertex(self, vertex: Mapping[str, Any]) -> bool:
        self.error = vertex.get("error") or self.error
        named = _NAME.fullmatch(str(vertex.get("name", "")))
        if named is None:
            return False
        step = self.steps.setdefault(
            str(vertex.get("digest")),
            Step(named["stage"] or "", int(named["number"]), int(named["total"]), named["text"].strip()),
        )
        started, completed = vertex.get("started"), vertex.get("completed")
        if vertex.get("error"):
            step.state = "failed"
        elif vertex.get("cached"):
            step.state = "reused"
        elif completed and step.state != "reused":
            step.state = "run"
        elif started and step.state == "waiting":
            step.state = "running"
        if started and completed:
            step.seconds = max(step.seconds, _time(completed) - _time(started))
        return True

    def ordered(self) -> list[Step]:
        """The steps, stage by stage."""
        return sorted(self.steps.values(), key=lambda step: (step.stage, step.number))


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@dataclass(frozen=True)
class Snapshot:
    """What a build depended on: the digests of its context's files, and its steps."""

    files: Mapping[str, str]
    steps: Sequence[Step]


def last_stage(dockerfile: str) -> str:
    """How BuildKit calls the last stage of a Dockerfile; "" where there is only one and it has no name."""
    froms = re.findall(r"^\s*FROM\s+(.*)$", dockerfile, re.MULTILINE | re.IGNORECASE)
    if not froms:
        return ""
    named = re.search(r"\bAS\s+(\S+)", froms[-1], re.IGNORECASE)
    if named:
        return named[1].lower()
    return f"stage-{len(froms) - 1}" if len(froms) > 1 else ""


def marks(analysis: Analysis, steps: Iterable[Step], stage: str) -> dict[int, dict[str, Any]]:
    """Layer -> how the build came by it, for the layers that this build made (the rest is the base)."""
    own = [
        step
        for step in steps
        if step.stage.lower() == stage and step.number > 1 and words.verb(step.instruction) in _LAYERS
    ]
    found = {}
    for layer, step in zip(reversed(analysis.image.layers), reversed(own), strict=False):
        if words.verb(words.instruction(layer.created_by)) != words.verb(step.instruction):
            break
        sign, _ = _STATES[step.state]
        found[layer.number] = {"state": step.state, "sign": sign, "word": step.word}
    return found


def sentence(now: Snapshot, before: Snapshot | None) -> str:
    """What a build reused and ran, and why the first step that ran could not be reused."""
    steps = [step for step in now.steps if step.number > 1]
    reused = sum(step.state == "reused" for step in steps)
    ran = [step for step in steps if step.state == "run"]
    if not ran:
        return f"{words.count(reused, 'step')} reused from the cache, none run: nothing has changed."
    counts = f"{words.count(reused, 'step')} reused from the cache, {len(ran):,} run."
    first = ran[0]
    where = f"{first.number}/{first.total} ({words.shorten(words.printable_text(first.instruction), 80)})"
    if before is None:
        return f"{counts} The first that ran is step {where}."
    return f"{counts} The cache was lost at step {where}: {why(first, now, before)}."


def why(step: Step, now: Snapshot, before: Snapshot) -> str:
    """Why a step could not be reused, as a clause."""
    then = [old for old in before.steps if (old.stage, old.number) == (step.stage, step.number)]
    if not then:
        return "the instruction is new"
    if then[0].instruction != step.instruction:
        return (
            f"the instruction changed, it was {words.shorten(words.printable_text(then[0].instruction), 80)}"
        )
    if words.verb(step.instruction) in ("COPY", "ADD"):
        if "--from=" in step.instruction:
            return "what it copies from another stage changed"
        changed = [*_changed(_sources(step.instruction), now.files, before.files)]
        if changed:
            return words.listed(changed)
    return (
        "nothing that it names changed here, so the build cache did not hold it any more, or its base changed"
    )


def _sources(instruction: str) -> list[str]:
    try:
        parts = shlex.split(instruction)[1:]
    except ValueError:
        parts = instruction.split()[1:]
    return [part.strip("[],") for part in parts if not part.startswith("--")][:-1]


def _changed(sources: Sequence[str], now: Mapping[str, str], before: Mapping[str, str]) -> Iterator[str]:
    for path in sorted({*now, *before}):
        if now.get(path) == before.get(path) or not any(_names(source, path) for source in sources):
            continue
        verb = "is new" if path not in before else "is gone" if path not in now else "changed"
        yield f"{words.printable_text(path)} {verb}"


def _names(source: str, path: str) -> bool:
    source = source.removeprefix("./").strip("/")
    return (
        source in ("", ".")
        or path == source
        or path.startswith(f"{source}/")
        or fnmatch.fnmatch(path, source)
    )
