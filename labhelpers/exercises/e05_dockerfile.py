"""Notebook 05: ENTRYPOINT or CMD, repair the lecture, what was sent. (Data at run time: e05_data.)"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from labhelpers.exercises.built import built
from labhelpers.exercises.model import Look, Verdict, exercise
from labhelpers.exercises.trial import Trial, short, try_image
from labhelpers.owners import temporary
from labhelpers.sources import default_cache, open_image
from labhelpers.units import human

CLI, LECTURE, SENT, REPORT = "cli-05:1.0", "lecture-05:1.0", "sent-05:1.0", "report-05:1.0"
_SHELL = ["/bin/sh", "-c"]
_MOST_SENT = 100_000  # bytes
_ENDLESS = "It was started, and did not end by itself within a few seconds."


def _start(image: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What an image starts: (ENTRYPOINT, CMD), both as lists."""
    config = image["Config"]
    return list(config.get("Entrypoint") or []), list(config.get("Cmd") or [])


@exercise(
    "05.entrypoint",
    title="ENTRYPOINT or CMD",
    goal="Make `cli-05:1.0` a command-line tool: the names after the image name are greeted, and without a name it "
    "greets the world.",
    success="`docker run --rm cli-05:1.0 Ada Grace` prints `Hello Ada Grace`, and `docker run --rm cli-05:1.0` prints "
    "`Hello world`.",
    hints=(
        "Which of the two instructions stays when words follow the image name? The last row of the table has both.",
        "The program is `python greet.py`, and belongs into ENTRYPOINT. The default argument is `world`.",
        'Both as JSON lists: `["…", "…"]`. In the shell form the words after the image name reach nobody.',
    ),
    solution='ENTRYPOINT ["python", "greet.py"]\nCMD ["world"]',
    wrong={
        "cmd-only": "The words after the image name replace CMD, so the engine looks for a program called like the "
        "first name. Which instruction stays?",
        "shell-form": "`docker inspect` shows that `/bin/sh -c` is started, and the words after the image name are "
        "given to that shell, not to your program. Write ENTRYPOINT as a JSON list.",
        "baked-in": "A name stands in ENTRYPOINT, so it is greeted every time. ENTRYPOINT holds the program; a default "
        "argument stands in CMD.",
        "no-default": "With names it works. Without one the program prints its usage: CMD is the place for what it gets "
        "when nobody gives anything.",
    },
)
def entrypoint(look: Look) -> Verdict:
    """Two names that nobody could have written into the image are greeted; without a name, the world is."""
    image = built(look, CLI)
    if image is None:
        return look.not_yet(f"There is no image {CLI} yet.", "The cell above builds it.")
    program, arguments = _start(image)
    if not program:
        return look.wrong("cmd-only", f"It has no ENTRYPOINT, and CMD is {arguments}.")
    names = [f"guest{secrets.token_hex(2)}", f"guest{secrets.token_hex(2)}"]
    named = try_image(look, CLI, *names, number="05")
    if named.refused or named.endless:
        return look.not_yet(named.refused or _ENDLESS, f"It starts {program}: is every word of it right?")
    greeted = named.output.removeprefix("Hello ").split()
    if greeted != names:
        if program[:2] == _SHELL and not set(names) & set(greeted):
            return look.wrong("shell-form", f"With two names it printed: {short(named)}.")
        if named.status == 0 and greeted[-2:] == names:
            return look.wrong("baked-in", f"With two names it printed: {short(named)}.")
        return look.not_yet(
            f"With the names {' and '.join(names)} it printed: {short(named)}.",
            "Compare with the table above.",
        )
    alone = try_image(look, CLI, number="05")
    if alone.output != "Hello world":
        return look.wrong("no-default", f"Without a name it printed: {short(alone)}.")
    return look.passed("It greets the names that it is given, and the world where it is given none.")


