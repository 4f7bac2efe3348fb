"""Notebook 09: ship yours, run theirs."""

from __future__ import annotations

import re
from typing import Any

from labhelpers.analysis.changes import versions
from labhelpers.errors import UsageError
from labhelpers.exercises.built import built, layers_of
from labhelpers.exercises.model import Look, Verdict, blank, exercise, prediction
from labhelpers.exercises.seen import Container
from labhelpers.filetree.index import FILE
from labhelpers.sources import default_cache, open_image
from labhelpers.widgets.teammate import repository

HOST = "localhost:5005"
TAG = "1.0"
THEIRS = "theirs-09"
PORT = 8309
NOBODY = "nobody yet"
_LONGEST_PAGE = 1 << 20  # bytes that are read of a page


@exercise(
    "09.ship",
    title="Build and ship yours",
    goal="Build an image with your page, and with your name as the builder; then ship it.",
    success="The class registry holds `class/YOU-09:1.0`: its page has your mascot, says that you built it, and has "
    "the blank for whoever runs it.",
    hints=(
        "The Dockerfile starts from `localhost:5005/lab/site:1.0`, says `ARG BUILDER`, copies `page.html` to "
        "`/srv/template.html`, and ends with the `RUN sed …` that is given.",
        'The build: `docker build --build-arg BUILDER="$ME" -t localhost:5005/class/$ME-09:1.0 work/09`. The name '
        "behind `-t` says where `docker push` brings it.",
    ),
    solution="cat > work/09/Dockerfile <<'END'\nFROM localhost:5005/lab/site:1.0\n"
    'ARG BUILDER="nobody yet"\nCOPY page.html /srv/template.html\n'
    'RUN sed -i "s/@BUILDER@/$BUILDER/" /srv/template.html\nEND\n'
    'docker build --build-arg BUILDER="$ME" -t localhost:5005/class/$ME-09:1.0 work/09\n'
    "docker push localhost:5005/class/$ME-09:1.0",
    wrong={
        "no-registry-part": "A name without a registry leads to Docker Hub. Build with "
        "`-t localhost:5005/class/YOU-09:1.0`, or give the image this name with `docker tag`.",
        "no-tag": "Without a tag the name means `:latest`. Your teammate expects `:1.0`.",
        "not-pushed": "Your teammate sees what the registry has, and not what your engine has: `docker push`.",
        "no-page": "The server takes its page from `/srv/template.html`. Copy `page.html` to that place.",
        "no-name": "The name comes in with `--build-arg BUILDER=…`, and `ARG BUILDER` in the Dockerfile, above the "
        "`RUN`, takes it. Build and push again.",
        "runner-baked-in": "Who runs the page is not known yet. Leave `@AUTHOR@` in it: the server fills it in when "
        "a container starts.",
    },
)
def ship(look: Look, me: Any = None) -> Verdict:
    """The class registry holds what this engine built today, and the page in it is the learner's."""
    try:
        where = repository("" if blank(me) else me)
    except UsageError as error:
        return look.not_yet(error.found[:1].upper() + error.found[1:] + ": ME.", error.fix)
    name = f"{HOST}/{where}:{TAG}"
    here = built(look, name)
    if here is None:
        return _otherwise_named(look, where)
    shipped = _layers(look, where)
    if shipped is None:
        return look.wrong("not-pushed", f"{name} is in your engine only.")
    if shipped != layers_of(here):
        return look.wrong("not-pushed", f"Under {name} the registry has another image than your engine.")
    page = _template(name)
    if "Mascot: " not in page:
        return look.wrong("no-page", f"The page in {name} has no mascot.")
    builder = re.search(r"Built by: ([^<\n]*)", page)
    if builder is None or builder[1].strip() in ("", "@BUILDER@", NOBODY):
        return look.wrong("no-name", f"The page in {name} does not say who built it.")
    if builder[1].strip().lower() != str(me).lower():
        return look.not_yet(f"The page says that {builder[1]} built it.", f"Build it with BUILDER={me}.")
    if "Run by: @AUTHOR@" not in page:
        return look.wrong("runner-baked-in", f"The page in {name} has no blank for whoever runs it.")
    return look.passed(f"{name} is in the class registry, with your mascot, built by {me}.")


def _otherwise_named(look: Look, where: str) -> Verdict:
    """There is no image of the right name: of which name is there one?"""
    last = where.rpartition("/")[2]
    form = "{{.Repository}}:{{.Tag}}"
    every = look.docker("image", "ls", "--format", form).split()
    found = sorted(one for one in every if one.rpartition(":")[0].rpartition("/")[2] == last)
    if right := [one for one in found if one.startswith(f"{HOST}/{where}:")]:
        return look.wrong("no-tag", f"There is {right[0]}, and no {last}:{TAG}.")
    if found:
        return look.wrong("no-registry-part", f"{found[0]} does not lead to {HOST}/{where}.")
    return look.not_yet(f"There is no image {HOST}/{where}:{TAG} yet.")


def _layers(look: Look, where: str) -> list[str] | None:
    """The diff ids of what the class registry holds there, or None."""
    api = look.registry.api
    image = api.image(where, TAG)
    if image is None:
        return None
    return list((api.document(where, image.config.digest).get("rootfs") or {}).get("diff_ids") or ())


