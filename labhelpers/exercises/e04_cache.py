"""Notebook 04: order for the cache; and what is predicted there."""

from __future__ import annotations

from typing import Any

from labhelpers.engine.images import BuildStep
from labhelpers.exercises.built import built, layers_of, newer_steps, short, steps_of
from labhelpers.exercises.model import Look, Verdict, exercise, prediction
from labhelpers.view.words import instruction

PYTHON = "localhost:5005/lab/python:3.11"
_PACKAGES = 500_000  # bytes: what `pip install flask` stores is several times that


@exercise(
    "04.cache",
    title="Order for the cache",
    goal="Put its lines into an order in which a change of `app.py` runs the copy of `app.py` only. Build `order-04:1.0`, "
    "change the text in `app.py`, build `order-04:2.0`.",
    success="The two images share the layer with the packages, and differ in the layer with `app.py`.",
    hints=(
        "What does `pip install` read? It need not wait for any other file.",
        "`COPY . .` copies everything, so any change loses it, and with it all that stands below. Copy "
        "`requirements.txt` alone first.",
        "COPY requirements.txt, RUN pip install, COPY app.py: in this order.",
    ),
    solution="FROM localhost:5005/lab/python:3.11\nWORKDIR /app\nCOPY requirements.txt .\n"
    'RUN pip install -r requirements.txt\nCOPY app.py .\nCMD ["python", "app.py"]\n\n'
    "docker build -t order-04:1.0 work/04/order\n# change app.py\ndocker build -t order-04:2.0 work/04/order",
    wrong={
        "everything-first": "`COPY . .` stands above the install, and brings `app.py` with it: each change of it loses "
        "the cache for all that follows. Copy `requirements.txt` alone first.",
        "requirements-after": "`app.py` is copied before the packages are installed, so its change runs the install "
        "again. Move that `COPY` below the `RUN`.",
        "cache-disabled": "The order is right, and the packages were installed anew all the same: build without "
        "`--no-cache`, and change nothing but `app.py` in between.",
    },
)
def cache(look: Look) -> Verdict:
    """Both images have one layer with the packages, the same, and something above it that differs."""
    first, second = built(look, "order-04:1.0"), built(look, "order-04:2.0")
    if first is None or second is None:
        name = "order-04:1.0" if first is None else "order-04:2.0"
        return look.not_yet(f"There is no image {name} yet.", "`docker build -t NAME FOLDER` makes it.")
    if first["Id"] == second["Id"]:
        return look.not_yet(
            "order-04:1.0 and order-04:2.0 are one image.", "Change the text in `app.py`, then build 2.0."
        )
    one, two = _packages(look, first), _packages(look, second)
    if one is None or two is None:
        name = "order-04:1.0" if one is None else "order-04:2.0"
        return look.not_yet(f"{name} holds no packages.", "`RUN pip install` stores flask in a layer.")
    if _layer(first, one[-1]) == _layer(second, two[-1]):
        if layers_of(first) == layers_of(second):
            return look.not_yet("Both images hold the same files.", "Change `app.py`, then build 2.0.")
        return look.passed("Both images share the layer with the packages; what is copied after it differs.")
    for step in two:
        sources = _copied(step)
        if any(source.rstrip("/.") in ("", "*") for source in sources):
            return look.wrong("everything-first", f"{short(step)} stands above the packages in order-04:2.0.")
        if any(source.endswith(".py") for source in sources):
            return look.wrong(
                "requirements-after", f"{short(step)} stands above the packages in order-04:2.0."
            )
    return look.wrong("cache-disabled", "The two images hold the same packages in two different layers.")


def _packages(look: Look, image: dict[str, Any]) -> list[BuildStep] | None:
    """The steps up to the last one that installed packages, that one included; None if there is none."""
    base = look.image(PYTHON)
    # The base installs, too: its own steps do not count.
    steps = (base and newer_steps(look, image, base)) or steps_of(look, image)
    installs = [
        at
        for at, step in enumerate(steps)
        if step.layer is not None
        and step.size > _PACKAGES
        and step.created_by.startswith("RUN")
        and "install" in step.created_by
        and "pip" in step.created_by
    ]
    return steps[: installs[-1] + 1] if installs else None


def _layer(image: dict[str, Any], step: BuildStep) -> str:
    """The diff id of the layer that a step made."""
    assert step.layer is not None
    return layers_of(image)[step.layer]


def _copied(step: BuildStep) -> list[str]:
    """What a COPY or ADD takes from the build context."""
    words = (
        instruction(step.created_by)
        .replace('"', " ")
        .replace("[", " ")
        .replace("]", " ")
        .replace(",", " ")
        .split()
    )
    if not words or words[0] not in ("COPY", "ADD") or any(word.startswith("--from") for word in words):
        return []
    return [word for word in words[1:-1] if not word.startswith("--")]


prediction(
    "04.layers",
    question="How many layers do the five instructions make?",
    options={"a": "Two.", "b": "Five, one for each.", "c": "One: the image."},
    truth="a",
    because="Instructions that change files make a layer; the others write into the configuration.",
)
prediction(
    "04.two-containers",
    question="One container overwrites a file of the image. What does another container of that image read there?",
    options={
        "a": "The new text: both use the same image.",
        "b": "The old text.",
        "c": "Nothing: writing fails, images are read-only.",
    },
    truth="b",
    because="The write made a copy in the writable layer of the first container; the image is as it was.",
)
prediction(
    "04.tag",
    question="A tag has moved to another image. What does a container show that was started before, and is restarted?",
    options={
        "a": "The corrected page: that is what the tag means now.",
        "b": "The old page.",
        "c": "None: its image was overwritten.",
    },
    truth="b",
    because="A container belongs to an image by its digest, not by its name.",
)
prediction(
    "04.secret",
    question="A later layer removes the file with a token. You give the image to somebody. Can they read it?",
    options={"a": "No, it was deleted.", "b": "Only with the Dockerfile.", "c": "Yes."},
    truth="c",
    because="A layer is never changed: the later one hides the file, the earlier one still stores it.",
)
prediction(
    "04.rebuild",
    question="You change `b.txt` and build again. Which of the four steps are run?",
    options={"a": "All four.", "b": "`COPY b.txt`, and the `RUN` after it.", "c": "`COPY b.txt` only."},
    truth="b",
    because="The steps before come from the cache; one that is lost takes all below it along.",
)
prediction(
    "04.import",
    question="`docker import` made `flat-04:1.0` out of a container's files. What does `docker run flat-04:1.0` do?",
    options={
        "a": "It prints the page.",
        "b": "An error: it does not know what to run.",
        "c": "A shell starts.",
    },
    truth="b",
    because="`export` writes files only: the configuration, with the command to run, is not among them.",
)
