# ---
# jupyter:
#   labhelpers:
#     title: Images and layers
#     minutes: 30
#     covers: [26, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 63, 64]
#     afterwards:
#       - say what a layer, an image, a container, a tag and a digest are, and show each on your own machine
#       - find which step of a build stored which bytes, also those that nobody can see any more, and get rid of them
#       - order a Dockerfile so that a small change leads to a short build
# ---

# %% [markdown]
# # Images and layers
#
# **Afterwards you can**
#
# - say what a layer, an image, a container, a tag and a digest are, and show each on your own machine;
# - find which step of a build stored which bytes, also those that nobody can see any more, and get rid of them;
# - order a Dockerfile so that a small change leads to a short build.
#
# **Time:** about 30 minutes. **You need:** [03 Containers](03_containers.ipynb).
#
# ![Layers, image, containers. At the bottom a stack of three read-only layers, together an image: the layers of busybox, one made by COPY page.txt, one made by RUN echo. Two containers stand on the same image, each with a writable layer of its own. Container one has changed page.txt: the file was copied up into its writable layer. Container two has changed nothing.](pictures/layers.svg)
#
# <details><summary>The picture in words</summary>
#
# - A **layer** is a read-only set of files: what one step of a build added, changed or removed.
# - An **image** is a read-only stack of layers, with a note on what to start. It is stored once.
# - A **container** is a read-write instance of an image: a thin writable layer of its own on top of the image's layers.
# - Who reads a file looks from the top layer down; the first one found counts. Who changes a file of the image gets a copy of it in the writable layer first.
#
# </details>

# %% [markdown]
# Every image and container of this notebook has a name that ends in `-04`; its files are in the folder `work/04` beside it. The first cell removes what an earlier run left behind.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop"
# docker ps -aq $ours --filter name=-04$ | xargs -r docker rm -f > /dev/null
# docker volume ls -q $ours --filter name=-04$ | xargs -r docker volume rm > /dev/null
# docker images $ours --filter 'reference=*-04' --format '{{.Repository}}:{{.Tag}}' \
#   | xargs -r docker rmi -f > /dev/null
# docker images -q --filter label=lesson=layers-04 | sort -u \
#   | xargs -r docker rmi -f > /dev/null
# rm -rf work/04
# echo "Nothing of an earlier run is left."

# %% [markdown]
# ## 1 · From a Dockerfile to layers
#
# An image is built from a **Dockerfile**: a text file with one instruction per line. `FROM` names the image to stand on. The folder that is handed to the build is its **context**: `COPY` takes files from there.

# %% language="sh"
# mkdir -p work/04/first
# echo "A page in an image" > work/04/first/page.txt
# cat > work/04/first/Dockerfile <<'END'
# FROM localhost:5005/lab/busybox:1
# LABEL lesson="layers-04"
# ENV GREETING="Hello"
# COPY page.txt /page.txt
# RUN echo "made by a command" > /made.txt
# CMD ["cat", "/page.txt"]
# END
# ls work/04/first

# %% [markdown]
# `-f` says which Dockerfile, `-t` gives a name and a **tag** (after the colon), and the last word is the context. Two seconds:

# %% language="sh" tags=["volatile"]
# docker build -f work/04/first/Dockerfile -t first-04:1.0 work/04/first

# %%
# !docker run --rm first-04:1.0

# %% [markdown]
# **Predict.** Five instructions stand below `FROM`. How many layers did they add to those of `busybox`?
#
# a) Two. b) Five, one for each. c) One: the image.

# %% tags=["learner"]
from labhelpers import predict

predict("04.layers", "…")  # a, b or c

# %% tags=["solution"]
from labhelpers import predict

predict("04.layers", "a")

# %% language="sh"
# docker history --format 'table {{.Size}}\t{{.CreatedBy}}' first-04:1.0 | head -6

# %%
predict("04.layers")

