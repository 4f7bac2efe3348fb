"""Notebook 08: same result, schedule a notebook, ready to run."""

from __future__ import annotations

import json
import os
import platform
import re
from pathlib import Path

from labhelpers.errors import ProcessError
from labhelpers.exercises.model import Look, Verdict, exercise, prediction
from labhelpers.exercises.seen import Container
from labhelpers.owners import temporary

MODEL = "/work/model.joblib"
PORT = 8808
SPECIES = {"setosa", "versicolor", "virginica"}
# Two flowers of the data, and what they are.
_SETOSA, _VIRGINICA = "5.1,3.5,1.4,0.2", "6.3,3.3,6.0,2.5"


@exercise(
    "08.same",
    title="Same result",
    goal="The training gives the same model on Monday and on Tuesday.",
    success="The containers `monday-08` and `tuesday-08`, from two builds, hold the same `/work/model.joblib`.",
    hints=(
        "There is one fault in `requirements.txt` and there are two in `train.py`. Step 2 shows how `train.py` was "
        "without them.",
        "`scikit-learn==1.8.0` in `requirements.txt`; `random_state=8` where the flowers are split; no time in what "
        "is dumped. Save the files, then run the cell that builds and trains.",
    ),
    solution='echo "scikit-learn==1.8.0" > work/08/same/requirements.txt\n'
    "# in train.py: train_test_split(flowers.data, flowers.target, random_state=8)\n"
    '# in train.py: joblib.dump({"model": model}, sys.argv[1])\n'
    "# then run the cell below the exercise",
    wrong={
        "unpinned": "`requirements.txt` names a package without a version, so each build takes the newest of its "
        "day. Write the version behind `==`.",
        "timestamp": "The time of the training is in the file, so no two files are the same. Leave it out of what is "
        "dumped; a log is the place for it.",
        "seed": "Chance starts somewhere else each time. What draws by chance takes a seed: look at "
        "`train_test_split` in step 1.",
        "one-day": "`tuesday-08` has to come from a build with Tuesday's index. Run the cell below the exercise as "
        "it is: it builds twice, and leave `ARG INDEX` in the Dockerfile.",
    },
)
def same(look: Look) -> Verdict:
    """Two trainings, from images built with Monday's and with Tuesday's index, left the same file."""
    days = {name: look.container(name) for name in ("monday-08", "tuesday-08")}
    if missing := [name for name, one in days.items() if one is None]:
        return look.not_yet(
            f"There is no container {missing[0]} yet.", "The cell below the exercise makes both."
        )
    monday, tuesday = (one for one in days.values() if one is not None)
    for one in (monday, tuesday):
        if one.state != "exited" or one.exit_code:
            return look.not_yet(
                f"The training in {one.name} did not end well.", f"`docker logs {one.name}` says why."
            )
    history = look.docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", tuesday.image_id)
    if monday.image == tuesday.image or "/wheelhouse-newer" not in history:
        return look.wrong("one-day", "Both containers run what Monday's index gives.")
    first, second = (_file(look, one) for one in (monday, tuesday))
    if first is None or second is None:
        return look.not_yet(
            f"There is no {MODEL} in one of them.", "`train.py` gets this name; let it write there."
        )
    if _saved_by(first) != _saved_by(second):
        return look.wrong("unpinned", f"scikit-learn was {_saved_by(first)}, then {_saved_by(second)}.")
    if re.search(rb"20\d\d-\d\d-\d\d", first):
        return look.wrong("timestamp", "There is a date in the file.")
    if first != second:
        # The bytes of one number (of seconds, say) leave the rest of the model alone; chance does not.
        changed = [at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b]
        if len(first) == len(second) and changed[-1] - changed[0] < 8:
            return look.wrong("timestamp", "The two files differ in one number.")
        return look.wrong("seed", "The two files hold two different models.")
    return look.passed("monday-08 and tuesday-08 hold the same model, byte for byte.")


def _file(look: Look, one: Container) -> bytes | None:
    """The model that a container left, or None."""
    with temporary() as folder:
        copy = folder / "model"
        try:
            look.docker("cp", f"{one.name}:{MODEL}", str(copy))
        except ProcessError as failed:
            if "could not find the file" in failed.log.lower():
                return None
            raise
        return copy.read_bytes() if copy.is_file() else None


