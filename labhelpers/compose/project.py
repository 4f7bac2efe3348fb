"""One Compose project: its file, and the commands of `docker compose` for it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from labhelpers.compose.model import Model, State, read_model, read_states
from labhelpers.compose.picture import Picture
from labhelpers.compose.trouble import explain
from labhelpers.errors import ComposeError, ProcessError, UsageError
from labhelpers.labels import COMPOSE_PROJECT
from labhelpers.process import Runner, run, stream

# What Compose looks for in a folder, in its order; the second of each pair is merged over the first.
_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LOG_LINES = 8


class Project:
    """A folder with a Compose file, or the file itself.

    Every method stands for one `docker compose …` command; `command` shows it. Errors are ComposeErrors,
    with Compose's own words. `env` is added to the environment of the commands.
    """

    def __init__(self, path: str | Path = ".", *, env: Mapping[str, str] | None = None, run: Runner = run):
        self.files = compose_files(Path(path))
        self._env = env
        self._run = run

    def __repr__(self) -> str:
        return f"Project({str(self.files[0])!r})"

    def command(self, *words: str) -> str:
        """The command that a method stands for, as one types it."""
        return shlex.join(self._argv(*words))

    def config(self) -> Model:
        """What the file says, checked and completed. Stands for `docker compose config`.

        Raises ComposeError when Compose does not accept the file.
        """
        return read_model(self._do("read", "config", "--format", "json"))

    def ps(self) -> list[State]:
        """The containers of the project, stopped ones too. Stands for `docker compose ps --all`."""
        return read_states(self._do("look at", "ps", "--all", "--format", "json"))

    def picture(self) -> Picture:
        """Services, networks, volumes and ports as a picture, with the state that each service is in."""
        return Picture(self.config(), self.ps(), self.command("config"))

    def up(
        self, *, wait: float = 120, build: bool = False, keep: bool = False, scale: Mapping[str, int] = {}
    ) -> Picture:
        """Start everything and wait until it runs and is healthy. Stands for `docker compose up -d --wait`.

        `wait`: seconds. Raises ComposeError, with the log of what did not come up; then what this call made
        is removed again, unless `keep` is true.
        """
        model = self.config()
        before = bool(self.ps()) or bool(self._volumes(model))
        words = [f"--scale={service}={number}" for service, number in scale.items()]
        words += ["--build"] * build
        argv = self._argv("up", "--detach", "--wait", f"--wait-timeout={wait:.0f}", *words)
        try:
            self._run(argv, tried=f"start {model.name}", env=self._env, timeout=wait + 600)
        except ProcessError as error:
            trouble = self._trouble(error, f"start {model.name}")
            if not before and not keep:
                self.down(volumes=True)
            raise trouble from error
        return self.picture()

    def scale(self, **services: int) -> Picture:
        """Have this many copies: `scale(web=3)`. Stands for `docker compose up -d --wait --scale web=3`."""
        return self.up(scale=services)

    def logs(self, *services: str, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        """The lines that services print; with `follow` as they come, until the caller stops reading."""
        words = [
            "--no-color",
            *(["--follow"] if follow else []),
            *([f"--tail={tail}"] if tail is not None else []),
        ]
        argv = self._argv("logs", *words, *services)
        tried = f"read the logs of {' and '.join(services) or 'the project'}"
        try:
            for line in stream(argv, tried=tried, env=self._env):
                yield _ANSI.sub("", line)
        except ProcessError as error:
            raise explain(error, tried, str(self.files[0])) from error

    def exec(self, service: str, *words: str) -> str:
        """Run a command in a service's running container, and return what it prints."""
        return self._do(
            f"run {words[0] if words else 'nothing'} in {service} of", "exec", "-T", service, *words
        )

    def down(self, *, volumes: bool = False) -> None:
        """Remove the project's containers and networks; volumes only if asked. `docker compose down`."""
        self._do("take down", "down", "--remove-orphans", *(["--volumes"] if volumes else []), timeout=300)

    def _argv(self, *words: str) -> list[str]:
        return ["docker", "compose", *(word for file in self.files for word in ("-f", str(file))), *words]

    def _do(self, what: str, *words: str, timeout: float = 120) -> str:
        tried = f"{what} {self.files[0]}"
        try:
            return self._run(self._argv(*words), tried=tried, env=self._env, timeout=timeout)
        except ProcessError as error:
            raise explain(error, tried, str(self.files[0])) from error

    def _volumes(self, model: Model) -> list[str]:
        """Volumes that the engine keeps for this project."""
        argv = ["docker", "volume", "ls", "-q", "--filter", f"label={COMPOSE_PROJECT}={model.name}"]
        return self._run(argv, tried="look for volumes", env=self._env).split()

    def _trouble(self, error: ProcessError, tried: str) -> ComposeError:
        """An error with the last words of each container that did not come up."""
        down = [state for state in self.ps() if not state.well]
        # What ended or is ill explains those that wait for it.
        down.sort(key=lambda state: state.state == "created")
        said = [self._last_words(state) for state in down if state.state != "created"]
        return explain(error, tried, str(self.files[0]), down=down, log="\n".join(filter(None, said)))

    def _last_words(self, state: State) -> str:
        if state.health and state.state == "running":
            form = "{{range .State.Health.Log}}{{json .Output}}\n{{end}}"
            argv = ["docker", "container", "inspect", "--format", form, state.container]
            checks = self._run(argv, tried="read a health check", env=self._env).split("\n")
            lines = [line for check in checks if check for line in str(json.loads(check)).splitlines()][-3:]
            return "\n".join([f"{state.service}, its health check:", *(f"  {line}" for line in lines)])
        lines = list(self.logs(state.service, tail=_LOG_LINES))
        return "\n".join(
            [f"{state.service}, its log:", *(f"  {line}" for line in lines or ["(it said nothing)"])]
        )


def compose_files(path: Path) -> tuple[Path, ...]:
    """The Compose files at a path, as Compose finds them in a folder. UsageError where there is none."""
    if not path.is_dir():
        return (path,) if path.is_file() else _nothing(path)
    found = [path / name for name in _NAMES if (path / name).is_file()]
    if not found:
        return _nothing(path)
    overrides = [
        p
        for p in (found[0].with_name(f"{found[0].stem}.override{end}") for end in (".yml", ".yaml"))
        if p.is_file()
    ]
    return (found[0], *overrides[:1])


def _nothing(path: Path) -> NoReturn:
    raise UsageError(
        f"find a Compose file at {path}",
        "there is none" if path.exists() else "there is no such file or folder",
        "Name a folder that holds a compose.yaml, or the file itself.",
    )