# %% [markdown]
# `docker history` lists the steps, the newest on top. Only `COPY` and `RUN` stored files. `LABEL`, `ENV` and `CMD` are 0 bytes: they wrote a line into the image's **configuration**. `explore` draws the same as a stack: boxes are layers, thin lines are steps that made none. Choose a box to see its files.

# %% tags=["volatile"]
from labhelpers import explore

explore("first-04:1.0")

# %% [markdown]
# ### Exercise: count
#
# The next cell writes another Dockerfile. Read it, and say what it will make before you build it.

# %% language="sh"
# mkdir -p work/04/count
# cat > work/04/count/Dockerfile <<'END'
# FROM first-04:1.0
# ENV MODE="quiet"
# RUN dd if=/dev/zero of=/numbers bs=1000 count=300 2> /dev/null
# EXPOSE 80
# RUN head -c 50000 /numbers > /part
# USER nobody
# CMD ["ls", "/"]
# END
# cat work/04/count/Dockerfile

# %% [markdown]
# - **Goal:** build it as `count-04:1.0`, with the folder `work/04/count` as its context, and read its history.
# - **Success:** `layers` is the number of layers that it adds to those of `first-04:1.0`, and `largest` the bytes of the largest of them.
#
# <details><summary>Hint 1</summary>
#
# The command is that of step 1 with other names. Then `docker history count-04:1.0`: which lines came new, and which of them are more than 0 bytes?
#
# </details>

# %% tags=["learner"]
# Your command, with ! in front, and what you found:
layers = None
largest = None  # in bytes: 1 kB is 1000

# %% tags=["solution", "volatile"] language="sh"
# docker build -t count-04:1.0 work/04/count

# %% tags=["solution"] language="sh"
# docker history --format '{{.Size}}\t{{.CreatedBy}}' count-04:1.0 | head -6

# %% tags=["solution"]
layers, largest = 2, 300_000
print(layers, largest)

# %%
from labhelpers import check

check("04.count", layers=layers, largest=largest)

# %% tags=["learner"]
from labhelpers import hint, solution

# hint("04.count")  # remove the first #; each run shows one more

# %% [markdown]
# ## 2 · Blueprint and instance
#
# You have met this relation before, under other names.
#
# ![Three columns side by side. Docker: a Dockerfile becomes an image by docker build, and the image becomes containers by docker run. A program in C: source code is compiled to an executable file, which becomes processes when it is run. A class in Python: from a base class, the image after FROM, inherits a class, the image, and calling it gives instances, the containers.](pictures/analogies.svg)
#
# <details><summary>The picture in words</summary>
#
# - As source code is compiled to an executable file, and that is run as processes, a **Dockerfile** is built to an **image**, and that is run as **containers**. An image on disk runs as little as a program on disk.
# - The image after `FROM` is like a base class: the new image inherits its files and settings, adds some and overrides others. A container is an instance: it has a state of its own and leaves its class alone.
#
# </details>


# %%
class First:
    """The image first-04:1.0."""

    greeting = "Hello"

    def page(self) -> str:
        return "A page in an image"


class Child(First):
    """FROM first-04:1.0, with another page."""

    def page(self) -> str:
        return "The child's page"


print(Child().greeting, "·", Child().page())

# %% [markdown]
# Now with images: the child brings a page of its own, and nothing else.

# %% language="sh"
# mkdir -p work/04/page
# echo "The child's page" > work/04/page/page.txt
# cat > work/04/page/Dockerfile <<'END'
# FROM first-04:1.0
# COPY page.txt /page.txt
# END
# docker build --quiet -t page-04:1.0 work/04/page > /dev/null
# docker run --rm page-04:1.0 sh -c 'echo "$GREETING · $(cat /page.txt)"'

# %% [markdown]
# `GREETING`, `made.txt` and the command were inherited, the page was overridden. Put side by side, the two images share their lower layers: these are stored once, and drawn once.

# %% tags=["volatile"]
explore("first-04:1.0", compare="page-04:1.0")