def _saved_by(model: bytes) -> str:
    """The version of scikit-learn that saved a model: it stands in the file, behind its name."""
    found = re.search(rb"_sklearn_version\W*?(\d+\.\d+[\w.]*)", model, re.DOTALL)
    return found.group(1).decode() if found else "unknown"


@exercise(
    "08.schedule",
    title="Schedule a notebook",
    goal="Run `report.ipynb` in containers, once for each of `setosa`, `versicolor` and `virginica`.",
    success="Three executed notebooks are in `work/08/reports`, they are yours, and each was made in a container for "
    "another species.",
    hints=(
        "A loop in the shell: `for species in setosa versicolor virginica; do …; done`. The name of the output has to "
        "change as well.",
        "The command above the exercise runs one. In the loop, its last words are `--parameters species $species "
        "report.ipynb reports/$species.ipynb`; and make the folder first, so that it is yours.",
    ),
    solution="mkdir -p work/08/reports\nfor species in setosa versicolor virginica; do\n"
    '  docker run --rm -u $(id -u):$(id -g) -v "$PWD/work/08:/work" -v flowers-08:/data:ro \\\n'
    "    localhost:5005/lab/datascience:1 papermill --no-progress-bar \\\n"
    "    --parameters species $species report.ipynb reports/$species.ipynb\ndone",
    wrong={
        "overwritten": "Each run writes to the name behind `report.ipynb`. Put the parameter into that name: "
        "`reports/$species.ipynb`.",
        "on-the-host": "It ran with this machine's Python, not with the image's. Put `docker run …` with the image "
        "in front of `papermill`.",
        "not-yours": "The process in the container was another user than you. Run it with `-u $(id -u):$(id -g)`, "
        "after removing what is there.",
    },
)
def schedule(look: Look) -> Verdict:
    """Three executed notebooks of the learner's, each from a container and for another species."""
    folder = look.folder / "work/08/reports"
    paths = sorted(folder.glob("*.ipynb"))
    found: dict[str, Path] = {}
    for path in paths:
        printed = _printed(path)
        species = re.search(r"^(\w+): \d+ flowers", printed, re.MULTILINE)
        node = re.search(r"^made on (\S+)", printed, re.MULTILINE)
        if species is None or node is None:
            return look.not_yet(
                f"{path.name} was not run to its end.", "Open it: the failure stands at its cell."
            )
        if node.group(1) == platform.node():
            return look.wrong(
                "on-the-host", f"{path.name} was made on {node.group(1)}, which is this machine."
            )
        if path.stat().st_uid != os.getuid():
            return look.wrong("not-yours", f"{path.name} belongs to user {path.stat().st_uid}.")
        look.made(path.stat().st_mtime, path.name)
        found[species.group(1)] = path
    if not paths:
        return look.not_yet("No notebook is in work/08/reports yet.")
    if len(paths) == 1:
        return look.wrong("overwritten", f"The only notebook in work/08/reports is {paths[0].name}.")
    if missing := sorted(SPECIES - set(found)):
        return look.not_yet(
            f"There is no report about {' and '.join(missing)} yet.", "One run for each species."
        )
    return look.passed(
        "Three reports are in work/08/reports, each made in a container of its own, and all yours."
    )


