"""Notebook 04: slim it. (Order for the cache: e04_cache.)"""

from __future__ import annotations

import random

from labhelpers.errors import EngineUnreachable, ProcessError
from labhelpers.exercises.built import built, newer_steps, short, steps_of
from labhelpers.exercises.model import Look, Verdict, exercise
from labhelpers.units import human
from labhelpers.view.words import shorten

PYTHON = "localhost:5005/lab/python:3.11"
_TRIAL = "trial-04"
_LIMIT = 100_000  # bytes that model-04:2.0 may add to its base


@exercise(
    "04.slim",
    title="Slim it",
    goal="Change `work/04/model/Dockerfile`, and build `model-04:2.0`: it answers as before, without the data.",
    success="`model-04:2.0` adds less than 100 kB to `lab/python:3.11`, and answers any number as `model-04:1.0` does.",
    hints=(
        "Which files does `predict.py` need when it runs? Only those belong in the last stage.",
        "Two stages, both `FROM localhost:5005/lab/python:3.11`. The first, `AS train`, copies the data and trains. The "
        "second takes `model.txt` with `COPY --from=train`.",
    ),
    solution="FROM localhost:5005/lab/python:3.11 AS train\nWORKDIR /train\nCOPY raw.csv train.py ./\nRUN python train.py\n\n"
    "FROM localhost:5005/lab/python:3.11\nCOPY predict.py /app/\nCOPY --from=train /train/model.txt /app/\n"
    'ENTRYPOINT ["python", "/app/predict.py"]\n\ndocker build -t model-04:2.0 work/04/model',
    wrong={
        "behaviour-changed": "Run `docker run --rm model-04:2.0 5` and the same with `model-04:1.0`: both are to print the "
        "same. `predict.py`, `model.txt` and `ENTRYPOINT` belong in the last stage.",
        "no-python": "A smaller base is a good idea only if it holds what the program needs. The last stage needs Python: "
        "stand it on `lab/python:3.11`.",
        "moved": "Nobody can see the data any more, and a layer still stores it: `docker history model-04:2.0` says which. "
        "A step that comes later cannot take it out.",
        "still-there": "The data is still in the image, where everybody can see it. The last stage needs two files only.",
    },
)
def slim(look: Look) -> Verdict:
    """The new image is hardly larger than its base, and answers a number that nobody could know before."""
    base, image = look.image(PYTHON), built(look, "model-04:2.0")
    if image is None:
        return look.not_yet(
            "There is no image model-04:2.0 yet.", "`docker build -t model-04:2.0 …` makes it."
        )
    if base is None:
        return look.not_yet(f"{PYTHON} is not in the engine.", "The cell above the exercise pulls it.")
    asked = random.randrange(10, 1000)
    answer, log = _run(look, "model-04:2.0", str(asked))
    if answer != str(3.0 * asked + 4.0):
        if "not found" in log and "python" in log:
            return look.wrong("no-python", "model-04:2.0 does not start: it holds no Python.")
        said = f"answers {asked} with {shorten(answer, 40)}" if answer else f"fails when it is asked {asked}"
        # The number is another one at each look, and what is shown is to be the same.
        return look.wrong("behaviour-changed", f"model-04:2.0 {said}.".replace(str(asked), "a number"))
    more = int(image["Size"]) - int(base["Size"])
    if more < _LIMIT:
        return look.passed("model-04:2.0 answers as before, and stores less than 100 kB above its base.")
    visible = _large_files(look, "model-04:2.0")
    steps = newer_steps(look, image, base) or steps_of(look, image)
    largest = max(steps, key=lambda step: step.size)
    found = f"model-04:2.0 stores {human(more)} above its base, most of it by {short(largest)}."
    return look.wrong("still-there" if visible else "moved", found)


def _run(look: Look, image: str, *words: str, program: str = "") -> tuple[str, str]:
    """What an image prints, and what went wrong."""
    other = ("--entrypoint", program) if program else ()
    try:
        printed = look.once("--name", _TRIAL, *other, image, *words)
    except ProcessError as failed:
        return "", f"{failed.found} {failed.log}"
    except EngineUnreachable as refused:
        # An image that names a program which it does not hold: the engine is well, and cannot start it.
        if "unable to start container process" not in refused.found:
            raise
        look.docker("rm", "--force", _TRIAL)
        return "", refused.found
    return printed.strip(), ""


def _large_files(look: Look, image: str) -> bool:
    """Whether a program in the image sees files of the size of the data."""
    code = (
        "import os\n"
        "for top, _, names in os.walk('/'):\n"
        "    if top.startswith(('/proc', '/sys', '/usr', '/lib', '/var', '/wheelhouse')): continue\n"
        "    for name in names:\n"
        "        path = os.path.join(top, name)\n"
        "        if not os.path.islink(path) and os.path.getsize(path) > 1_000_000: print(path)\n"
    )
    seen, _ = _run(look, image, "-c", code, program="python3")
    return bool(seen)