# %% [markdown]
# ## 3 · A container writes on top
#
# Two containers from one image, both waiting:

# %% language="sh" tags=["volatile"]
# docker run -d --name one-04 page-04:1.0 sleep 3600
# docker run -d --name two-04 page-04:1.0 sleep 3600

# %% [markdown]
# **Predict.** `one-04` overwrites `/page.txt`, a file of the image. What does `two-04` read there afterwards?
#
# a) The new text: both use the same image. b) The old text. c) Nothing: writing fails, images are read-only.

# %% tags=["learner"]
predict("04.two-containers", "…")  # a, b or c

# %% tags=["solution"]
predict("04.two-containers", "b")

# %% language="sh"
# docker exec one-04 sh -c 'echo "Changed by one" > /page.txt'
# docker exec one-04 cat /page.txt
# docker exec two-04 cat /page.txt

# %%
predict("04.two-containers")

# %% [markdown]
# The image did not change, and writing worked all the same: the engine copied the file up into the **writable layer** of `one-04`, and changed the copy. That is **copy-on-write**. `docker diff` lists what a writable layer holds: `A` added, `C` changed, `D` deleted.

# %%
# !docker diff one-04

# %% [markdown]
# The explorer puts the writable layer on top of the image, and looks again every two seconds. Let it stand, open a terminal, type `docker exec one-04 rm /made.txt`, and watch.

# %% tags=["volatile"]
explore(container="one-04")

# %% [markdown]
# So containers are light: no operating system is copied, the image's layers are shared by all, and a container costs what it changes. The price: the first write to a large file copies all of it. What changes much (a database) belongs in a volume, which is no layer at all.
#
# ### Exercise: copy on write
#
# The next cell starts a container, and that writes something.

# %% language="sh" tags=["volatile"]
# docker volume create --label $LAB_LABEL data-04
# docker run -d --name writer-04 -v data-04:/data page-04:1.0 \
#   sh -c 'date > /data/log.txt; echo "and more" >> /made.txt; sleep 3600'

# %% [markdown]
# - **Goal:** look at `/page.txt`, `/made.txt` and `/data/log.txt` in `writer-04`. Each lives in another place: a layer of the image, a volume, the writable layer.
# - **Success:** `path` is the one that lies in the writable layer.
#
# <details><summary>Hint 1</summary>
#
# One command of this step lists what a writable layer holds.
#
# </details>

# %% tags=["learner"]
# Your command, with ! in front, and what you found:
path = "…"

# %% tags=["solution"]
# !docker diff writer-04 | sort
path = "/made.txt"

# %%
check("04.copy-on-write", path=path)

# %% tags=["learner"]
# hint("04.copy-on-write")  # remove the first #; each run shows one more

# %% [markdown]
# ## 4 · A tag moves, a digest does not
#
# You correct the page, and build again under the same name:

# %% language="sh"
# echo "The corrected page" > work/04/page/page.txt
# docker build --quiet -t page-04:1.0 work/04/page > /dev/null
# docker run --rm page-04:1.0

# %% [markdown]
# **Predict.** `two-04` was started from `page-04:1.0` before that. You restart it. Which page does it show?
#
# a) The corrected page: that is what the tag means now. b) The old page. c) None: its image was overwritten.

# %% tags=["learner"]
predict("04.tag", "…")  # a, b or c

# %% tags=["solution"]
predict("04.tag", "b")

# %% language="sh"
# docker restart -t 0 two-04
# docker exec two-04 cat /page.txt

# %%
predict("04.tag")

# %% language="sh"
# docker images --filter label=lesson=layers-04 --filter dangling=true \
#   --format '{{.Repository}}:{{.Tag}}'

# %% [markdown]
# `<none>:<none>` is the old image. It lost its name to the new one, and is still there, because a container stands on it. You often read that every image has a name and a tag. More exactly: **a tag is a label that can be moved**; an image can have several, or none (then it is called *untagged* or *dangling*). A container belongs to an image, not to a name.
#
# What never moves is the **digest**, a checksum of the content. Pull an image, and you see the digest under which its registry knows it:

# %% language="sh" tags=["volatile"]
# docker pull --quiet localhost:5005/lab/busybox:1
# docker image inspect --format '{{index .RepoDigests 0}}' localhost:5005/lab/busybox:1

# %% [markdown]
# Written after `@`, it is a name for exactly these bytes, wherever the tag will point next year:

# %% language="sh"
# exact=$(docker image inspect --format '{{index .RepoDigests 0}}' \
#   localhost:5005/lab/busybox:1)
# docker run --rm "$exact" echo "run by digest"

# %% [markdown]
# A **registry** is a store of images; ours is `localhost:5005`. In a name without one, `docker` looks at Docker Hub, the main public registry. Build → push → search or pull → run is how images travel: notebook 06.
#
# `docker tag` gives one more name to an image, `docker rmi` takes a name away. The image itself goes with its last name:

# %% language="sh"
# docker tag page-04:1.0 page-04:stable
# docker rmi page-04:stable
# docker run --rm page-04:1.0

# %% [markdown]
# ## 5 · What a later step cannot remove
#
# This build needs a token. The author is careful, and deletes it again:

# %% language="sh"
# mkdir -p work/04/leak
# echo "token-of-ada-2026" > work/04/leak/token.txt
# cat > work/04/leak/Dockerfile <<'END'
# FROM first-04:1.0
# COPY token.txt /token.txt
# RUN wc -c < /token.txt > /length.txt
# RUN rm /token.txt
# END
# docker build --quiet -t leak-04:1.0 work/04/leak > /dev/null
# docker run --rm leak-04:1.0 cat /length.txt

# %% tags=["fails"]
# !docker run --rm leak-04:1.0 cat /token.txt

# %% [markdown]
# **Predict.** No container shows the token. You give the image to somebody. Can they read it?
#
# a) No, it was deleted. b) Only with the Dockerfile. c) Yes.

# %% tags=["learner"]
predict("04.secret", "…")  # a, b or c

# %% tags=["solution"]
predict("04.secret", "c")

# %% [markdown]
# `docker save` writes an image as an archive: its configuration, and one archive for each layer. Somebody opens each of them, and asks for that file:

# %% language="sh"
# mkdir -p work/04/opened
# docker save leak-04:1.0 | tar -x -C work/04/opened
# for layer in work/04/opened/blobs/sha256/*; do
#   tar -xOf $layer token.txt 2> /dev/null
# done || true

# %%
predict("04.secret")

# %% [markdown]
# The layer of `COPY` still holds the file, and every pull brings it along. The layer of `rm` holds a **whiteout**: a mark that says "this name is hidden". **A layer can hide what lies below it; nothing can take it out.** The explorer shows both, and the tab *Waste* what is stored for nobody. Choose the layer of `COPY`, then `token.txt`, and read it.

# %% tags=["volatile"]
look = explore("leak-04:1.0")
look.mode = "waste"
look

# %% [markdown]
# Nor does a secret belong in `ENV` or `ARG`: both stand in the image's configuration and history, for everybody to read. A build gets a secret with `--mount=type=secret`: one `RUN` step sees it as a file, and no layer stores it.
#
# ```
# RUN --mount=type=secret,id=NAME   …the command reads /run/secrets/NAME…
# docker build --secret id=NAME,src=FILE …
# ```
#
# And a secret that was in an image is not a secret any more: change it.
#
# ### Exercise: the leaked secret

# %% language="sh"
# mkdir -p work/04/vault
# printf 'sesame-%s\n' $(hostname | cksum | cut -d' ' -f1) > work/04/vault/pass.txt
# cat > work/04/vault/Dockerfile <<'END'
# FROM first-04:1.0
# RUN mkdir /etc/vault
# COPY pass.txt /etc/vault/pass.txt
# RUN md5sum < /etc/vault/pass.txt > /sum.txt
# RUN rm -r /etc/vault
# END
# docker build --quiet -t vault-04:1.0 work/04/vault > /dev/null
# docker run --rm vault-04:1.0 ls /etc