def _template(name: str) -> str:
    """The page as the image of the registry holds it, its blanks not filled in; "" where there is none."""
    image = open_image(f"docker://{name}", cache=default_cache())
    for one in versions(image, "srv/template.html"):
        if one.state == "final" and one.entry.kind == FILE:
            content = image.layers[one.content_layer].content.read(one.number, size=_LONGEST_PAGE)
            return content.decode(errors="replace")
    return ""


@exercise(
    "09.run",
    title="Run theirs",
    goal=f"Run your teammate's image as `{THEIRS}`, at port {PORT}, with your own name as the one who runs it.",
    success=f"<http://127.0.0.1:{PORT}> shows your teammate's mascot, your teammate's name (built by), and your name "
    "(run by).",
    hints=(
        "The image's whole name is `localhost:5005/class/MATE-09:1.0`. The server fills in the last blank from the "
        "variable `AUTHOR` of its container.",
        f"`-d`, `--name {THEIRS}`, `-p 127.0.0.1:{PORT}:80` (first your machine's port, then the container's), and "
        '`-e AUTHOR="$ME"`, all before the image\'s name.',
    ),
    solution="docker pull localhost:5005/class/$MATE-09:1.0\n"
    f'docker run -d --name {THEIRS} -p 127.0.0.1:{PORT}:80 -e AUTHOR="$ME" \\\n'
    "  localhost:5005/class/$MATE-09:1.0",
    wrong={
        "own-image": "Yours works: now run theirs. The image's name has your teammate's pseudonym in it.",
        "wrong-port": f"Look at PORTS in `docker ps`. Remove the container, and run it with `-p 127.0.0.1:{PORT}:80`.",
        "no-mascot": "What runs is not what the class registry has under your teammate's name. Pull it, remove the "
        "container, and run that image.",
        "no-builder": "A builder's name is set when the image is built: `-e` at its start cannot change it. Your "
        "teammate builds again with `--build-arg BUILDER=…`, pushes, and you pull.",
        "no-runner": 'Your name is set when the container starts. Remove it, and run it with `-e AUTHOR="$ME"`.',
    },
)
def run(look: Look, me: Any = None, mate: Any = None) -> Verdict:
    """The teammate's image of the registry runs here, and its page shows the three."""
    try:
        where = repository("" if blank(mate) else mate)
    except UsageError as error:
        return look.not_yet(error.found[:1].upper() + error.found[1:] + ": MATE.", error.fix)
    if blank(me) or me == mate:
        return look.not_yet("You and your teammate have two names.", "Look at ME and MATE in step 1.")
    shipped = _layers(look, where)
    if shipped is None:
        return look.not_yet(
            f"The class registry has no {where}:{TAG} yet.",
            "Step 4 says how your teammate's image gets there.",
        )
    one = look.container(THEIRS)
    if one is None:
        return look.not_yet(f"There is no container {THEIRS} yet.")
    if not one.running:
        return look.not_yet(f"{THEIRS} does not run: it is {one.state}.", f"`docker logs {THEIRS}` says why.")
    if fault := _port_fault(one):
        return look.wrong("wrong-port", fault)
    page = look.visit(f"http://127.0.0.1:{PORT}")
    if page.startswith(("No answer", "http://")):
        return look.not_yet(f"Nobody answers at port {PORT}.", f"`docker logs {THEIRS}` says why.")
    shown = {key: value.strip() for key, _, value in (line.partition(":") for line in page.splitlines())}
    builder, runner = shown.get("Built by", ""), shown.get("Run by", "")
    if builder.lower() == str(me).lower():
        return look.wrong("own-image", f"The page says that you built it: {me}.")
    image = look.image(one.image_id)
    if image is None or layers_of(image) != shipped or "Mascot" not in shown:
        return look.wrong("no-mascot", f"{THEIRS} does not show the page of {where}:{TAG}.")
    if builder.lower() != str(mate).lower():
        return look.wrong("no-builder", f"The page says: built by {builder or NOBODY}.")
    if runner.lower() != str(me).lower():
        return look.wrong("no-runner", f"The page says: run by {runner or NOBODY}.")
    return look.passed(f"The {shown['Mascot']}, built by {mate}, run by {me}: build, ship, run.")


def _port_fault(one: Container) -> str:
    """What is wrong with the published ports; "" where the right one leads to the server."""
    inside = [container for _, host, container in one.ports if host == PORT]
    if 80 in inside:
        return ""
    if inside:
        return f"Port {PORT} leads to port {inside[0]} of {one.name}; its server listens on 80."
    if one.ports:
        return f"{one.name} is published at port {one.ports[0][1]}, and not at {PORT}."
    return f"No port of {one.name} is published."


prediction(
    "09.two-names",
    question="Built with BUILDER=robin, run with BUILDER=ada and AUTHOR=ada. What does it print?",
    options={
        "a": "built by ada, run by ada",
        "b": "built by robin, run by ada",
        "c": "built by robin, run by robin",
    },
    truth="b",
    because="What `RUN` wrote stands in a layer: no variable of a container reaches it. `AUTHOR` is read at each start.",
)
prediction(
    "09.no-tag",
    question="You leave out the tag: `docker pull localhost:5005/class/robin-09`. What comes?",
    options={"a": "Version 1.0.", "b": "The newest that there is.", "c": "Nothing: it fails."},
    truth="c",
    because="Without a tag the name means `:latest`, a tag like any other, and nobody has pushed it.",
)
