"""The exercises of notebook 08, in every state that learners bring about."""

from __future__ import annotations

import sys

from exercises.case import Case, Do

IMAGE = "localhost:5005/lab/datascience:1"
PULL = f"docker pull -q {IMAGE} > /dev/null"

# -- 08.same --------------------------------------------------------------------------------------------------
GOOD = """import sys
import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

flowers = load_iris()
x, x_new, y, y_new = train_test_split(flowers.data, flowers.target, random_state=8)
model = LogisticRegression(max_iter=500).fit(x, y)
joblib.dump({"model": model}, sys.argv[1])
"""
NO_SEED = GOOD.replace(", random_state=8", "")
DATED = GOOD.replace('"model": model', '"model": model, "made": str(__import__("datetime").datetime.now())')
TIMED = GOOD.replace('"model": model', '"model": model, "made": __import__("time").time()')
DOCKERFILE = f"""FROM {IMAGE}
ARG INDEX=/wheelhouse
COPY requirements.txt .
RUN PIP_FIND_LINKS="$INDEX" pip install --upgrade -r requirements.txt
COPY train.py .
CMD ["python", "train.py", "model.joblib"]
"""
PINNED, FREE = "scikit-learn==1.8.0\n", "scikit-learn\n"
BUILD = 'docker build -q --provenance=false --build-arg INDEX="/wheelhouse'
DAYS = f"""{BUILD}" -t monday-08 work/08/same
{BUILD} /wheelhouse-newer" -t tuesday-08 work/08/same
docker run --name monday-08 monday-08
docker run --name tuesday-08 tuesday-08"""


def same(train: str = GOOD, packages: str = PINNED, dockerfile: str = DOCKERFILE, sh: str = DAYS) -> Do:
    """The project as somebody left it, built and trained."""
    files = {"train.py": train, "requirements.txt": packages, "Dockerfile": dockerfile}
    return Do(sh, files={f"work/08/same/{name}": text for name, text in files.items()})


# -- 08.schedule ----------------------------------------------------------------------------------------------
REPORT = """import nbformat
from nbformat.v4 import new_code_cell, new_notebook

first = new_code_cell('species = "setosa"', metadata={"tags": ["parameters"]})
second = new_code_cell('''import csv, platform
rows = [row for row in csv.reader(open("/data/flowers.csv")) if row[4] == species]
print(f"{species}: {len(rows)} flowers")
print("made on", platform.node())''')
kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
nbformat.write(new_notebook(cells=[first, second], metadata=kernel), "work/08/report.ipynb")
"""
WRITE_DATA = """from sklearn.datasets import load_iris
flowers = load_iris()
with open("/data/flowers.csv", "w") as file:
    for measures, kind in zip(flowers.data, flowers.target):
        print(*measures, flowers.target_names[kind], sep=",", file=file)
"""
ON_THE_HOST = """import nbformat
from nbclient import NotebookClient

for species in ("setosa", "virginica"):
    report = nbformat.read("work/08/report.ipynb", as_version=4)
    report.cells[0].source = f"species = {species!r}"
    report.cells[1].source = report.cells[1].source.replace("/data/", "work/08/")
    NotebookClient(report).execute()
    nbformat.write(report, f"work/08/reports/{species}.ipynb")
"""
MOUNTS = '-v "$PWD/work/08:/work" -v flowers-08:/data:ro'
MILL = f"{IMAGE} papermill --no-progress-bar --log-level ERROR --parameters species $species report.ipynb"
LOOP = "mkdir -p work/08/reports; for species in setosa versicolor virginica; do"
AS_ME = f"docker run --rm -u $(id -u):$(id -g) {MOUNTS}"

# -- 08.serve -------------------------------------------------------------------------------------------------
APP = """import joblib
from flask import Flask, request

found = joblib.load("monday.joblib")
app = Flask(__name__)


@app.get("/")
def answer() -> str:
    measures = [float(number) for number in request.args["cm"].split(",")]
    return str(found["names"][found["model"].predict([measures])[0]])


app.run(host="127.0.0.1", port=8000)
"""
OPEN = APP.replace('host="127.0.0.1"', 'host="0.0.0.0"')
WITH_NAMES = GOOD.replace('"model": model', '"model": model, "names": list(flowers.target_names)')
TRAINED = f"""{PULL}
docker run --rm -u $(id -u):$(id -g) -v "$PWD/work/08:/work" {IMAGE} python train.py monday.joblib
docker build -q --provenance=false -t serve-08 - <<'END'
FROM {IMAGE}
RUN pip install flask
END
"""
HELD = 'FROM serve-08\nCOPY app.py monday.joblib ./\nCMD ["python", "app.py"]\n'
MODEL = "docker build -q --provenance=false -t model-08 work/08; docker run -d --name model-08"
PUBLISHED = "-p 127.0.0.1:8808:8000"


