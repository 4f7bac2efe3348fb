"""What the checks of notebook 07 ask of the project lecture-07: its file, its containers, its counter."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from labhelpers.compose import Model, compose_files, in_short, read_model
from labhelpers.errors import ProcessError, UsageError
from labhelpers.exercises.model import Look, Verdict
from labhelpers.exercises.seen import Container

NAME, FOLDER, PORT = "lecture-07", "work/07/lecture", 8317
_PAGE = f"http://127.0.0.1:{PORT}"
_UP = f"In `{FOLDER}`: `docker compose up -d --wait`."
_SERVICE = "com.docker.compose.service"


def file_model(look: Look) -> Model | Verdict:
    """What the learner's file says, or what is wrong with it."""
    try:
        files = compose_files(look.folder / FOLDER)
    except UsageError:
        return look.not_yet(f"There is no compose.yaml in {FOLDER} yet.", "The cell above writes it.")
    chosen = [word for file in files for word in ("-f", str(file))]
    try:
        model = read_model(look.docker("compose", *chosen, "config", "--format", "json"))
    except ProcessError as refused:
        said = in_short(refused.found)
        if re.search(r"build\W.*(?i:additional propert).*image", said):
            return look.wrong("image-under-build", f"Compose does not accept the file: {said}.")
        return look.not_yet(f"Compose does not accept the file: {said}.", "Its message says where to look.")
    if model.name != NAME:
        return look.not_yet(
            f"The project is called {model.name}.", f"Its first line is to be `name: {NAME}`."
        )
    return model


def containers_of(look: Look) -> list[Container]:
    """All containers of the project."""
    return look.containers(f"label=com.docker.compose.project={NAME}")


def service_of(container: Container) -> str:
    """The service that a container belongs to."""
    return container.labels.get(_SERVICE, container.name)


def policy_of(container: Container) -> str:
    """The name of a container's restart policy, or "" for none."""
    return str(container.raw["HostConfig"].get("RestartPolicy", {}).get("Name", ""))


def doors_of(every: list[Container]) -> list[Container]:
    """Those at which the project's port arrives."""
    return [one for one in every if one.running and PORT in [outside for _, outside, _ in one.ports]]


def copies_of(every: list[Container]) -> list[Container]:
    """The containers of the service that has most of them."""
    by_service: dict[str, list[Container]] = {}
    for one in every:
        by_service.setdefault(service_of(one), []).append(one)
    return max(by_service.values(), key=len, default=[])


def redis_of(look: Look) -> Container | Verdict:
    """The container of the project in which a Redis server is the main process."""
    for one in containers_of(look):
        if "redis-server" in " ".join([one.raw.get("Path", ""), *(one.raw.get("Args") or [])]):
            look.made(one.created, f"the container {one.name}")
            return one
    return look.not_yet(f"No Redis of {NAME} was started yet.", _UP)


def why_not_counting(look: Look, every: list[Container], model: Model) -> Verdict | None:
    """None if the page counts, else why it does not."""
    doors = doors_of(every)
    if not doors:
        if held := [
            one for one in every if one.state == "created" and PORT in [port for _, port, _ in one.ports]
        ]:
            return look.cannot(
                f"{held[0].name} could not start: something else has port {PORT} of this machine.",
                f"End that (`ss -ltnp 'sport = :{PORT}'` shows it), then start the project again.",
            )
        if ended := [one for one in every if one.state == "exited"]:
            code = ended[0].exit_code
            return look.not_yet(
                f"{service_of(ended[0])} has ended, with exit code {code}.", "Look at its log."
            )
        return look.wrong("port-closed", f"No container of {NAME} has port {PORT} of your machine.")
    look.made(doors[0].created, f"the container {doors[0].name}")
    first = _number(look)
    second = None if first is None else _number(look)
    if first is not None and second is not None:
        return (
            None if second > first else look.not_yet("The page shows a number that stays.", "It is to count.")
        )
    log = look.docker("compose", "-p", NAME, "logs", "--no-color", "--tail", "80")
    if asked := re.findall(r"connecting to ([\w.-]+):\d+", log):
        if asked[-1] not in {service.name for service in model.services}:
            return look.wrong(
                "service-name", f"The application asks for {asked[-1]}, and no service is called so."
            )
        return look.not_yet(
            f"The application does not reach {asked[-1]}.", "Is it up? `docker compose ps -a`."
        )
    _, _, inside = doors[0].ports[0]
    service, heard = service_of(doors[0]), _listens_at(look, doors[0])
    if heard is not None and (not heard or inside in heard):
        at = f"listens at port {inside}" if heard else "runs, listens at no port"
        return look.not_yet(
            f"{service} {at}, and shows no page.",
            f"It may be starting: check again in a moment. Its log: `docker compose logs {service}`.",
        )
    return look.wrong("port-closed", f"Port {PORT} leads to port {inside} of {service}: no page there.")


def _number(look: Look) -> int | None:
    """The number at the end of the page; None where there is no such page."""
    found = re.search(r"\d+$", look.visit(_PAGE))
    return int(found.group()) if found else None


def _listens_at(look: Look, container: Container) -> set[int] | None:
    """The ports at which others can reach a container, None where it has no `cat` to tell."""
    try:
        # The kernel's own table, with addresses and ports in hexadecimal; 0A: it listens.
        table = look.docker("exec", container.name, "cat", "/proc/net/tcp", "/proc/net/tcp6")
    except ProcessError:
        return None
    found = re.findall(r"^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A ", table, re.MULTILINE)
    # 127.0.0.… and ::1 are the container's own; there the engine's server for names listens, too.
    return {int(port, 16) for address, port in found if not re.search("00007F$|^0{24}01000000$", address)}


def visits_of(look: Look, redis: Container) -> tuple[int, int]:
    """What the count is, and how often this Redis has counted since it was started."""
    held = look.docker("exec", redis.name, "redis-cli", "get", "visits").strip()
    stats = look.docker("exec", redis.name, "redis-cli", "info", "commandstats")
    calls = re.search(r"cmdstat_incr:calls=(\d+)", stats)
    return int(held or 0), int(calls.group(1)) if calls else 0


def made_at(look: Look, kind: str, name: str, key: str) -> float:
    """When a volume or a network was made, in seconds since the epoch."""
    when: Any = look.docker(kind, "inspect", "--format", f"{{{{.{key}}}}}", name).strip()
    text = re.sub(r"(\.\d{6})\d*", r"\1", when).replace(" UTC", "").replace("Z", "+00:00")
    text = re.sub(r" ([+-]\d\d):?(\d\d).*", r"\1:\2", text)
    return datetime.fromisoformat(text).timestamp()


def passes_anywhere(look: Look, redis: Container, test: list[str]) -> bool:
    """Whether a health check passes in a container of the same image in which nothing else runs."""
    words = ["sh", "-c", *test[1:]] if test[0] == "CMD-SHELL" else test[1:]
    try:
        look.once("--entrypoint", "timeout", redis.image, "5", *words)
    except ProcessError:
        return False
    return True
