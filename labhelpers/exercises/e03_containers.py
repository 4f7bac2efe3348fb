"""Notebook 03: find the fault, two copies, inspect, clean up."""

from __future__ import annotations

from typing import Any

from labhelpers.exercises.model import Look, Verdict, blank, exercise
from labhelpers.exercises.seen import Container

SITE = "localhost:5005/lab/site:1.0"
FIRST, SECOND = 8313, 8314
# The lesson's own containers, which are no attempt at an exercise.
_LESSON = {"web-03", "wrong-03"}


@exercise(
    "03.find-fault",
    title="Find the fault",
    goal="Mend the command, and run it with your name.",
    success="A container started from `lab/site:1.0` runs in the background, and <http://127.0.0.1:8313> shows "
    "your name.",
    hints=(
        "The message tells which word was taken for the image. Everything that belongs to a flag needs its flag "
        "in front.",
        "Step 2 has one of the faults, and step 3 the others. Compare with the command that worked, word by word.",
        '"The container name is already in use"? An earlier attempt still has it: `docker rm -f mysite-03`, then '
        "run again.",
    ),
    solution='docker run -d --name mysite-03 -p 127.0.0.1:8313:80 -e AUTHOR="Grace" \\\n'
    "  localhost:5005/lab/site:1.0",
    wrong={
        "no-port": "Look at the column PORTS in `docker ps`. A port is published when the container is created: "
        "remove it, and run it again with `-p`.",
        "ports-reversed": "Outside first, inside last: on the left of `-p` stands your machine's port, 8313, and on "
        "the right the port at which the server listens inside, 80.",
        "built-in-name": "The image is to stay as it is. Run `lab/site:1.0` itself, and pass the name when you start "
        "the container, with `-e`.",
        "exited": "`docker logs` shows what it said, and `docker ps -a` with which code it ended. Then remove it, and "
        "run it again with `-d`, and no command after the image's name.",
        "port-held": "An earlier container still has port 8313. Remove both with `docker rm -f`, and run again.",
    },
)
def find_fault(look: Look) -> Verdict:
    """Port 8313 of this machine leads to a container of lab/site:1.0, whose page shows the name it was given."""
    site = look.image(SITE)
    if site is None:
        return look.not_yet(f"The image {SITE} is not in the engine yet.", "Step 2 pulls it.")
    every = [one for one in look.containers() if one.name not in _LESSON]
    found = _holder(every, FIRST)
    if found is None:
        return _not_reached(look, every, site)
    look.made(found.created, f"the container {found.name}")
    verdict = _held(look, found, site)
    waiting = [one for one in every if one.state == "created" and FIRST in _outside(one)]
    if waiting and verdict.state == "not yet" and not look.old:
        # What was tried last could not start; the one that holds the port is none that would do.
        return look.wrong("port-held", f"{waiting[0].name} could not start: {found.name} holds port {FIRST}.")
    return verdict


def _held(look: Look, found: Container, site: dict[str, Any]) -> Verdict:
    """A running container has the port: is it the right one?"""
    if _inside(found, FIRST) != 80:
        return look.wrong(
            "ports-reversed", f"Port {FIRST} leads to port {_inside(found, FIRST)} of {found.name}."
        )
    if found.image_id != site["Id"]:
        if _built_on(look, found, site):
            return look.wrong("built-in-name", f"{found.name} runs {found.image}, an image of its own.")
        return look.not_yet(
            f"Port {FIRST} leads to {found.name}, which runs {found.image}.",
            f"The image is {SITE}, with its tag.",
        )
    author = found.env.get("AUTHOR", "").strip()
    if not author or author in _image_env(site) or author.strip('"').lower() in ("your name", "…"):
        return look.not_yet(
            f"{found.name} answers at port {FIRST}, without a name of yours.", "`-e AUTHOR=…` sets it."
        )
    page = look.visit(f"http://127.0.0.1:{FIRST}")
    if author not in page:
        return look.not_yet(
            f"{found.name} runs, but its page does not show {author} yet.", "Look at its log."
        )
    return look.passed(f"http://127.0.0.1:{FIRST} shows the name {author}, from {found.name}.")