@exercise(
    "05.repair",
    title="Repair the lecture",
    goal="Mend the Dockerfile until it does what the slide intended, and keep what it has: ENV, both files, port, "
    "WORKDIR, USER.",
    success="`lecture-05:1.0` prints `HELLO`, and with `-e MYVAR=other` it prints `other`; it runs as `MYUSER`.",
    hints=(
        "Run it, read the message, mend that one thing, run again. Five faults wait in a row, and each hides the next.",
        "USER names a user and creates none: `RUN useradd NAME`, before that line. Paths and commands are lower case.",
        "A JSON list has straight quotes. With others it is no list, and silently becomes the shell form.",
        "`bash WORD` takes WORD for a script. `bash -c 'COMMAND'` runs a command line, given as one word.",
        'Variables are expanded by a shell, so the shell must see them: `["/bin/bash", "-c"]` with '
        '`["echo ${MYVAR}"]`.',
    ),
    solution='RUN useradd --create-home MYUSER\nUSER MYUSER\nENTRYPOINT ["/bin/bash", "-c"]\nCMD ["echo ${MYVAR}"]\n\n'
    "docker build -f Dockerfile -t lecture-05:1.0 .\ndocker run --rm lecture-05:1.0",
    wrong={
        "tag": "A name without a tag means `:latest`, in `docker build -t` and in `docker run`. Build and run it as "
        "`lecture-05:1.0`.",
        "user": "USER says who runs, and creates nobody. Add `RUN useradd MYUSER` before it.",
        "case": "Linux tells upper from lower case: there is no /BIN/BASH, and no command ECHO. Look for words in "
        "capitals that name programs.",
        "quotes": "Look at the quotes of that line: curly ones are no JSON, so the whole line became a command for "
        "`/bin/sh -c`. Type straight ones.",
        "script": "`/bin/bash WORD` takes WORD for a script of shell commands, and `echo` is a program. "
        "`bash -c` takes a command line.",
        "not-expanded": "Nobody put the value in place of `${MYVAR}`: that takes a shell which sees the whole command "
        "line as one word. Write `echo ${MYVAR}` in one word, for `bash -c` or for the shell form.",
        "constant": "It prints the same, whatever MYVAR is. The value is to come from the environment when the "
        "container runs, so that `-e` can change it.",
        "root": "It runs as root. The slide has a line `USER MYUSER`, and it is a good one: give that user a place in "
        "the image instead of removing the line.",
    },
)
def repair(look: Look) -> Verdict:
    """The lecture's image prints what MYVAR is at run time, as MYUSER, and has kept all else of the slide."""
    image = built(look, LECTURE)
    if image is None:
        if look.image("lecture-05:latest") is not None:
            return look.wrong("tag", "There is an image lecture-05:latest, and no lecture-05:1.0.")
        return look.not_yet(f"There is no image {LECTURE} yet.", "The cell above builds it.")
    program, arguments = _start(image)
    value = f"hello-{secrets.token_hex(3)}"
    trial = try_image(look, LECTURE, number="05", env={"MYVAR": value})
    if fault := _fault(look, trial, [*program, *arguments]):
        return fault
    if trial.output != value:
        if trial.output == "HELLO":
            return look.wrong("constant", f"With MYVAR={value} it printed HELLO.")
        return look.not_yet(
            f"With MYVAR={value} it printed: {short(trial)}.", "It should print the value, no more."
        )
    config = image["Config"]
    user = str(config.get("User") or "")
    if user in ("", "0", "root"):
        return look.wrong("root")
    kept = {
        "MYUSER": user,
        "WorkingDir /WORKDIR": config.get("WorkingDir"),
        "EXPOSE 9000": config.get("ExposedPorts"),
    }
    wanted = {"MYUSER": "MYUSER", "WorkingDir /WORKDIR": "/WORKDIR", "EXPOSE 9000": {"9000/tcp": {}}}
    lost = [name for name in kept if kept[name] != wanted[name]]
    if "MYVAR=HELLO" not in (config.get("Env") or []):
        lost.append("ENV MYVAR")
    files = try_image(
        look,
        LECTURE,
        "-c",
        "cat /app/my-conf.txt /app/my-file.txt && id -un",
        number="05",
        entrypoint="/bin/sh",
    )
    if files.status:
        lost.append("the two files in /app")
    if lost:
        return look.not_yet(f"It prints the value, but lost: {', '.join(lost)}.", "Keep what the slide has.")
    return look.passed("It prints what MYVAR is, as MYUSER, and has all that the slide has.")


