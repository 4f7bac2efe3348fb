# ---
# jupyter:
#   labhelpers:
#     title: Data science
#     minutes: 25
#     covers: [32, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 76, 81, 93, 95]
#     afterwards:
#       - train a model twice with the same result, and name what breaks that
#       - run one notebook in containers, once for each parameter, on a schedule
#       - hand over a model as an image that answers over HTTP
# ---

# %% [markdown]
# # Data science
#
# **Afterwards you can**
#
# - train a model twice with the same result, and name what breaks that;
# - run one notebook in containers, once for each parameter, on a schedule;
# - hand over a model as an image that answers over HTTP.
#
# **Time:** about 25 minutes. **You need:** [03 Containers](03_containers.ipynb). It helps to have built an image before.
#
# ![The code with its seed, the data, and the environment as an image go into a container on Monday and into a container on Tuesday. Both write a model with the same digest. Three things break it: chance without a seed, a package without a version, the time of day in the file.](pictures/reproducible.svg)
#
# <details><summary>The picture in words</summary>
#
# A model is made from three things: the **code**, which fixes where chance starts (the seed); the **data**, which stays outside the image, in a volume; the **environment**, an image with every package at a fixed version. A container on Monday and one on Tuesday get the same three, and write a model with the same digest. Three things break it: chance without a seed, a package without a version, the time of day written into the file.
#
# </details>

# %% [markdown]
# "It works in my notebook" is not a result. A result can be had again: by you in a year, by a reviewer, by the team that will run your model. Everything here needs the same thing: not only your code, but **where it ran**, handed over as an image.
#
# Containers and images of this notebook have names that end in `-08`, its files are in `work/08`. The first cell removes what an earlier run left.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop --filter name=-08$"
# docker ps --all -q $ours | xargs -r docker rm -f > /dev/null
# docker volume ls -q $ours | xargs -r docker volume rm > /dev/null
# docker images -q --filter label=org.labhelpers.workshop --filter reference=*-08 \
#   | sort -u | xargs -r docker rmi -f > /dev/null
# rm -rf work/08 && mkdir -p work/08 && echo "Ready."

# %% [markdown]
# ## 1 · One training, twice
#
# A small model that tells three kinds of iris flower apart by four measures of their leaves. The data comes with the package scikit-learn: 150 flowers.

# %%
# %%writefile work/08/train.py
"""Train a model on iris flowers: python train.py FILE"""

import sys

import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

flowers = load_iris()
x, x_new, y, y_new = train_test_split(flowers.data, flowers.target, random_state=8)
model = LogisticRegression(max_iter=500).fit(x, y)
print(f"right for {model.score(x_new, y_new):.0%} of the flowers it had not seen")
joblib.dump({"model": model, "names": list(flowers.target_names)}, sys.argv[1])

# %% [markdown]
# You need not install scikit-learn. It is in an image, with all that it needs, at versions that somebody chose and wrote down. Pulling it takes a few seconds:

# %% language="sh" tags=["volatile"]
# docker pull localhost:5005/lab/datascience:1
# docker run --rm localhost:5005/lab/datascience:1 pip list | grep -E "scikit|numpy|scipy"

# %% [markdown]
# Now train, twice, each time in a fresh container that is gone afterwards. `-v` shows it your folder, and `-u` lets it run as you, so that the model is your file.

# %%
from pathlib import Path

from labhelpers import check, hint, predict, visit

work = Path("work/08")
print(f"in {work}:", *sorted(path.name for path in work.iterdir()))

# %% [markdown]
# **Predict.** Two fresh containers train the same model. What of the two files?
#
# a) The same bytes. b) The same accuracy, other bytes. c) Another accuracy.

# %% tags=["learner"]
predict("08.twice", "…")  # a, b or c

# %% tags=["solution"]
predict("08.twice", "a")

