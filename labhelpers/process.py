"""Running other programs: with a bound on time, their output kept, and an error for people when they fail."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from labhelpers.errors import LabError, ProcessError

_LOG_LINES = 15
_PATIENCE = 10.0  # seconds that a program is given to end by itself


class Runner(Protocol):
    """What `run` is, so that a test can hand in another."""

    def __call__(
        self,
        argv: Sequence[str],
        *,
        tried: str,
        fix: str = "",
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float | None = 60,
    ) -> str:
        """Run a program; see `run`."""


def tail(text: str, lines: int = _LOG_LINES) -> str:
    """The last lines of a log."""
    return "\n".join(text.rstrip().splitlines()[-lines:])


def run(
    argv: Sequence[str],
    *,
    tried: str,
    fix: str = "",
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    timeout: float | None = 60,
) -> str:
    """Run a program to its end and return its standard output.

    `env` is added to this process's environment. `timeout` is in seconds.
    Raises ProcessError with the end of its output when it cannot be started, fails, or takes too long.
    """
    command = tuple(map(str, argv))
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **env} if env else None,
            # Even without input of its own a program must not read the terminal: it would wait for ever.
            input=stdin or b"",
            capture_output=True,
            timeout=timeout,
        )
    except FileNotFoundError as missing:
        raise ProcessError(
            tried, f"the program {command[0]} is not there", fix, argv=command, status=127
        ) from missing
    except subprocess.TimeoutExpired as late:
        output = b"".join(part for part in (late.stdout, late.stderr) if part)
        raise ProcessError(
            tried,
            f"`{shlex.join(command[:3])} …` did not end within {timeout:g} s",
            fix,
            argv=command,
            status=124,
            log=tail(output.decode(errors="replace")),
        ) from late
    out = done.stdout.decode(errors="replace")
    if done.returncode:
        log = tail(out + done.stderr.decode(errors="replace"))
        last = log.splitlines()[-1].strip() if log else f"exit status {done.returncode}"
        raise ProcessError(tried, last, fix, argv=command, status=done.returncode, log=log)
    return out


def stream(
    argv: Sequence[str],
    *,
    tried: str,
    fix: str = "",
    env: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Run a program and yield its lines (standard output and error together) as they come.

    A consumer that stops early ends the program. Raises ProcessError when it fails.
    """
    command = tuple(map(str, argv))
    try:
        process = subprocess.Popen(
            command,
            env={**os.environ, **env} if env else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except FileNotFoundError as missing:
        raise ProcessError(
            tried, f"the program {command[0]} is not there", fix, argv=command, status=127
        ) from missing
    recent: list[str] = []
    assert process.stdout is not None
    try:
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip("\n")
            recent = [*recent[-_LOG_LINES:], line]
            yield line
        status = process.wait()
    finally:
        process.stdout.close()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    if status:
        log = "\n".join(recent)
        last = next((line.strip() for line in reversed(recent) if line.strip()), f"exit status {status}")
        raise ProcessError(tried, last, fix, argv=command, status=status, log=log)


def is_root() -> bool:
    """Whether this process may do everything on this machine."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def as_root(argv: Sequence[str]) -> list[str]:
    """The command as root runs it: as it is for root, through sudo for others.

    Raises LabError where there is no way to become root. Without a terminal sudo must not ask.
    """
    if is_root():
        return list(argv)
    if sudo := shutil.which("sudo"):
        return [sudo, *([] if sys.stdin.isatty() else ["-n"]), *argv]
    raise LabError(
        f"run {argv[0]} as root",
        "you are not root, and there is no sudo",
        "Ask the machine's administrator, or install Docker Engine, Docker Desktop or Podman.",
    )