def _fault(look: Look, trial: Trial, words: list[str]) -> Verdict | None:
    """Which of the lecture's faults is left, in the order in which they show; None where it ran well."""
    if "unable to find user" in trial.refused or "no matching entries in passwd" in trial.refused:
        return look.wrong("user", "The engine found no such user in the image.")
    if trial.refused and any(word.isupper() and "/" in word for word in words):
        return look.wrong("case", "The engine found no such program.")
    line = " ".join(words)
    if any(quote in line for quote in "“”„‘’«»"):
        return look.wrong("quotes", f"What is started is: {line}.")
    if trial.status in (126, 127) and "ECHO" in line:
        return look.wrong("case", f"It printed: {short(trial)}.")
    if trial.refused or trial.endless:
        return look.not_yet(trial.refused or _ENDLESS, "`docker inspect` shows ENTRYPOINT and CMD.")
    if trial.status == 126 and "cannot execute binary" in trial.output:
        return look.wrong("script", f"It printed: {short(trial)}.")
    if trial.output == "${MYVAR}" or (not trial.output and not trial.status and "-c" in words):
        return look.wrong("not-expanded", f"It printed: {short(trial)}.")
    if trial.status:
        return look.not_yet(
            f"It ended with exit code {trial.status}, and printed: {short(trial)}.", "Read the message."
        )
    return None


@exercise(
    "05.sent",
    title="What was sent",
    goal="Keep the secret and the data at home, and build `sent-05:1.0`.",
    success="The context that `COPY . .` can reach is smaller than 100 kB and holds no `.env`; `sent-05:1.0` still knows "
    "its words, and none of its layers holds the secret.",
    hints=(
        "The file is called `.dockerignore`, with the dot, and lies beside the Dockerfile in `work/05/sent`.",
        "One pattern a line: a file's name, or a folder's. What the program needs must stay: `app.sh`, `words.txt`.",
        "Then build, with the tag: `docker build -t sent-05:1.0 .` in that folder.",
    ),
    solution="cat > .dockerignore <<'END'\n.env\ndata\nEND\ndocker build -t sent-05:1.0 .",
    wrong={
        "ignored-too-much": "`COPY . .` no longer finds what the program needs: `app.sh` and `words.txt`. Look at the "
        "patterns: `*` matches all, and an exclamation mark before a name takes it back.",
        "env-sent": "The file `.env` is still sent. Write its name on a line of its own in `.dockerignore`.",
        "still-large": "The secret stays at home; what is large does not. `du -a work/05/sent` shows where it is.",
        "secret-in-layer": "The context is clean, but the image is not: a layer still holds `.env`, even if a later one "
        "removed it. Build it again with the new `.dockerignore`, and without copying the file.",
    },
)
def sent(look: Look) -> Verdict:
    """What BuildKit sends for a COPY of everything is small and clean, and so is the image that was built."""
    folder = look.folder / "work/05/sent"
    if not (folder / "Dockerfile").is_file():
        return look.not_yet("There is no project in work/05/sent yet.", "The cell of this step makes it.")
    with temporary() as kept:
        reached = _reached(look, folder, kept)
    total = sum(reached.values())
    if ".env" in {Path(name).name for name in reached}:
        return look.wrong("env-sent", f"{human(total)} are sent, and .env is among them.")
    if missing := sorted({"app.sh", "words.txt"} - set(reached)):
        return look.wrong("ignored-too-much", f"{' and '.join(missing)} stay at home.")
    if total >= _MOST_SENT:
        largest = max(reached, key=lambda name: reached[name])
        return look.wrong("still-large", f"{human(total)} are sent; the largest file is {largest}.")
    if built(look, SENT) is None:
        return look.not_yet(
            f"The context is clean, with {human(total)}. There is no image {SENT} yet.", "Build it."
        )
    layers = open_image(f"docker-daemon:{SENT}", cache=default_cache()).layers
    if any(Path(entry.path).name == ".env" for layer in layers for entry in layer.index.entries()):
        return look.wrong("secret-in-layer")
    trial = try_image(look, SENT, number="05")
    if "3 words" not in trial.output:
        return look.not_yet(f"{SENT} printed: {short(trial)}.", "It should know its three words.")
    return look.passed(f"{human(total)} are sent, without the secret, and the image works.")


def _reached(look: Look, folder: Path, scratch: Path) -> dict[str, int]:
    """The files that `COPY . /` gets from a context, with their sizes in bytes: BuildKit's own answer."""
    recipe, out = scratch / "everything.Dockerfile", scratch / "out"
    recipe.write_text("FROM scratch\nCOPY . /\n")
    where = f"type=local,dest={out}"
    tried = "ask the builder what is sent"
    look.docker("build", "-q", "-f", str(recipe), "--output", where, str(folder), tried=tried)
    files = [path for path in out.rglob("*") if path.is_file()]
    return {path.relative_to(out).as_posix(): path.stat().st_size for path in files}