# %% language="sh" tags=["volatile"]
# for day in monday tuesday; do
#   docker run --rm -u $(id -u):$(id -g) -v "$PWD/work/08:/work" \
#     localhost:5005/lab/datascience:1 \
#     sh -c "python train.py $day.joblib && sha256sum $day.joblib"
# done

# %% language="sh"
# cmp work/08/monday.joblib work/08/tuesday.joblib && echo "the same, byte for byte"

# %%
predict("08.twice")

# %% [markdown]
# The same **digest**: the same model, to the last bit. So a digest can be the name of a result: whoever trains again and gets it, has what you had.
#
# (On another machine the last digits may differ, because another processor adds up in another order. On one kind of machine they do not: the image sets `OMP_NUM_THREADS=1`, since several threads finish in an order that changes.)

# %% [markdown]
# ## 2 · Chance and time
#
# Two small changes, such as one finds in many notebooks. `chance.py` does not say where chance starts; `stamp.py` writes into the file when it was made.

# %%
train = (work / "train.py").read_text()
chance = train.replace(", random_state=8", "")
stamp = train.replace("dump({", 'dump({"made": str(datetime.now()), ')
stamp = stamp.replace("import sys", "import sys\nfrom datetime import datetime")
(work / "chance.py").write_text(chance)
(work / "stamp.py").write_text(stamp)
print([line for line in chance.splitlines() if "split(f" in line][0])
print([line for line in stamp.splitlines() if "dump(" in line][0])

# %% language="sh" tags=["volatile"]
# for day in monday tuesday; do
#   docker run --rm -u $(id -u):$(id -g) -v "$PWD/work/08:/work" \
#     localhost:5005/lab/datascience:1 sh -c "python chance.py chance-$day.joblib
#     python stamp.py stamp-$day.joblib; sha256sum *-$day.joblib"
# done

# %% language="sh"
# for what in chance stamp; do
#   cmp -s work/08/$what-monday.joblib work/08/$what-tuesday.joblib \
#     || echo "$what: two files that differ"
# done

# %% [markdown]
# Without a **seed**, each run splits the flowers in another way and learns another model; look at the accuracy, which changes as well. With a time in the file, the model is the same and its digest is not: nobody can tell any more whether anything changed. Write the time beside the model, not into it.
#
# ## 3 · A package that nobody pinned
#
# Your code is repaired, and a colleague builds your image again next week. Nobody changed a line. Only the package index did: a new release came out.
#
# To see that without waiting a week, our image has two folders that play the index: `/wheelhouse` is Monday's, and on Tuesday there is `/wheelhouse-newer` as well. This is the folder of the project:

# %% language="sh"
# mkdir -p work/08/same && cd work/08/same
# cat > requirements.txt <<'END'
# scikit-learn
# END
# cat > Dockerfile <<'END'
# FROM localhost:5005/lab/datascience:1
# ARG INDEX=/wheelhouse
# COPY requirements.txt .
# RUN PIP_FIND_LINKS="$INDEX" pip install --upgrade -r requirements.txt
# COPY train.py .
# CMD ["python", "train.py", "model.joblib"]
# END
# cat > train.py <<'END'
# import sys
# from datetime import datetime
#
# import joblib
# from sklearn.datasets import load_iris
# from sklearn.linear_model import LogisticRegression
# from sklearn.model_selection import train_test_split
#
# flowers = load_iris()
# x, x_new, y, y_new = train_test_split(flowers.data, flowers.target)
# model = LogisticRegression(max_iter=500).fit(x, y)
# print(f"right for {model.score(x_new, y_new):.0%} of the flowers it had not seen")
# joblib.dump({"model": model, "made": str(datetime.now())}, sys.argv[1])
# END
# ls

# %% [markdown]
# **Predict.** On Tuesday the same Dockerfile is built again, and the index has a newer scikit-learn. What comes out?
#
# a) The same image as on Monday. b) An image with the newer one. c) The build fails.

# %% tags=["learner"]
predict("08.unpinned", "…")  # a, b or c

# %% tags=["solution"]
predict("08.unpinned", "b")