# %% [markdown]
# - **Goal:** find the layer of `vault-04:1.0` that still holds `pass.txt`, and what is in it. Then change `work/04/vault/Dockerfile` (open it in the file browser on the left) and build `vault-04:2.0`: with the same `/sum.txt`, and the password nowhere.
# - **Success:** `layer` is the number of that layer (the base is 0), `secret` its content, and `vault-04:2.0` holds it in no layer, in no setting, in no line of its history.
#
# <details><summary>Hint 1</summary>
#
# `explore("vault-04:1.0")` in the cell below: the number stands in each box, and a file that is chosen shows its content.
#
# </details>

# %% tags=["learner"]
# Your commands, with ! in front, and what you found:
layer = None
secret = "…"

# %% tags=["solution"]
from pathlib import Path

from labhelpers import open_image

for one in open_image("vault-04:1.0").layers:
    print(one.number, "etc/vault/pass.txt" in one.index.paths)

# %% tags=["solution"] language="sh"
# cat <<'END' > work/04/vault/Dockerfile
# FROM first-04:1.0 AS two
# RUN --mount=type=secret,id=pass md5sum < /run/secrets/pass > /sum.txt
# END
# docker build --quiet --secret id=pass,src=work/04/vault/pass.txt -t vault-04:2.0 \
#   work/04/vault > /dev/null && echo "built"

# %% tags=["solution"]
layer = 4
secret = Path("work/04/vault/pass.txt").read_text()
print("in layer", layer)

# %%
check("04.leaked-secret", layer=layer, secret=secret)

# %% tags=["learner"]
# hint("04.leaked-secret")  # remove the first #; each run shows one more

# %% [markdown]
# ## 6 · Make it small
#
# The same rule decides how large an image is. This build makes 20 MB of numbers, counts them, and removes them. **Predict:** how much does it add to `first-04:1.0`?

# %% language="sh"
# mkdir -p work/04/heavy
# cat > work/04/heavy/Dockerfile <<'END'
# FROM first-04:1.0
# RUN dd if=/dev/zero of=/numbers bs=1000 count=20000 2> /dev/null
# RUN wc -c < /numbers > /result.txt
# RUN rm /numbers
# END
# docker build --quiet -t heavy-04:1.0 work/04/heavy > /dev/null
# docker history --format 'table {{.Size}}\t{{.CreatedBy}}' heavy-04:1.0 | head -4

# %% [markdown]
# 20 MB for a result of 9 bytes: `rm` came in a later layer. Two ways out. Where one step can do all, do it in one step: `RUN make && use && rm`. Where that gets long, use a **multi-stage build**: several `FROM`s in one Dockerfile. The last one is the image; from the others you copy what you need, and the rest stays behind.

# %% language="sh"
# mkdir -p work/04/light
# cat > work/04/light/Dockerfile <<'END'
# FROM first-04:1.0 AS build
# RUN dd if=/dev/zero of=/numbers bs=1000 count=20000 2> /dev/null
# RUN wc -c < /numbers > /result.txt
#
# FROM first-04:1.0
# COPY --from=build /result.txt /result.txt
# END
# docker build --quiet -t light-04:1.0 work/04/light > /dev/null
# docker history --format 'table {{.Size}}\t{{.CreatedBy}}' light-04:1.0 | head -2
# docker run --rm light-04:1.0 cat /result.txt

# %% tags=["volatile"]
explore("heavy-04:1.0", compare="light-04:1.0")

# %% [markdown]
# Both hold the same result; B stores 20 MB less. In A, the tab *Waste* names the file, the two layers, and what to do.
#
# ### Exercise: slim it
#
# A model is trained from 10 MB of data, and answers with a small file. Its image holds the data too. (The cell takes some seconds: it pulls Python, and trains.)

