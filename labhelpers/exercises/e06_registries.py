"""Notebook 06: push and pull back, what travelled, pin it. (Names for the cloud: e06_cloud.)"""

from __future__ import annotations

import re
from typing import Any

from labhelpers.exercises.model import Look, Verdict, blank, exercise, prediction
from labhelpers.registry.api import Stored
from labhelpers.registry.lesson import LessonRegistry
from labhelpers.registry.traffic import Request, traffic
from labhelpers.stock import REGISTRY_IMAGE

HOST = "localhost:8306"
LETTER, LABEL = "letter-06", "letter-06"  # the image of the first exercise, and its label `lesson`
SITE = "site-06"
PINNED = "pinned-06"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def _lesson(look: Look) -> LessonRegistry | None:
    """The lesson's registry, or None where it does not run. What is older than a day in it does not pass."""
    found = look.container("registry-06")
    if found is None or not found.running:
        return None
    return LessonRegistry("registry-06", port=8306, engine=look.engine, env={}, image=REGISTRY_IMAGE)


def _no_registry(look: Look) -> Verdict:
    return look.not_yet(f"The registry at {HOST} does not run.", "Step 2 starts it.")


@exercise(
    "06.push-pull",
    title="Push and pull back",
    goal="Bring `letter-06:1` into the registry at `localhost:8306`, remove it from the engine, and pull it back.",
    success="The registry holds the letter; the engine had it no longer, and fetched it again: the same digest.",
    hints=(
        "A name says where an image goes. `docker tag OLD NEW` gives the image a second name; the new one begins "
        "with the registry.",
        "As long as one name leads to the image, the engine keeps it. `docker image ls` shows the names; "
        "`docker image rm` takes several at once.",
        "Five words: tag, push, image rm (both names), pull.",
    ),
    solution="docker tag letter-06:1 localhost:8306/letter-06:1\n"
    "docker push localhost:8306/letter-06:1\n"
    "docker image rm letter-06:1 localhost:8306/letter-06:1\n"
    "docker pull localhost:8306/letter-06:1",
    wrong={
        "no-registry-part": "A name without a registry leads to Docker Hub. The new name begins with "
        "`localhost:8306/`.",
        "another-image": "Under this name the registry holds an image that is not the letter. `docker tag` takes the "
        "old name first, the new one last.",
        "not-removed": "The pull found everything in the engine, and fetched nothing. `docker image ls` shows every "
        "name of the image; remove all of them, then pull.",
    },
)
def push_pull(look: Look) -> Verdict:
    """The registry holds the letter, and after the push its configuration was fetched by an engine."""
    registry = _lesson(look)
    if registry is None:
        return _no_registry(look)
    held = {name: image for name, image in registry.images().items() if LETTER in name}
    right = {name: image for name, image in held.items() if _is_letter(registry, name, image)}
    if not right:
        return _not_pushed(look, held)
    names = [f"{HOST}/{name}" for name in sorted(right)]
    for name, image in sorted(right.items()):
        pushed, asked, fetched = _after_push(registry.access_log(), name.rpartition(":")[0], image)
        if fetched and _has(look, f"{HOST}/{name}", image):
            return look.passed(f"{HOST}/{name} went to the registry, and came back with the same digest.")
        if fetched:
            return look.not_yet(
                f"{HOST}/{name} came back, but the engine has it no longer.", "Pull it again."
            )
        if pushed and asked and _has(look, f"{HOST}/{name}", image):
            return look.wrong("not-removed", f"{HOST}/{name} was asked for, but nothing of it travelled.")
    if look.image(names[0]) is None:
        return look.not_yet(
            f"The registry holds {names[0]}, and the engine has it no longer.", "Now pull it."
        )
    return look.not_yet(
        f"The registry holds {names[0]}; the engine has it, too.", "Remove it from the engine, then pull it."
    )


