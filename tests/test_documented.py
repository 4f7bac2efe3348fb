"""Every command that README.md and docs/ show is run by a test: here, or by the one that is named here."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import ROOT

from labhelpers.cli import COMMANDS
from labhelpers.engine import Engine

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.M | re.S)

# Run here, as they stand; what is written in capitals, and my-image, is given a value below.
HERE = (
    "./lab layers docker://localhost:5005/lab/python:3.11",
    "./lab layers my-image.tar --json -",
    "./lab layers my-image:1.0 --compare my-image:2.0",
    "./lab layers my-image:1.0 --min-efficiency 0.95",
    "./lab layers IMAGE",
    "./lab check ID",
    "./lab slides cheatsheet",
    "./lab slides --serve",
    "./lab progress --json",
    './lab progress --name "Ada"',
    "./lab progress --reset [ID]",
    "./lab progress --collect DIR",
)
_EXISTING, _BUILD = "tests/owner/test_existing.py::test_", "tests/notebooks/test_build.py::test_"
_CONDA = "tests/owner/test_conda.py::test_the_workshop_opens_in_condas_environment"
# Run by another test, or by .ci/run: in an engine of its own, or because it takes its time.
ELSEWHERE = {
    "./lab up": f"{_EXISTING}an_engine_that_runs_is_used_and_left_as_it_was",
    "./lab test": ".ci/run",
    "./lab test --engines all": "tests/owner/test_every_engine.py::test_the_workshop_works_on",
    "./lab test --engines 20.10,podman": "tests/owner/test_every_engine.py::test_the_workshop_works_on",
    "./lab slides": "tests/browser/test_slides.py::talk",
    "./lab kit save class.kit": "tests/owner/test_kit.py::saved",
    "./lab kit load class.kit": "tests/owner/test_kit.py::away",
    "./lab clean --engine": f"{_EXISTING}an_engine_that_runs_is_used_and_left_as_it_was",
    "conda env create -f environment.yml": _CONDA,
    "conda run -n labhelpers --no-capture-output labhelpers up": _CONDA,
    "python notebooks/build.py 03": f"{_BUILD}a_name_chooses_and_an_unknown_one_is_wrong_use",
    "python notebooks/build.py --check": f"{_BUILD}check_shows_what_differs_and_writes_nothing",
    "python notebooks/build.py --no-execute": f"{_BUILD}check_without_executing_says_that_code_changed",
}


def fenced(page: Path) -> Iterator[tuple[str, str]]:
    """The blocks of a page: the language that it names, and the text."""
    for found in _FENCE.finditer(page.read_text()):
        yield found[1], found[2]


def commands(page: Path) -> Iterator[str]:
    """Every command of a page: each line of its shell blocks, and `./lab NAME …` in its sentences."""
    for language, text in fenced(page):
        if language == "sh":
            for line in text.replace("\\\n", "").splitlines():
                # Two spaces and more: what it does, said beside it.
                if command := re.split(r"\s{2,}", line.strip())[0]:
                    yield command
    yield from re.findall(r"`(\./lab [^`]*)`", _FENCE.sub("", page.read_text()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_known_here(page: Path) -> None:
    assert {language for language, _ in fenced(page)} <= {"sh", "text", "python", "json"}, "```sh or ```text?"
    known = {*HERE, *ELSEWHERE}
    # In a sentence, `./lab up` names a command that there is.
    names = {f"./lab {name}" for name in COMMANDS}
    unknown = {*commands(page)} - known - names
    assert not unknown, f"say in tests/test_documented.py which test runs it: {unknown}"
    for language, text in fenced(page):
        if language == "python":
            compile(text, page.name, "exec")


def test_nothing_is_said_about_commands_that_no_page_shows() -> None:
    shown = {command for page in PAGES for command in commands(page)}
    assert {*HERE, *ELSEWHERE} - shown == set()


@pytest.mark.parametrize("command", ELSEWHERE)
def test_the_test_that_runs_it_is_there(command: str) -> None:
    path, _, name = ELSEWHERE[command].partition("::")
    text = (ROOT / path).read_text()
    assert re.search(rf"^def {name}\(", text, re.M) if name else command in text


@dataclass(frozen=True)
class Desk:
    """A folder with what the pages' commands work on. `given`: what stands for their capitals."""

    folder: Path
    env: dict[str, str]
    given: dict[str, str]

    def start(self, command: str) -> subprocess.Popen[str]:
        """Start a command as a page shows it."""
        for name, value in self.given.items():
            command = command.replace(name, value)
        words = [str(ROOT / "lab") if word == "./lab" else word for word in shlex.split(command)]
        return subprocess.Popen(
            words,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )


@pytest.fixture(scope="module")
def desk(
    docker_env: dict[str, str], engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    image = f"documented-{uuid.uuid4().hex[:8]}"  # my-image may be there, and somebody's

    def docker(*words: str) -> None:
        subprocess.run(["docker", *words], cwd=folder, env=docker_env, check=True, capture_output=True)

    for version in ("1.0", "2.0"):
        (folder / "Dockerfile").write_text(
            f"FROM localhost:5005/lab/busybox:1\nRUN echo {version} > /version\n"
        )
        docker("build", "-q", "-t", f"{image}:{version}", ".")
    docker("save", "-o", f"{image}.tar", f"{image}:1.0")
    (folder / "class").mkdir()
    env = {**docker_env, "LABHELPERS_PROGRESS": str(folder / "class/progress.json")}
    given = {"my-image": image, "IMAGE": f"{image}:2.0", "[ID]": "03.find-fault", "ID": "03.find-fault"}
    yield Desk(folder, env, {**given, "DIR": "class"})
    docker("image", "rm", "-f", f"{image}:1.0", f"{image}:2.0")


@pytest.mark.engine
@pytest.mark.parametrize("command", HERE)
def test_it_does_what_the_page_says(command: str, desk: Desk) -> None:
    started = desk.start(command)
    if command.endswith("--serve"):
        assert started.stdout is not None
        while "http://" not in (line := started.stdout.readline()):
            assert line, "it ended"
        started.send_signal(signal.SIGINT)
    said, _ = started.communicate(timeout=300)
    # An exercise that nobody has done yet.
    assert started.returncode == (1 if "check" in command else 0), said


@pytest.mark.engine
@pytest.mark.parametrize("text", [text for language, text in fenced(PAGES[0]) if language == "python"])
def test_the_readme_s_lines_of_python_run(text: str, desk: Desk) -> None:
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=ROOT, env=desk.env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