# %%
from pathlib import Path

folder = Path("work/04/model")
folder.mkdir(parents=True, exist_ok=True)
_ = (folder / "raw.csv").write_text("".join(f"{x},{3 * x + 4}\n" for x in range(700_000)))
_ = (folder / "train.py").write_text("""\
rows = [[int(n) for n in line.split(",")] for line in open("raw.csv")]
(x0, y0), (x1, y1) = rows[0], rows[-1]
slope = (y1 - y0) / (x1 - x0)
open("model.txt", "w").write(f"{slope} {y0 - slope * x0}")
""")
_ = (folder / "predict.py").write_text("""\
import sys

slope, start = map(float, open("/app/model.txt").read().split())
print(slope * float(sys.argv[1]) + start)
""")
_ = (folder / "Dockerfile").write_text("""\
FROM localhost:5005/lab/python:3.11
LABEL lesson="layers-04"
WORKDIR /app
COPY . .
RUN python train.py
RUN rm raw.csv
ENTRYPOINT ["python", "/app/predict.py"]
""")
print(*sorted(path.name for path in folder.iterdir()))

# %% language="sh"
# docker pull --quiet localhost:5005/lab/python:3.11 > /dev/null
# docker build --quiet -t model-04:1.0 work/04/model > /dev/null
# docker history --format '{{.Size}}\t{{.CreatedBy}}' model-04:1.0 | head -5
# docker run --rm model-04:1.0 5

# %% [markdown]
# - **Goal:** change `work/04/model/Dockerfile`, and build `model-04:2.0`: it answers as before, without the data.
# - **Success:** `model-04:2.0` adds less than 100 kB to `lab/python:3.11`, and answers any number as `model-04:1.0` does.
#
# <details><summary>Hint 1</summary>
#
# Which files does `predict.py` need when it runs? Only those belong in the last stage.
#
# </details>

# %% tags=["learner"]
# Your command, with ! in front:

# %% tags=["solution"] language="sh"
# cat <<'END' > work/04/model/Dockerfile
# FROM localhost:5005/lab/python:3.11 AS train
# WORKDIR /train
# COPY raw.csv train.py ./
# RUN python train.py && ls
#
# FROM localhost:5005/lab/python:3.11 AS answer
# LABEL lesson="layers-04" step="answer"
# COPY predict.py /app/
# COPY --from=train /train/model.txt /app/
# ENTRYPOINT ["python3", "/app/predict.py"]
# END
# docker build --quiet -t model-04:2.0 work/04/model > /dev/null
# docker run --rm model-04:2.0 5

# %%
check("04.slim")

# %% tags=["learner"]
# hint("04.slim")  # remove the first #; each run shows one more

# %% [markdown]
# ## 7 · The build cache
#
# A build repeats only what it must. The step that sleeps stands for something slow. `explore.build` runs `docker build`, and draws the steps as they go. (The numbers in `a.txt` make sure that nothing comes from an earlier day.)

# %% language="sh"
# mkdir -p work/04/cache
# date +%N > work/04/cache/a.txt
# echo "one" > work/04/cache/b.txt
# cat > work/04/cache/Dockerfile <<'END'
# FROM first-04:1.0
# COPY a.txt /a.txt
# RUN sleep 3 && wc -l < /a.txt > /lines.txt
# COPY b.txt /b.txt
# RUN cat /lines.txt /b.txt > /all.txt
# END
# echo "written"

# %% tags=["volatile"]
build = explore.build("work/04/cache", tag="cache-04:1.0")

# %%
build

# %% [markdown]
# **Predict.** You change `b.txt` and build again. Which of the four steps are run?
#
# a) All four. b) `COPY b.txt`, and the `RUN` after it. c) `COPY b.txt` only.

# %% tags=["learner"]
predict("04.rebuild", "…")  # a, b or c

# %% tags=["solution"]
predict("04.rebuild", "b")