def _not_pushed(look: Look, held: dict[str, Stored]) -> Verdict:
    """The letter is not in the registry: how far did it come?"""
    if held:
        return look.wrong("another-image", f"{HOST}/{min(held)} is in the registry, and is another image.")
    local = _letters(look)
    if not local:
        return look.not_yet(
            "The letter is neither in the registry nor in the engine.", "Run the cell above: it makes it."
        )
    here = [name for name in local if name.startswith((f"{HOST}/", "127.0.0.1:8306/"))]
    if here:
        return look.not_yet(f"{here[0]} is tagged, and not in the registry yet.", "Push it.")
    others = [name for name in local if name != f"{LETTER}:1"]
    if others:
        return look.wrong("no-registry-part", f"{others[0]} does not lead to {HOST}.")
    return look.not_yet(f"{LETTER}:1 is in the engine only.", "Give it a name that leads to the registry.")


def _letters(look: Look) -> list[str]:
    """All names of the letter in the engine, sorted."""
    form = "{{.Repository}}:{{.Tag}}"
    found = look.docker("image", "ls", "--filter", f"label=lesson={LABEL}", "--format", form).split()
    return sorted(name for name in found if not name.endswith(":<none>"))


def _is_letter(registry: LessonRegistry, name: str, image: Stored) -> bool:
    config = registry.api.document(name.rpartition(":")[0], image.config.digest).get("config") or {}
    return (config.get("Labels") or {}).get("lesson") == LABEL


def _has(look: Look, name: str, image: Stored) -> bool:
    """Whether the engine has this image under this name, as this registry knows it."""
    found = look.image(name)
    digests = [one.rpartition("@")[2] for one in (found or {}).get("RepoDigests") or []]
    return image.digest in digests


def _after_push(log: list[Request], repository: str, image: Stored) -> tuple[bool, bool, bool]:
    """Whether an image was pushed, its manifest asked for after that, and its configuration fetched.

    An engine that has an image fetches its manifest at most; one that has not needs its configuration.
    """
    pushed = asked = fetched = False
    for one in log:
        if one.agent.startswith("labhelpers") or not 200 <= one.status < 300:
            continue
        manifest = one.path.startswith(f"/v2/{repository}/manifests/")
        if manifest and one.method == "PUT":
            pushed = True
        elif pushed and manifest:
            asked = True
        elif pushed and one.method == "GET" and one.path == f"/v2/{repository}/blobs/{image.config.digest}":
            fetched = True
    return pushed, asked, fetched


@exercise(
    "06.travelled",
    title="What travelled",
    goal="Change the page once more, build `localhost:8306/site-06:3`, and push it. How many of its layers "
    "travelled?",
    success="`layers` is the number that the registry's own log shows for the push of `site-06:3`.",
    hints=(
        "The push says it for each layer: `Pushed` travelled, `Layer already exists` did not.",
        '`registry.push("localhost:8306/site-06:3")` counts. A push that is repeated moves nothing: look at the '
        "first one.",
    ),
    solution='echo "<html><h1>Version 3</h1></html>" > work/06/page.html\n'
    "docker build -q --provenance=false --label $LAB_LABEL -t localhost:8306/site-06:3 work/06\n"
    "docker push localhost:8306/site-06:3   # then: layers = 1",
    wrong={
        "all-of-them": "The registry keeps each layer once, by its digest. Those of `site-06:2` that did not change "
        "were there. Count only the lines that say `Pushed`.",
        "none": "The page changed, so at least its layer is new to the registry. If the last push said only `Layer "
        "already exists`, it was a repeated one: the first one counts.",
    },
)
def travelled(look: Look, layers: Any = None) -> Verdict:
    """The number is that of the uploads before site-06:3 first appeared."""
    registry = _lesson(look)
    if registry is None:
        return _no_registry(look)
    image = registry.manifest(SITE, "3")
    if image is None:
        return look.not_yet(f"The registry has no {SITE}:3 yet.", "Build it, and push it.")
    log = registry.access_log()
    path = f"/v2/{SITE}/manifests/"
    put = [n for n, one in enumerate(log) if one.method == "PUT" and one.path.startswith(path)]
    first = next((n for n in put if log[n].path == f"{path}3"), None)
    if first is None:
        return look.not_yet(f"{SITE}:3 was not pushed, but came otherwise.", "Push it with `docker push`.")
    before = max((n for n in put if n < first), default=-1)
    own = {layer.digest for layer in image.layers}
    truth = len(own & traffic(log[before + 1 : first + 1], SITE).sent)
    if truth == 0:
        return look.not_yet(
            f"{SITE}:3 has no layer that was new to the registry.",
            "Change the page, build and push again as :4.",
        )
    if blank(layers):
        return look.not_yet("The number is not filled in yet: layers.")
    said = str(layers).strip()
    if said == str(truth):
        return look.passed(
            f"{truth} of {len(own)} layers travelled; the others were in the registry already."
        )
    if said == "0":
        return look.wrong("none", "You say that no layer travelled.")
    if said == str(len(own)):
        return look.wrong("all-of-them", f"You say that all {said} layers travelled.")
    return look.not_yet(f"{said} is not the number that the log shows.", "Count the lines that say `Pushed`.")


