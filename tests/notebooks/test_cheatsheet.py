"""The cheat sheet: every command and flag on it is one that the docker command knows."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from labhelpers.cli import COMMANDS
from labhelpers.notebooks import convert
from labhelpers.slides.source import Source

_GROUPS = {"compose", "container", "image", "network", "system", "volume"}
_LIFE = "attach build commit create exec import kill load pull push restart rm rmi run save search start stop"


def _commands(text: str) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """The docker commands of a text: (words of the command, its flags)."""
    for said in re.findall(r"\bdocker ([a-z][^`\n>|]*)", text.replace("\\\n", "")):
        words = re.sub(r"^compose -f \S+", "compose", said).split()
        deep = 2 if words[0] in _GROUPS else 1
        flags = set()
        for word in words[deep:]:
            if word.startswith("-") and len(word) > 1:
                flags.add(word.split("=")[0])
            elif re.fullmatch(r"[A-Z]+(:1\.0)?|localhost:.*", word):
                break  # what follows the image belongs to its own command
        yield tuple(words[:deep]), flags


def _text() -> str:
    source = convert.read_source(Source("cheatsheet").text.read_text(encoding="utf-8"), stem="cheatsheet")
    return "\n".join(cell.source for cell in source.cells)


def test_the_commands_of_a_container_s_life_are_on_it() -> None:
    assert {*_LIFE.split()} - {words[0] for words, _ in _commands(_text())} == set()


def test_the_workshop_s_commands_on_it_exist() -> None:
    assert {*re.findall(r"\./lab (\w+)", _text())} <= {*COMMANDS}


@pytest.mark.engine
def test_docker_knows_every_command_and_flag_on_it(docker_env: dict[str, str]) -> None:
    flags: dict[tuple[str, ...], set[str]] = {}
    for words, given in _commands(_text()):
        flags.setdefault(words, set()).update(given)
    # Flags of `docker run` stand in a table of their own.
    table = _text().split("docker run FLAGS")[1].split("\n\n")[0]
    flags["run",] |= {*re.findall(r"`(--?[a-z]+)", table)}
    unknown = []
    for words, given in flags.items():
        asked = ["docker", *words, "--help"]
        done = subprocess.run(asked, env=docker_env, capture_output=True, text=True, timeout=60)
        if done.returncode or f"docker {' '.join(words)}" not in done.stdout:
            unknown.append(" ".join(words))
        known = {"--help", *re.findall(r"(?<!\S)--?[a-z][a-z-]*", done.stdout)}
        unknown += [f"{' '.join(words)} {flag}" for flag in given if not _known(flag, known)]
    assert unknown == []


def _known(flag: str, known: set[str]) -> bool:
    """Whether help names this flag, or each letter of several short ones (`-it`)."""
    return flag in known or (flag[1] != "-" and all(f"-{letter}" in known for letter in flag[1:]))