# %% tags=["volatile"]
_ = Path("work/04/cache/b.txt").write_text("two\n")
build = explore.build("work/04/cache", tag="cache-04:1.0")

# %%
build

# %%
predict("04.rebuild")

# %% [markdown]
# A step is taken from the **build cache** if its line is the same, the files that it copies are the same, and every step before it was taken from the cache. So one lost step means that all below it are run. And `RUN` is compared by its text only: a `RUN` that fetches something from the network is not run again because the network has news.
#
# Hence the order: **what changes seldom stands above what changes often.**
#
# ### Exercise: order for the cache
#
# This Dockerfile works, and installs its packages again after every change of `app.py`:

# %% language="sh"
# mkdir -p work/04/order
# echo "flask" > work/04/order/requirements.txt
# echo 'print("version 1")' > work/04/order/app.py
# cat > work/04/order/Dockerfile <<'END'
# FROM localhost:5005/lab/python:3.11
# LABEL lesson="layers-04"
# WORKDIR /app
# COPY . .
# RUN pip install --quiet -r requirements.txt
# CMD ["python", "app.py"]
# END
# ls work/04/order

# %% [markdown]
# - **Goal:** put its lines into an order in which a change of `app.py` runs the copy of `app.py` only. Build `order-04:1.0`, change the text in `app.py`, build `order-04:2.0`. (The first build takes about five seconds.)
# - **Success:** the two images share the layer with the packages, and differ in the layer with `app.py`.
#
# <details><summary>Hint 1</summary>
#
# What does `pip install` read? It need not wait for any other file.
#
# </details>

# %% tags=["learner"]
# Your commands, with ! in front:

# %% tags=["solution"] language="sh"
# cat <<'END' > work/04/order/Dockerfile
# FROM localhost:5005/lab/python:3.11
# LABEL lesson="layers-04" step="order"
# WORKDIR /app
# COPY requirements.txt .
# RUN pip install -r requirements.txt
# COPY app.py .
# CMD ["python", "/app/app.py"]
# END
# docker build --quiet -t order-04:1.0 work/04/order > /dev/null
# echo 'print("version 2")' > work/04/order/app.py
# docker build --quiet -t order-04:2.0 work/04/order > /dev/null
# docker run --rm order-04:1.0
# docker run --rm order-04:2.0

# %%
check("04.cache")

# %% tags=["learner"]
# hint("04.cache")  # remove the first #; each run shows one more

# %% [markdown]
# ## 8 · In and out without a registry
#
# `docker commit` makes an image of a container: its writable layer becomes one more read-only layer.

# %% language="sh"
# docker commit one-04 snapshot-04:1.0 > /dev/null
# docker history --format '{{.Size}}\t{{.CreatedBy}}' snapshot-04:1.0 | head -2
# docker run --rm snapshot-04:1.0 cat /page.txt

# %% [markdown]
# Good for keeping a state that you want to look at. Bad for building: the history says `sleep 3600`, and nobody can tell what was done. A Dockerfile can be read, reviewed and repeated.
#
# Two pairs of commands look alike. `save` and `load` move an **image**; `export` and `import` move a **container's files**. Take `first-04:1.0` through each:

# %% language="sh"
# docker tag first-04:1.0 travels-04:1.0
# docker save -o work/04/image.tar travels-04:1.0
# docker rmi travels-04:1.0
# docker load -i work/04/image.tar
# docker run --rm travels-04:1.0

# %% language="sh"
# docker create --name flat-04 first-04:1.0 > /dev/null
# docker export flat-04 \
#   | docker import --change "LABEL $LAB_LABEL" - flat-04:1.0 > /dev/null
# docker run --rm flat-04:1.0 cat /page.txt

# %% [markdown]
# **Predict.** The files came through both. You type `docker run --rm flat-04:1.0`, as you did with the others. What happens?
#
# a) It prints the page. b) An error: it does not know what to run. c) A shell starts.

# %% tags=["learner"]
predict("04.import", "…")  # a, b or c