# %% [markdown]
# The second of these builds takes about ten seconds.

# %% language="sh"
# build="docker build -q --provenance=false"
# $build --build-arg INDEX="/wheelhouse" -t monday-08 work/08/same > /dev/null
# newer="/wheelhouse /wheelhouse-newer"
# $build --build-arg INDEX="$newer" -t tuesday-08 work/08/same > /dev/null
# for day in monday tuesday; do
#   echo $day: $(docker run --rm $day-08 pip freeze | grep scikit)
# done

# %%
predict("08.unpinned")

# %% [markdown]
# `scikit-learn` in `requirements.txt` means: whatever is newest on the day of the build. A Dockerfile with such a line is not a recipe for one environment, but for another one each week. `scikit-learn==1.8.0` is **pinned**. What it needs itself (numpy, scipy) is pinned only if it is listed too: `pip freeze` prints the whole list, and `pip-compile` or `uv pip compile --generate-hashes` write it with the digest of each file.
#
# An image that was built once does not change. So keep the image, and name it by its digest, when you hand over a result.

# %% [markdown]
# ### Exercise: same result
#
# The project in `work/08/same` has all three faults. Mend them: in JupyterLab's file browser open `work/08/same`, or change the files from a cell.
#
# - **Goal:** the training gives the same model on Monday and on Tuesday.
# - **Success:** the containers `monday-08` and `tuesday-08`, which the cell below makes from two builds, hold the same `/work/model.joblib`.
#
# <details><summary>Hint 1</summary>
#
# There is one fault in `requirements.txt` and there are two in `train.py`. Step 2 shows how `train.py` was without them.
#
# </details>

# %% tags=["learner"]
# Change the files in work/08/same, here or in an editor:

# %% tags=["solution"]
same = work / "same"
(same / "requirements.txt").write_text("scikit-learn==1.8.0\n")
text = (same / "train.py").read_text()
text = text.replace("flowers.target)", "flowers.target, random_state=8)")
text = text.replace(', "made": str(datetime.now())', "")
(same / "train.py").write_text(text)
print(*[line for line in text.splitlines() if "random" in line or "dump" in line], sep="\n")

# %% [markdown]
# Then run this cell: two builds, each with its day's index, and one training with each.

# %% language="sh" tags=["volatile"]
# docker rm -f monday-08 tuesday-08 > /dev/null 2>&1
# build="docker build -q --provenance=false"
# $build --build-arg INDEX="/wheelhouse" -t monday-08 work/08/same
# $build --build-arg INDEX="/wheelhouse /wheelhouse-newer" -t tuesday-08 work/08/same
# docker run --name monday-08 monday-08
# docker run --name tuesday-08 tuesday-08

# %%
check("08.same")

# %% tags=["learner"]
from labhelpers import hint, solution

# hint("08.same")  # remove the first #; each run shows one more

# %% [markdown]
# ## 4 · Data stays outside
#
# Code and environment go into the image. Should the data go there too? It would be one thing less to forget. Here are two versions of an image with 20 MB of data inside; between them one line was added to the data.

# %% language="sh"
# mkdir -p work/08/baked && cd work/08/baked
# yes "5.1,3.5,1.4,0.2,setosa" | head -c 20000000 > flowers.csv
# printf 'FROM localhost:5005/lab/busybox:1\nCOPY flowers.csv /\n' > Dockerfile
# docker build -q --provenance=false -t baked1-08 . > /dev/null
# echo "6.3,3.3,6.0,2.5,virginica" >> flowers.csv
# docker build -q --provenance=false -t baked2-08 . > /dev/null
# docker images --format '{{.Repository}}' "baked*-08" | sort

# %% [markdown]
# **Predict.** You push the second version after the first. How much of the data travels?
#
# a) One line. b) All 20 MB again. c) Nothing.

# %% tags=["learner"]
predict("08.baked", "…")  # a, b or c

# %% tags=["solution"]
predict("08.baked", "b")