def served(sh: str, app: str = OPEN, dockerfile: str = HELD) -> Do:
    return Do(sh, files={"work/08/app.py": app, "work/08/Dockerfile": dockerfile})


CASES = [
    Case(
        "08.same",
        before=Do(PULL, files=same(DATED.replace(", random_state=8", ""), FREE).files),
        solution=same(),
        other={
            "pinned-in-the-dockerfile-and-one-seed-for-all": same(
                NO_SEED.replace("flowers = ", "import numpy\nnumpy.random.seed(3)\nflowers = "),
                packages=FREE,
                dockerfile=DOCKERFILE.replace("-r requirements.txt", "scikit-learn==1.8.0"),
            ),
        },
        wrong={
            "seed": same(NO_SEED),
            "unpinned": same(packages=FREE),
            "timestamp": [same(DATED), same(TIMED)],
            "one-day": same(sh=DAYS.replace("tuesday-08 tuesday-08", "tuesday-08 monday-08")),
        },
        also={
            "training-fails": same(
                GOOD + "sys.exit(1)\n",
                sh=DAYS.replace("docker run", "! docker run"),
            ),
        },
    ),
    Case(
        "08.schedule",
        before=Do(
            f"""{PULL}
docker volume create --label $LAB_LABEL flowers-08
docker run --rm -v flowers-08:/data -v "$PWD/work/08:/work" {IMAGE} python data.py
{sys.executable} report.py""",
            files={"work/08/data.py": WRITE_DATA, "report.py": REPORT},
        ),
        solution=f"{LOOP} {AS_ME} {MILL} reports/$species.ipynb; done",
        other={
            "at-the-same-time-other-names": f"{LOOP} {AS_ME} {MILL} reports/$(date +%F)-$species.ipynb & done; wait",
        },
        wrong={
            "overwritten": f"{LOOP.replace(' versicolor', '')} {AS_ME} {MILL} reports/report.ipynb; done",
            "on-the-host": Do(
                "mkdir -p work/08/reports; docker run --rm -v flowers-08:/data:ro "
                + IMAGE
                + " cat /data/flowers.csv "
                f"> work/08/flowers.csv; {sys.executable} host.py",
                files={"host.py": ON_THE_HOST},
            ),
            "not-yours": f"mkdir -p work/08/reports; chmod 777 work/08/reports; species=setosa; "
            f"docker run --rm -u 4321:4321 {MOUNTS} {MILL} reports/setosa.ipynb",
        },
        also={
            "not-executed": "mkdir -p work/08/reports; for n in 1 2 3; do cp work/08/report.ipynb "
            "work/08/reports/$n.ipynb; done",
            "one-species": f"mkdir -p work/08/reports; for n in 1 2; do {AS_ME} {MILL.replace('$species', 'setosa')} reports/$n.ipynb; done",
        },
        no_engine="what a schedule leaves are files on the host",
    ),
    Case(
        "08.serve",
        before=Do(TRAINED, files={"work/08/train.py": WITH_NAMES, "work/08/app.py": APP}),
        solution=served(f"{MODEL} {PUBLISHED} model-08"),
        other={
            "started-by-flask-itself": served(
                f"{MODEL} -p 8808:5000 model-08",
                APP[: APP.index("\n\napp.run")] + "\n",
                HELD.replace('"python", "app.py"', '"flask", "run", "--host", "0.0.0.0"'),
            ),
        },
        wrong={
            "mounted": served(f'{MODEL} {PUBLISHED} -v "$PWD/work/08:/work" serve-08 python app.py'),
            "loopback": served(f"{MODEL} {PUBLISHED} model-08", APP),
            "no-port": served(f"{MODEL} model-08"),
        },
        also={
            "always-the-same": served(
                f"{MODEL} {PUBLISHED} model-08",
                OPEN.replace("    return str(", '    return "setosa"\n    return str('),
            ),
            "without-its-model": served(
                f"{MODEL} {PUBLISHED} model-08", dockerfile=HELD.replace(" monday.joblib", "")
            ),
        },
    ),
]