def _printed(path: Path) -> str:
    """What the cells of an executed notebook printed."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        outputs = [out for cell in cells if cell["cell_type"] == "code" for out in cell["outputs"]]
        return "".join(line for out in outputs for line in out.get("text", []))
    except (OSError, ValueError, KeyError, TypeError):
        return ""


@exercise(
    "08.serve",
    title="Ready to run",
    goal="Make an image that needs nothing from your machine, and run it as `model-08`.",
    success="<http://127.0.0.1:8808/?cm=5.1,3.5,1.4,0.2> answers `setosa`, from a container without any mount.",
    hints=(
        "A Dockerfile in `work/08` that starts `FROM serve-08`, copies two files and says what to run. And one word "
        "in `app.py` has to change.",
        '`COPY app.py monday.joblib ./` and `CMD ["python", "app.py"]`; `host="0.0.0.0"` in `app.py`; then build, and '
        "run with `-p 127.0.0.1:8808:8000`.",
    ),
    solution="# in app.py: app.run(host=\"0.0.0.0\", port=8000)\ncd work/08\ncat > Dockerfile <<'END'\n"
    'FROM serve-08\nCOPY app.py monday.joblib ./\nCMD ["python", "app.py"]\nEND\n'
    "docker build -t model-08 .\ndocker run -d --name model-08 -p 127.0.0.1:8808:8000 model-08",
    wrong={
        "mounted": "On another machine your folder is not there. Copy the model and `app.py` into the image, and run "
        "it without `-v`.",
        "loopback": "127.0.0.1 in a container is that container alone. Let `app.py` listen on `0.0.0.0`, build again, "
        "and run again.",
        "no-port": "Look at PORTS in `docker ps`. Remove the container, and run it with `-p 127.0.0.1:8808:8000`.",
    },
)
def serve(look: Look) -> Verdict:
    """The model in model-08 answers at port 8808, and came with its image."""
    one = look.container("model-08")
    if one is None:
        return look.not_yet("There is no container model-08 yet.")
    if one.mounts:
        return look.wrong("mounted", f"model-08 uses {one.mounts[0]['Source']} of your machine.")
    if not one.running:
        return look.not_yet("model-08 has ended.", "`docker logs model-08` says why.")
    inside = [port for _, outside, port in one.ports if outside == PORT]
    if not inside:
        return look.wrong("no-port", f"Port {PORT} of your machine does not lead to model-08.")
    answers = [look.visit(f"http://127.0.0.1:{PORT}/?cm={flower}") for flower in (_SETOSA, _VIRGINICA)]
    if "setosa" in answers[0] and "virginica" in answers[1]:
        return look.passed(f"model-08 told two flowers apart at port {PORT}, with nothing of your machine's.")
    heard = _heard(look)
    if heard is None:
        return look.not_yet("model-08 has ended.", "`docker logs model-08` says why.")
    if heard.get(inside[0]) == {"127.0.0.1"}:
        return look.wrong("loopback", f"The server in model-08 listens on 127.0.0.1, port {inside[0]}.")
    if inside[0] not in heard:
        others = ", ".join(map(str, sorted(heard))) or "none"
        return look.not_yet(
            f"Nobody listens on port {inside[0]} of model-08; the ports that somebody listens on: {others}.",
            "It may be starting: look at its log.",
        )
    return look.not_yet(
        f"At port {PORT} the first flower is not known as setosa.", f"It says: {answers[0][:100]}"
    )


def _heard(look: Look) -> dict[int, set[str]] | None:
    """On which ports somebody listens in model-08, each with its addresses; None when it ended meanwhile."""
    try:
        table = look.docker("exec", "model-08", "cat", "/proc/net/tcp", "/proc/net/tcp6")
    except ProcessError as failed:
        if "is not running" in failed.log:
            return None
        raise
    # The kernel's table is in hexadecimal; 0A is "listens".
    heard: dict[int, set[str]] = {}
    for address, port, state in re.findall(r"^\s*\d+: (\w+):(\w{4}) \S+ (\w\w)", table, re.MULTILINE):
        if state == "0A":
            name = "127.0.0.1" if address == "0100007F" else "another address"
            heard.setdefault(int(port, 16), set()).add(name)
    return heard


prediction(
    "08.twice",
    question="Two fresh containers train the same model. What of the two files?",
    options={"a": "The same bytes.", "b": "The same accuracy, other bytes.", "c": "Another accuracy."},
    truth="a",
    because="The same code with the same seed, on the same data, in the same environment: nothing is left to chance.",
)
prediction(
    "08.unpinned",
    question="The same Dockerfile is built again, and the index has a newer scikit-learn. What comes out?",
    options={
        "a": "The same image as on Monday.",
        "b": "An image with the newer one.",
        "c": "The build fails.",
    },
    truth="b",
    because="A name without a version means the newest of the day. Nobody changed a line, and the environment did.",
)
prediction(
    "08.baked",
    question="You push the second version after the first. How much of the data travels?",
    options={"a": "One line.", "b": "All 20 MB again.", "c": "Nothing."},
    truth="b",
    because="A layer has one digest and travels whole. One line more makes it another layer.",
)
prediction(
    "08.loopback",
    question="The server listens on 127.0.0.1 of its container, and its port is published. Who answers outside?",
    options={"a": "The server.", "b": "Nobody.", "c": "`docker run` fails."},
    truth="b",
    because="127.0.0.1 in a container is that container alone. What is published comes in at another address.",
)