# %% language="sh"
# for image in baked1-08 baked2-08; do
#   docker image inspect --format '{{join .RootFS.Layers "\n"}}' $image \
#     > work/08/$image.layers
#   docker history --format '{{.Size}} {{.CreatedBy}}' $image | grep COPY | cut -d# -f1
# done
# echo "layers in common: $(sort work/08/baked*.layers | uniq -d | wc -l)"

# %%
predict("08.baked")

# %% [markdown]
# The layer of the base is common to both. The layer with the data is another one, whole: a layer is read-only and has one digest, so one line more means 20 MB more, for every push and every pull. And everybody who may pull the image has the data.
#
# Data lives in a **volume**, or in a folder or store that is mounted when the container starts. One volume serves several people and several containers. `:ro` makes it read-only for those who only read:

# %% language="sh"
# docker volume create --label $LAB_LABEL flowers-08
# docker run --rm -v flowers-08:/data localhost:5005/lab/datascience:1 python -c '
# from sklearn.datasets import load_iris
# flowers = load_iris()
# with open("/data/flowers.csv", "w") as file:
#     for measures, kind in zip(flowers.data, flowers.target):
#         print(*measures, flowers.target_names[kind], sep=",", file=file)
# '
# reader="docker run --rm -v flowers-08:/data:ro localhost:5005/lab/busybox:1"
# $reader wc -l /data/flowers.csv
# $reader rm /data/flowers.csv 2>&1 || echo "it stays as it is"

# %% [markdown]
# For a result that can be had again, note the digest of the data beside the digest of the image. A lecture slide says that a Dockerfile is "reproducible if you include static data". Steps 2 and 3 showed why that is not enough, and this one why it need not be included.
#
# ## 5 · A notebook on a schedule
#
# A report that is made every night, for every country, is one notebook run many times with other parameters. In 2018 Netflix wrote that it was moving its 10,000 scheduled jobs to such notebooks, each run in a container of its own. The tool that it made for this, **papermill**, is in our image.
#
# A notebook with two cells. The first is tagged `parameters`: papermill puts the run's own values after it.

# %%
import nbformat

tag = {"tags": ["parameters"]}
parameters = nbformat.v4.new_code_cell('species = "setosa"', metadata=tag)
report = nbformat.v4.new_code_cell("""import csv, platform

rows = [row for row in csv.reader(open("/data/flowers.csv")) if row[4] == species]
mean = sum(float(row[2]) for row in rows) / len(rows)
print(f"{species}: {len(rows)} flowers, petals of {mean:.2f} cm")
print("made on", platform.node())""")
kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
notebook = nbformat.v4.new_notebook(
    cells=[parameters, report],
    metadata={"kernelspec": kernel},
)
nbformat.write(notebook, work / "report.ipynb")
print("report.ipynb:", len(notebook.cells), "cells")

# %% language="sh" tags=["volatile"]
# docker run --rm -u $(id -u):$(id -g) -v "$PWD/work/08:/work" -v flowers-08:/data:ro \
#   localhost:5005/lab/datascience:1 \
#   papermill --no-progress-bar --parameters species virginica report.ipynb trial.ipynb

# %% language="sh"
# docker run --rm -v "$PWD/work/08:/work:ro" localhost:5005/lab/datascience:1 python -c '
# import json
# for cell in json.load(open("trial.ipynb"))["cells"]:
#     for output in cell["outputs"]:
#         print(output["text"][0], end="")
# '

# %% [markdown]
# `report.ipynb` is unchanged; `trial.ipynb` is a record: what was run, with which parameter, and what came out. Open it in JupyterLab. When such a run fails, you read the failure in its notebook, at its cell.
#
# ### Exercise: schedule a notebook
#
# Tonight's schedule has three runs: `setosa`, `versicolor` and `virginica`.
#
# - **Goal:** run `report.ipynb` in containers, once for each of the three.
# - **Success:** three executed notebooks are in `work/08/reports`, they are yours, and each was made in a container for another species.
#
# <details><summary>Hint 1</summary>
#
# A loop in the shell: `for species in setosa versicolor virginica; do …; done`. The name of the output has to change as well.
#
# </details>