# %% tags=["solution"]
predict("04.import", "b")

# %% tags=["fails"]
# !docker run --rm flat-04:1.0

# %%
predict("04.import")

# %% language="sh"
# docker image inspect travels-04:1.0 \
#   --format 'layers, saved and loaded: {{len .RootFS.Layers}}'
# docker image inspect flat-04:1.0 \
#   --format 'layers, exported and imported: {{len .RootFS.Layers}}'

# %% [markdown]
# `export` knows files only: no layers, no history, no `CMD`, no `ENV`. `save` keeps all of it. To hand over an image, `save` it, or better, push it.
#
# ## 9 · Who shares what
#
# Ten images later, how much disk do they take? Less than the sum: a layer is stored once, however many images stand on it.

# %% tags=["volatile"]
from labhelpers import shared_layers

shared_layers()

# %% [markdown]
# Each row is an image, made of the blocks to its left, the base first. A block in colour that reaches over several rows is stored once for all of them: look for the one that `model-04` and `order-04` stand on. `docker system df` counts in the same way. That is why images that stand on one base are cheap to store, and quick to pull: what is there already does not travel again.

# %% [markdown]
# ## What usually goes wrong
#
# | you see | because | do |
# | --- | --- | --- |
# | `COPY failed` or `not found` in a build, though the file exists | `COPY` looks in the build context only | name the folder that holds it as the last word of `docker build` |
# | the image is as large after `RUN rm …` | the file is in a lower layer | remove it in the `RUN` that made it, or use a build stage |
# | a secret is deleted, and scanners still find it | the same | `RUN --mount=type=secret`, and change the secret |
# | every build installs the packages again | something that changes often is copied before them | copy what the installation needs, install, copy the rest |
# | a rebuild does not see an update in the network | `RUN` is compared by its text | `docker build --no-cache`, or pin the version, and change it there |
# | `<none>` in `docker images` | the name has moved to a newer build | `docker image prune` removes untagged images that no container uses |
# | `conflict: unable to remove` from `docker rmi` | a container, also a stopped one, stands on the image | `docker rm` the container first |
# | a changed image, and the old program runs | the container was made from the image before | a new container: `docker rm -f`, `docker run` |

# %% [markdown]
# ## What to remember
#
# - An image is a stack of read-only layers; a container adds one writable layer of its own. A tag can move, a digest cannot.
# - A layer can hide what is below it, and never take it out: this decides about secrets and about size.
# - In a Dockerfile, what changes seldom stands above what changes often.
#
# ## Clean up this notebook
#
# Containers first, then images: an image that a container uses stays. You see each name as it goes.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop"
# docker ps -a $ours --filter name=-04$ --format '{{.Names}}' | sort | xargs -r docker rm -f
# docker volume ls $ours --filter name=-04$ --format '{{.Name}}' | xargs -r docker volume rm
# docker images $ours --filter 'reference=*-04' --format '{{.Repository}}:{{.Tag}}' | sort \
#   | xargs -r docker rmi -f | grep Untagged
# docker images -q --filter label=lesson=layers-04 | sort -u \
#   | xargs -r docker rmi -f > /dev/null
# rm -r work/04

# %% [markdown]
# ## Where to go next
#
# Notebook 05 writes Dockerfiles, and repairs a broken one. Notebook 06 pushes images to a registry, and counts which layers travel.
#
# Back to [00 Start here](00_start_here.ipynb).
#
# <small>Sources: Docker's pages on the [build cache](https://docs.docker.com/build/cache/), [build secrets](https://docs.docker.com/build/building/secrets/), [multi-stage builds](https://docs.docker.com/build/building/multi-stage/) and the [storage drivers](https://docs.docker.com/engine/storage/drivers/) (copy-on-write); the [OCI image specification](https://github.com/opencontainers/image-spec/blob/main/layer.md) (layers, whiteouts). Sizes and times: measured by this notebook.</small>