def _not_reached(look: Look, every: list[Container], site: dict[str, Any]) -> Verdict:
    """Nobody holds the port: what became of the attempt, if there was one."""
    tried = [
        one
        for one in every
        if (one.image_id == site["Id"] or _built_on(look, one, site)) and SECOND not in _outside(one)
    ]
    if not tried:
        return look.not_yet(
            "No container of lab/site was started for this exercise yet.", "Mend the command above."
        )
    found = tried[0]
    if FIRST in [inside for _, _, inside in found.ports]:
        return look.wrong(
            "ports-reversed", f"{found.name} publishes its own port {FIRST}, where nobody listens."
        )
    if found.state == "created" and FIRST in _outside(found):
        return look.cannot(
            f"{found.name} could not start: another program of this machine uses port {FIRST}.",
            f"End that program (ss -ltnp 'sport = :{FIRST}' shows it), then run `docker rm -f {found.name}` and "
            "your command again.",
        )
    if not found.running:
        return look.wrong("exited", f"{found.name} has ended, with exit code {found.exit_code}.")
    if not found.ports:
        return look.wrong("no-port", f"{found.name} runs, but none of its ports is published.")
    return look.not_yet(
        f"{found.name} runs, at port {found.ports[0][1]} of your machine.",
        f"The exercise asks for port {FIRST}.",
    )


@exercise(
    "03.two-copies",
    title="Two copies",
    goal="Start a second container from the same image, beside the first.",
    success="<http://127.0.0.1:8313> and <http://127.0.0.1:8314> both answer, from two containers of one image.",
    hints=(
        "Two containers cannot have the same name, nor the same port of your machine. Inside, both may listen on "
        "80: each has a network of its own.",
        "Nothing has to be built or pulled again: the image is the blueprint of as many containers as you like.",
    ),
    solution='docker run -d --name mysite2-03 -p 127.0.0.1:8314:80 -e AUTHOR="Grace, again" \\\n'
    "  localhost:5005/lab/site:1.0",
    wrong={
        "same-port": "A port of your machine leads to one container only. Remove the second with `docker rm -f`, and "
        "run it again with 8314 on the left of `-p`.",
        "second-image": "Compare the column IMAGE in `docker ps`: a copy needs no image of its own. Remove it, and "
        "run `lab/site:1.0` a second time.",
        "one-container": "Two ports lead to one container. `docker ps` has to show two: run the image a second time.",
    },
)
def two_copies(look: Look) -> Verdict:
    """Ports 8313 and 8314 lead to two containers of one image, and both answer."""
    every = [one for one in look.containers() if one.name not in _LESSON]
    first, second = _holder(every, FIRST), _holder(every, SECOND)
    if first is None:
        return look.not_yet(f"No container answers at port {FIRST}.", "Do the exercise above first.")
    if second is None:
        failed = [one for one in every if one.state == "created" and FIRST in _outside(one)]
        if failed:
            return look.wrong(
                "same-port", f"{failed[0].name} could not start: {first.name} has port {FIRST}."
            )
        return look.not_yet(f"{first.name} answers at port {FIRST}; at {SECOND} there is none yet.")
    look.made(first.created, f"the container {first.name}")
    look.made(second.created, f"the container {second.name}")
    if first.id == second.id:
        return look.wrong("one-container", f"Ports {FIRST} and {SECOND} both lead to {first.name}.")
    if first.image_id != second.image_id:
        return look.wrong(
            "second-image", f"{first.name} runs {first.image}, {second.name} runs {second.image}."
        )
    if look.image_id(SITE) != first.image_id:
        return look.not_yet(f"Both run {first.image}.", f"The image of this exercise is {SITE}.")
    for one, port in ((first, FIRST), (second, SECOND)):
        if not look.visit(f"http://127.0.0.1:{port}").startswith("Hello"):
            return look.not_yet(
                f"{one.name} runs, but port {port} shows no page.", "Look at PORTS in `docker ps`."
            )
    return look.passed(f"{first.name} and {second.name} both answer, from one image.")