# %% tags=["learner"]
# Your commands; a cell that begins with %%sh takes a loop. Make the folder first.

# %% tags=["solution", "volatile"] language="sh"
# mkdir -p work/08/reports
# for species in setosa versicolor virginica; do
#   docker run --rm -u $(id -u):$(id -g) -v "$PWD/work/08:/work" -v flowers-08:/data:ro \
#     localhost:5005/lab/datascience:1 papermill --no-progress-bar \
#     --parameters species $species report.ipynb reports/$species.ipynb &
# done
# wait

# %% tags=["solution"] language="sh"
# ls work/08/reports

# %%
check("08.schedule")

# %% tags=["learner"]
# hint("08.schedule")  # remove the first #; each run shows one more

# %% [markdown]
# In the solution the three run at the same time: `&` starts each in the background. A scheduler (cron, Airflow, Kubernetes) does the same with a clock, and on many machines.
#
# ## 6 · A model that answers
#
# "Here is the model, ready to run" means: one command, and it answers. A small server, with the model from step 1:

# %%
# %%writefile work/08/app.py
import joblib
from flask import Flask, request

found = joblib.load("monday.joblib")
app = Flask(__name__)


@app.get("/")
def answer() -> str:
    measures = [float(number) for number in request.args["cm"].split(",")]
    return str(found["names"][found["model"].predict([measures])[0]])


app.run(host="127.0.0.1", port=8000)

# %% [markdown]
# While you develop, it is practical to mount the folder: you change a file, and start again. The image has what does not change, here Flask on top of scikit-learn:

# %% language="sh" tags=["volatile"]
# docker build -q --provenance=false -t serve-08 - <<'END'
# FROM localhost:5005/lab/datascience:1
# RUN pip install flask==3.1.3
# END
# docker run -d --name trial-08 -p 127.0.0.1:8801:8000 -v "$PWD/work/08:/work" \
#   serve-08 python app.py

# %% [markdown]
# **Predict.** The server listens on 127.0.0.1 of its container, port 8000, which is published as 8801. Who answers outside?
#
# a) The server. b) Nobody. c) `docker run` fails.

# %% tags=["learner"]
predict("08.loopback", "…")  # a, b or c

# %% tags=["solution"]
predict("08.loopback", "b")

# %% language="sh"
# docker exec trial-08 python -c '
# import time, urllib.request
# for _ in range(300):
#     try:
#         page = urllib.request.urlopen("http://127.0.0.1:8000/?cm=6.3,3.3,6.0,2.5")
#         break
#     except OSError:
#         time.sleep(0.2)
# print("inside:", page.read().decode())
# '

# %%
print("outside:", visit("http://127.0.0.1:8801/?cm=6.3,3.3,6.0,2.5", wait=2))

# %%
predict("08.loopback")

# %% [markdown]
# `127.0.0.1` means "this machine", and a container has a network of its own, so it means "this **container**". What is published arrives at the container from outside, at another of its addresses. A server in a container listens on **`0.0.0.0`**, all addresses, and `-p 127.0.0.1:…` on your side keeps others out.
#
# And `serve-08` is not what you hand over: without your folder it has no model.

# %% [markdown]
# ### Exercise: ready to run
#
# - **Goal:** make an image that needs nothing from your machine, and run it as `model-08`.
# - **Success:** <http://127.0.0.1:8808/?cm=5.1,3.5,1.4,0.2> answers `setosa`, from a container without any mount.
#
# <details><summary>Hint 1</summary>
#
# A Dockerfile in `work/08` that starts `FROM serve-08`, copies two files and says what to run. And one word in `app.py` has to change.
#
# </details>

# %% tags=["learner"]
# Your Dockerfile, build and run:

# %% tags=["solution"]
app = (work / "app.py").read_text().replace('host="127.0.0.1"', 'host="0.0.0.0"')
(work / "app.py").write_text(app)
print(app.splitlines()[-1])