@exercise(
    "06.pin",
    title="Pin it",
    goal="Start a container `pinned-06` from what `stable` meant before it moved, by a name that cannot move.",
    success="`pinned-06` runs from `localhost:8306/site-06@sha256:…` with the digest of version 1, while `stable` "
    "means version 2.",
    hints=(
        "`docker pull localhost:8306/site-06:1` prints the digest of the manifest; "
        "`docker image inspect --format '{{.RepoDigests}}'` shows it, too.",
        "`NAME@sha256:…` stands in the place of `NAME:TAG`. The container serves a page, so `-d` keeps it running.",
    ),
    solution="digest=$(docker image inspect --format '{{index .RepoDigests 0}}' localhost:8306/site-06:1)\n"
    "docker run -d --name pinned-06 $digest",
    wrong={
        "by-tag": "A tag can move, as `stable` did. Remove the container, and run it with `@sha256:…` in the place "
        "of the tag.",
        "config-digest": "That number is the image's id: in many engines the digest of its configuration. No "
        "registry finds an image by it. Take the digest of the manifest, which `docker pull` prints.",
        "moved-already": "That is the digest of what `stable` means now. Before it moved, it meant version 1.",
    },
)
def pin(look: Look) -> Verdict:
    """A container runs by the digest of version 1's manifest, and the tag is elsewhere."""
    registry = _lesson(look)
    if registry is None:
        return _no_registry(look)
    one, stable = registry.manifest(SITE, "1"), registry.manifest(SITE, "stable")
    if one is None or stable is None or stable.digest == one.digest:
        return look.not_yet("The tag `stable` has not moved yet.", "Step 4 moves it.")
    found = look.container(PINNED)
    configs = {image.config.digest for image in registry.images().values()}
    if found is None:
        refused = {r.path.rpartition("/")[2] for r in registry.access_log() if r.status == 404}
        if configs & refused:
            return look.wrong("config-digest", "The registry was asked for a manifest of that digest.")
        return look.not_yet(f"There is no container {PINNED} yet.")
    name, _, digest = found.image.partition("@")
    if not digest:
        if _DIGEST.fullmatch(name) or re.fullmatch("[0-9a-f]{12,64}", name):
            return look.wrong("config-digest", f"{PINNED} was started from an id, without a repository.")
        return look.wrong("by-tag", f"{PINNED} was started from {name}.")
    if digest == stable.digest:
        return look.wrong("moved-already", f"{PINNED} is pinned to version 2.")
    if digest != one.digest:
        return look.not_yet(f"{PINNED} is pinned, but not to version 1 of {SITE}.")
    if not found.running:
        return look.not_yet(
            f"{PINNED} is pinned to version 1, and has ended.", "Remove it, and run it with `-d`."
        )
    return look.passed(f"{PINNED} runs version 1 by its digest; `stable` means another image.")


prediction(
    "06.second-push",
    question="The image has five layers; only the page changed. How many does the second push send?",
    options={"a": "All five", "b": "One", "c": "None: only the tag"},
    truth="b",
    because="The registry keeps each layer once, by its digest: what it has is not sent again.",
)
prediction(
    "06.moved",
    question="In the registry, `stable` means version 2 now. What does `docker run …:stable` run here?",
    options={"a": "Version 2", "b": "Version 1", "c": "Nothing: it fails"},
    truth="b",
    because="The engine has an image of that name in its own store, and does not ask the registry.",
)