@exercise(
    "03.inspect",
    title="Inspect",
    goal="Answer three questions, each with one command.",
    success="You have the exit code of `broken-03`, the file that it missed, and, from inside `web-03`, the folder "
    "that its server shows (`ls /var`).",
    hints=(
        "What it printed is in its log, also after its end. How it ended stands in `docker ps -a`, and under "
        "`.State.ExitCode` in `docker inspect`.",
        "`docker exec` needs a container that runs: `web-03` does, `broken-03` does not.",
    ),
    solution="docker wait broken-03\ndocker logs broken-03\ndocker exec web-03 ls /var",
    wrong={
        "ran-again": "It ran more than once, so its log is no longer that of the failure. Remove it with "
        "`docker rm -f`, run the cell that makes `broken-03` again, and this time only read.",
        "another-log": "Name `broken-03` itself in `docker logs` and `docker inspect`, and read again.",
    },
)
def inspect(look: Look, exit_code: Any = None, missing_file: Any = None, folder: Any = None) -> Verdict:
    """The three answers are those of the real containers, and broken-03 was left as it was found."""
    broken = look.container("broken-03")
    if broken is None:
        return look.not_yet(
            "There is no container broken-03.", "Run the cell that makes it, above the exercise."
        )
    log = look.docker("logs", "broken-03") + _errors(look, "broken-03")
    again = [one.name for one in look.containers() if one.raw["Config"]["Cmd"] == broken.raw["Config"]["Cmd"]]
    if log.count("can't open") > 1 or len(again) > 1:
        return look.wrong("ran-again", f"{' and '.join(sorted(again))} ran, more than once in all.")
    given = {"exit_code": exit_code, "missing_file": missing_file, "folder": folder}
    if empty := [name for name, value in given.items() if blank(value)]:
        return look.not_yet(f"Not filled in yet: {', '.join(empty)}.")
    if str(exit_code).strip() != str(broken.exit_code):
        others = [
            one.name for one in look.containers("name=-03$") if str(one.exit_code) == str(exit_code).strip()
        ]
        found = f"{exit_code} is not the exit code of broken-03"
        if others and not broken.running:
            return look.wrong("another-log", f"{found}, but that of {', '.join(sorted(others))}.")
        return look.not_yet(f"{found}.", "Look at `.State.ExitCode`.")
    named = str(missing_file).strip().strip("'\"")
    if not named.startswith("/") or f"'{named}'" not in log:
        return look.wrong("another-log", f"broken-03 said nothing of a file {named}.")
    web = look.container("web-03")
    if web is None or not web.running:
        return look.not_yet("web-03 does not run.", "Step 5 starts it again.")
    shown = "/var/" + str(folder).strip().strip("'\"").rstrip("/").removeprefix("/").removeprefix("var/")
    if shown not in [f"/var/{name}" for name in look.docker("exec", "web-03", "ls", "/var").split()]:
        return look.not_yet(
            f"web-03 has no folder {folder}.", "`docker exec web-03 ls /var` shows what it has."
        )
    if "index.html" not in look.docker("exec", "web-03", "ls", shown).split():
        return look.not_yet(f"The page is not in {shown}.", "Look into each folder of `/var`, from inside.")
    return look.passed(f"broken-03 ended with {broken.exit_code} for want of {named}; web-03 shows {shown}.")


@exercise(
    "03.clean-up",
    title="Clean up",
    goal="Remove the two that carry the label `lesson=cleanup-03`, with one command or several.",
    success="`task1-03` and `task2-03` are removed, not only stopped, and `keep-03` is still there.",
    hints=(
        "One of the two still runs. `prune` leaves running containers alone, and `docker rm` refuses them without "
        "`-f`.",
        "`docker ps -aq --filter label=lesson=cleanup-03` prints the ids of exactly these two. `$(…)` puts what a "
        "command prints into another command.",
    ),
    solution="docker rm -f $(docker ps -aq --filter label=lesson=cleanup-03)",
    wrong={
        "stopped-only": "A stopped container is still there, with its name and its files: `docker ps -a` shows it. "
        "`docker rm` removes it.",
        "removed-other": "`keep-03` does not carry the label, so it was to stay. Run the cell above again: it makes "
        "what is missing. Then go by the label.",
    },
)
def clean_up(look: Look) -> Verdict:
    """Only the two containers with the label are gone."""
    keep = look.container("keep-03")
    left = look.containers("name=^task[12]-03$")
    if keep is None:
        if len(left) == 2:
            return look.not_yet(
                "There is no keep-03.", "Run the cell above the exercise: it makes three containers."
            )
        return look.wrong("removed-other", "keep-03 is not there.")
    if not left:
        return look.passed("task1-03 and task2-03 are gone, and keep-03 is still there.")
    if any(one.name == "task1-03" and not one.running for one in left):
        return look.wrong("stopped-only", "task1-03 is stopped, and not removed.")
    return look.not_yet(f"Still there: {' and '.join(sorted(one.name for one in left))}.")


def _outside(one: Container) -> list[int]:
    return [outside for _, outside, _ in one.ports]


def _inside(one: Container, outside: int) -> int:
    return next(inside for _, port, inside in one.ports if port == outside)


def _holder(every: list[Container], port: int) -> Container | None:
    """The running container to which a port of this machine leads."""
    return next((one for one in every if one.running and port in _outside(one)), None)


def _image_env(image: dict[str, Any]) -> set[str]:
    """The values that an image itself sets."""
    return {entry.partition("=")[2] for entry in image["Config"].get("Env") or []}


def _built_on(look: Look, one: Container, image: dict[str, Any]) -> bool:
    """Whether a container's image was made from `image`: it begins with the same layers."""
    own = look.image(one.image_id)
    layers = image["RootFS"]["Layers"]
    return own is not None and own["Id"] != image["Id"] and own["RootFS"]["Layers"][: len(layers)] == layers


def _errors(look: Look, name: str) -> str:
    """What a container printed to its standard error."""
    raw: bytes = look.engine.api.containers.get(name).logs(stdout=False, stderr=True)
    return raw.decode(errors="replace")