# %% tags=["solution", "volatile"] language="sh"
# cat > work/08/Dockerfile <<'END'
# FROM serve-08
# COPY app.py monday.joblib ./
# EXPOSE 8000
# CMD ["python", "app.py"]
# END
# docker build -q --provenance=false -t model-08 work/08
# docker run -d --name model-08 -p 127.0.0.1:8808:8000 model-08

# %% tags=["solution"]
print(visit("http://127.0.0.1:8808/?cm=5.1,3.5,1.4,0.2", wait=60))

# %%
check("08.serve")

# %% tags=["learner"]
# hint("08.serve")  # remove the first #; each run shows one more

# %% [markdown]
# That is **build, ship, run** in data science: the training built the model, the image ships it with its environment, and `docker run` is all that the other team needs. Its tag is the version of the model, its digest the proof.
#
# ## 7 · Environments that others made
#
# **A development container** is the same idea for the time in which you write code: the whole team works in one image, and a new member is ready as soon as it is pulled. The file `.devcontainer/devcontainer.json` describes it, and VS Code and GitHub Codespaces read it: **a Codespace is a container**. This workshop has one:

# %%
import json

import labhelpers

folder = Path(labhelpers.__file__).parents[1] / ".devcontainer"
described = json.loads((folder / "devcontainer.json").read_text())
stages = ["image", "features", "onCreateCommand"]
stages += ["updateContentCommand", "postAttachCommand"]
for key in stages:
    print(f"{key}: {described[key]}")

# %% [markdown]
# Its stages, in order: the **image** is pulled or built; **features** add what it lacks (here an engine of its own, inside the container); **onCreateCommand** and **updateContentCommand** prepare the project, once; **postAttachCommand** runs each time that you come back. What the first two prepared can be kept as a prebuild: then the next member of the team waits for seconds.
#
# **Images for data science** exist already. The Jupyter Docker Stacks are the best known, on quay.io since 2023:
#
# | image | holds |
# | --- | --- |
# | `quay.io/jupyter/base-notebook` | JupyterLab |
# | `quay.io/jupyter/scipy-notebook` | and numpy, pandas, scikit-learn and more |
# | `quay.io/jupyter/datascience-notebook` | and R and Julia |
# | `quay.io/jupyter/pytorch-notebook` | and PyTorch |
#
# ```
# docker run --rm -p 127.0.0.1:8810:8888 quay.io/jupyter/scipy-notebook:2025-03-14
# ```
#
# (This one needs a network; `-v` brings your folder in.) One team builds such an image well, and everybody saves the work: **shared images speed everyone up**. Take a tag with a date or, better, a digest; `latest` moves.

# %% [markdown]
# ## 8 · A GPU
#
# A container uses the kernel of its host, so it uses the driver of its host. `--gpus all` hands over the devices and the driver's libraries:

# %% language="sh" tags=["volatile"]
# docker run --rm --gpus all localhost:5005/lab/datascience:1 nvidia-smi 2>&1 | head -15

# %% [markdown]
# Where there is a GPU, you see its name, its driver and its memory. Where there is none, or the engine was not told about it, the message says that no device driver could be selected. What has to be where:
#
# | on the host | in the image |
# | --- | --- |
# | the GPU, and NVIDIA's driver for it | CUDA's libraries, in the version that your framework wants |
# | the NVIDIA Container Toolkit, made known to the engine with `nvidia-ctk runtime configure` | PyTorch, JAX or TensorFlow |
#
# CUDA itself need not be installed on the host. Sharing a GPU is therefore easier with containers than with virtual machines, where the device is usually handed to one machine as a whole. But it is not free of the host: an image that wants a newer driver than the host has does not run.
#
# ## 9 · Many people, many steps, many machines
#
# What you did by hand today has the same parts when it is large:
#
# | today | at scale |
# | --- | --- |
# | one folder, one person | **several people**: one image for all, by digest, and one volume or store with the data |
# | three trainings in a loop | **workflows**: each step a container, which hands files to the next; a failed step is run again alone |
# | `model-08` | **several components**: the model, a web page, a queue, a database, each an image (notebook 07) |
# | you typed `docker build` | **pipelines** (CI/CD): a push builds the image, trains, compares the result, and ships the model |

# %% [markdown]
# Two platforms that do this on Kubernetes, which runs containers on many machines. Look at what they run:
#
# | | Kubeflow | Polyaxon |
# | --- | --- | --- |
# | a notebook | a container from a Jupyter image, for each person | a service in a container: `polyaxon run --hub notebook` |
# | a step of a pipeline | a pod that starts the container of this step | an operation: a container, with others before it (`init`) and beside it (`sidecars`) |
# | a training on several machines | one container for each worker | one container for each worker |
# | a model that answers | a container that serves it (KServe) | a service in a container |
#
# Whatever such a platform promises, it begins with an image that runs with one command. You have built one.

# %% [markdown]
# ## What usually goes wrong
#
# | you see | because | do |
# | --- | --- | --- |
# | another digest at each run | no seed, a time or a path in the file, several threads | set every seed; write times beside; `OMP_NUM_THREADS=1` |
# | another result after a new build | a package without a version, a base image by a moving tag | pin with a lock file; `FROM NAME@sha256:…` |
# | `InconsistentVersionWarning` when a model is loaded | it was saved by another scikit-learn | load it in the image that trained it |
# | the image is huge, and every push takes minutes | data or a model is in a layer with the code | mount the data; copy the large and stable first |
# | `No kernel name found in notebook` | the notebook says nothing of its kernel | save it from JupyterLab, or `papermill -k python3` |
# | the executed notebooks belong to root | the container ran as root | `-u $(id -u):$(id -g)` |
# | no answer, though the port is published | the server listens on 127.0.0.1 inside | listen on `0.0.0.0` |
# | `could not select device driver … [[gpu]]` | no GPU, or no NVIDIA Container Toolkit | install driver and toolkit on the host |

# %% [markdown]
# ## What to remember
#
# - A result is code with its seed, data with its digest, and an environment as an image with its digest.
# - Data and results stay outside, in volumes and folders; code and environment go in; and a model that is handed over goes in too.
# - A server in a container listens on `0.0.0.0`; who may reach it is decided by `-p`.
#
# ## Clean up this notebook
#
# The containers, the volume and the images whose names end in `-08`, and the folder `work/08`. You see each container and image as it is removed.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop --filter name=-08$"
# docker ps --all $ours --format '{{.Names}}' | sort | xargs -r docker rm -f
# docker volume ls -q $ours | xargs -r docker volume rm
# docker images --filter label=org.labhelpers.workshop --filter reference=*-08 \
#   --format '{{.Repository}}' | xargs -r docker rmi -f | grep ^Untagged | sort
# rm -r work/08

# %% [markdown]
# ## Where to go next
#
# You know now why people who work with data learn containers. [09 Build, ship, run](09_build_ship_run.ipynb) is the end of the core path: the whole way, with a teammate. [03 Containers](03_containers.ipynb) has the commands at length, and [00 Start here](00_start_here.ipynb) lists all the notebooks.
#
# <small>Sources: Netflix Technology Blog, [Part 2: Scheduling Notebooks at Netflix](https://netflixtechblog.com/scheduling-notebooks-348e6c14cfd6) (August 2018); [papermill](https://papermill.readthedocs.io/); [Jupyter Docker Stacks](https://jupyter-docker-stacks.readthedocs.io/); [development containers](https://containers.dev/); [installing the NVIDIA Container Toolkit](https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html); [Kubeflow Pipelines: pipeline](https://www.kubeflow.org/docs/components/pipelines/concepts/pipeline/); [Polyaxon](https://github.com/polyaxon/polyaxon). Sizes and results: measured by this notebook.</small>
