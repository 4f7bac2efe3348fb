# ---
# jupyter:
#   labhelpers:
#     title: Registries
#     minutes: 15
#     covers: [3, 56, 57, 58, 78, 79, 80, 81, 87, 88, 89, 90]
#     afterwards:
#       - read an image's name, and say to which registry it leads
#       - push, pull, and say which layers travel and which do not
#       - pin an image by its digest, and name it for a registry in the cloud
# ---

# %% [markdown]
# # Registries
#
# **Afterwards you can**
#
# - read an image's name, and say to which registry it leads;
# - push, pull, and say which layers travel and which do not;
# - pin an image by its digest, and name it for a registry in the cloud.
#
# **Time:** about 15 minutes. **You need:** [00 Start here](00_start_here.ipynb), with everything green.
#
# ![Build, ship, run. On your machine docker build makes an image from a Dockerfile and files. docker push brings it to a registry, where a tag points at it. On any other machine docker pull fetches it, and docker run starts containers from it. The digest is the same in all three places.](pictures/build_ship_run.svg)
#
# <details><summary>The picture in words</summary>
#
# 1. **Build**: on your machine, `docker build` makes an image from a Dockerfile and files.
# 2. **Ship**: `docker push` brings the image to a **registry**, where a tag points at it. `docker search` and the registry's page help others to find it.
# 3. **Run**: on any other machine, `docker pull` fetches the same bytes, known by the same **digest**, and `docker run` starts containers from them.
#
# At the harbour it is the same. A freight container is packed and sealed at the factory, with a number on its door; it is kept at the port, and found by its number; any ship, train or truck carries it, and none needs to know what is inside.
#
# </details>

# %% [markdown]
# Everything that this notebook makes has a name that ends in `-06`. The first cell removes what an earlier run left behind.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop"
# docker ps --all -q $ours --filter name=-06$ | xargs -r docker rm -f -v > /dev/null
# docker network ls -q $ours --filter name=-06$ | xargs -r docker network rm > /dev/null
# docker image ls --digests $ours --format '{{.Repository}} {{.Tag}} {{.Digest}}' \
#   | awk '$1 ~ /-06$/ {print $1 ($2 == "<none>" ? "@" $3 : ":" $2)}' \
#   | xargs -r docker image rm -f > /dev/null
# echo "Nothing of an earlier run is left."

# %% [markdown]
# ## 1 · A name, taken apart
#
# A **registry** is a server that stores images. Which one, the image's name says. It has up to four parts, and what is left out has a default:
#
# `registry / repository : tag @ digest`

# %%
from labhelpers.reference import parse

for name in ("python:3.11", "ada/site", "localhost:5005/lab/site:1.0"):
    one = parse(name)
    print(f"{name:28} {one.host:15} {one.path:15} {one.tag}")

# %% [markdown]
# | part | left out, it is | |
# | --- | --- | --- |
# | registry | `docker.io`, Docker Hub | recognised by a dot, a port, or `localhost` |
# | repository | never left out; on the hub, one word means `library/…` | a shelf: images of one kind |
# | tag | `latest` | a label that somebody can move |
# | digest | none | the identity of exactly these bytes |
#
# So `docker push site` goes to Docker Hub, whatever you meant. **The name decides where an image goes.**
#
# ## 2 · A registry of your own
#
# A registry is a program, and it comes as an image. This one is for you alone, at port 8306:

# %% tags=["volatile"]
# !docker run -d --name registry-06 -p 127.0.0.1:8306:5000 localhost:5005/lab/registry:2

# %% [markdown]
# `Registry` is a helper that looks into such a container. Then an image to ship: a page of one line, on top of the class's `site`.

# %%
from labhelpers import Registry

registry = Registry("registry-06", port=8306).start()
registry

# %% language="sh"
# docker pull -q localhost:5005/lab/site:1.0
# mkdir -p work/06
# echo '<html><h1>Version 1</h1></html>' > work/06/page.html
# printf 'FROM localhost:5005/lab/site:1.0\nCOPY page.html /srv/template.html\n' \
#   > work/06/Dockerfile
# docker build -q --provenance=false --label $LAB_LABEL -t site-06:1 work/06 > work/06/id
# docker image ls --format '{{.Repository}}:{{.Tag}}' site-06

# %% [markdown]
# Its name leads to Docker Hub. `docker tag` gives it a second name, which leads to your registry; nothing is copied. `registry.push` stands for `docker push`, and draws a bar for each layer while it travels:

# %% language="sh"
# docker tag site-06:1 localhost:8306/site-06:1
# docker image ls --format '{{.Repository}}:{{.Tag}}' --filter reference='*/site-06'

# %% tags=["volatile"]
first = registry.push("localhost:8306/site-06:1")
first

# %%
print(first.sentence)

# %% [markdown]
# What travels: each **layer**, compressed; the **configuration** (what to start, with which settings); last the **manifest**, a short list of all of them by digest. The digest of the manifest is the identity of the image.
#
# ### Exercise: push and pull back
#
# This cell makes an image of your own, `letter-06:1`, in the engine:

# %% language="sh"
# printf 'FROM localhost:5005/lab/site:1.0\nLABEL lesson=letter-06\nENV LETTER="to you"\n' \
#   | docker build -q --provenance=false --label $LAB_LABEL -t letter-06:1 - > work/06/id
# docker image ls --format '{{.Repository}}:{{.Tag}}' letter-06

# %% [markdown]
# - **Goal:** bring `letter-06:1` into the registry at `localhost:8306`, remove it from the engine, and pull it back.
# - **Success:** the registry holds the letter; the engine had it no longer, and fetched it again: the same digest.
#
# <details><summary>Hint 1</summary>
#
# A name says where an image goes. `docker tag OLD NEW` gives the image a second name; the new one begins with the registry.
#
# </details>

# %% tags=["learner"]
# Your commands, with ! in front:

# %% tags=["solution", "volatile"] language="sh"
# docker tag letter-06:1 localhost:8306/letter-06:1
# docker push localhost:8306/letter-06:1
# docker image rm letter-06:1 localhost:8306/letter-06:1
# docker pull localhost:8306/letter-06:1

# %%
from labhelpers import check, hint, predict

check("06.push-pull")

# %% tags=["learner"]
from labhelpers import hint, solution

# hint("06.push-pull")  # remove the first #; each run shows one more

# %% [markdown]
# ## 3 · Layers travel once
#
# A new version: only the page changes.

# %% language="sh"
# echo '<html><h1>Version 2</h1></html>' > work/06/page.html
# docker build -q --provenance=false --label $LAB_LABEL \
#   -t localhost:8306/site-06:2 work/06 > work/06/id
# docker image inspect --format '{{len .RootFS.Layers}} layers' localhost:8306/site-06:2

# %% [markdown]
# **Predict.** The image has five layers; only the page changed. How many does the second push send?
#
# a) All five. b) One. c) None: only the tag.

# %% tags=["learner"]
predict("06.second-push", "…")  # a, b or c

# %% tags=["solution"]
predict("06.second-push", "b")

# %% tags=["volatile"]
second = registry.push("localhost:8306/site-06:2")
second

# %%
print(second.sentence)

# %%
predict("06.second-push")

# %% [markdown]
# The counts are the registry's own: its log has a line for every request. Layers are kept by digest, once for all images that share them, and that is why a small change is a small push, and why many images on one base cost little. It holds for pulls as well.
#
# ### Exercise: what travelled
#
# - **Goal:** change the page once more, build `localhost:8306/site-06:3`, and push it. How many of its layers travelled?
# - **Success:** `layers` is the number that the registry's own log shows for the push of `site-06:3`.
#
# <details><summary>Hint 1</summary>
#
# The push says it for each layer: `Pushed` travelled, `Layer already exists` did not.
#
# </details>

# %% tags=["learner"]
# Your commands, with ! in front, and what you counted:
layers = None

# %% tags=["solution", "volatile"] language="sh"
# echo '<html><h1>Version 3</h1></html>' > work/06/page.html
# docker build -q --provenance=false --label $LAB_LABEL \
#   -t localhost:8306/site-06:3 work/06
# docker push localhost:8306/site-06:3

# %% tags=["solution"]
layers = 1
print(layers)

# %%
check("06.travelled", layers=layers)

# %% tags=["learner"]
# hint("06.travelled")  # remove the first #; each run shows one more

# %% [markdown]
# ## 4 · The tag that moves
#
# A tag is a label on a digest. Call version 1 `stable`:

# %% language="sh"
# docker tag localhost:8306/site-06:1 localhost:8306/site-06:stable
# docker push -q localhost:8306/site-06:stable
# docker run --rm localhost:8306/site-06:stable cat /srv/template.html

# %% [markdown]
# Meanwhile, on another machine, a colleague puts `stable` on version 2. This cell plays them: they reach the same registry under another name.

# %% language="sh"
# docker tag localhost:8306/site-06:2 127.0.0.1:8306/site-06:stable
# docker push -q 127.0.0.1:8306/site-06:stable

# %% [markdown]
# **Predict.** In the registry, `stable` means version 2 now. What does `docker run …:stable` run here?
#
# a) Version 2. b) Version 1. c) Nothing: it fails.

# %% tags=["learner"]
predict("06.moved", "…")  # a, b or c

# %% tags=["solution"]
predict("06.moved", "b")

# %%
# !docker run --rm localhost:8306/site-06:stable cat /srv/template.html

# %%
predict("06.moved")

# %% [markdown]
# The engine found an image of that name in its **image store**, and asked nobody. (Some slides call that store "the local registry". It is not one: it has no address, and nobody else can pull from it.) Only a pull asks the registry again:

# %% language="sh"
# docker pull -q localhost:8306/site-06:stable
# docker run --rm localhost:8306/site-06:stable cat /srv/template.html

# %% [markdown]
# The same command, two programs; on two machines, on one day. What cannot move is the digest: `NAME@sha256:…` means the same bytes for ever, or fails.
#
# ### Exercise: pin it
#
# - **Goal:** start a container `pinned-06` from what `stable` meant before it moved, by a name that cannot move.
# - **Success:** `pinned-06` runs from `localhost:8306/site-06@sha256:…` with the digest of version 1, while `stable` means version 2.
#
# <details><summary>Hint 1</summary>
#
# `docker pull localhost:8306/site-06:1` prints the digest of the manifest; `docker image inspect --format '{{.RepoDigests}}'` shows it, too.
#
# </details>

# %% tags=["learner"]
# Your commands, with ! in front:

# %% tags=["solution", "volatile"] language="sh"
# digest=$(docker image inspect --format '{{index .RepoDigests 0}}' \
#   localhost:8306/site-06:1)
# docker run -d --name pinned-06 $digest

# %%
check("06.pin")

# %% tags=["learner"]
# hint("06.pin")  # remove the first #; each run shows one more

# %% [markdown]
# ## 5 · Look into a registry
#
# What the registry holds, and what one of its images is made of, read straight from the registry: the engine is not asked, and nothing is pulled.

# %% tags=["volatile"]
registry

# %% tags=["volatile"]
from labhelpers import explore

view = explore("docker://localhost:8306/site-06:2")
view

# %%
for name in registry.repositories():
    print(name, registry.tags(name))
print(len(view.image.layers), "layers in site-06:2")

# %% [markdown]
# ## 6 · With a password
#
# Most registries ask who you are before you push. Here is one; its password is drawn at random, and is nowhere in this page.

# %%
import secrets

password = secrets.token_urlsafe(12)
private = Registry("private-06", port=8316, users={"ada": password}).start()
private

# %% tags=["volatile"] language="sh"
# docker tag localhost:8306/site-06:1 localhost:8316/site-06:1
# docker push localhost:8316/site-06:1 2>&1 | tail -1

# %% [markdown]
# `no basic auth credentials`, or `unauthorized`: you are not logged in. `login` stands for `docker login -u ada --password-stdin localhost:8316`; the password goes in by standard input, never on a command line, where every user of the machine could read it.

# %%
private.login("ada", password)
pushed = private.push("localhost:8316/site-06:1")
private.logout()
print(pushed.sentence)

# %% [markdown]
# Docker keeps a login in its configuration until `docker logout`: here in the workshop's own, never in yours.
#
# ## 7 · Docker Hub, its limits, and a cache
#
# **Docker Hub** is the largest public registry, and the one that a name without a registry means. Its social side is half of its worth: what one person builds and shares, thousands need not build. Pull what is official or what you trust, pin it, and build on it. Two limits to know:
#
# | who pulls | how often |
# | --- | --- |
# | nobody in particular (no login) | 100 times in 6 hours for each IPv4 address: a whole class behind one router shares them |
# | a free account | 200 times in 6 hours |
#
# A class or a company therefore puts a **pull-through cache** in between: a registry that fetches what it is asked for, once. Here your registry is the upstream, in place of the hub. This cell puts an image there that the engine has not, and a network around the two:

# %% language="sh"
# printf 'FROM localhost:5005/lab/site:1.0\nENV NEWS="today"\n' | docker build -q \
#   --provenance=false --label $LAB_LABEL -t localhost:8306/news-06:1 - > work/06/id
# docker push -q localhost:8306/news-06:1
# docker image rm localhost:8306/news-06:1 > work/06/id

# %% tags=["volatile"] language="sh"
# docker network create --label $LAB_LABEL net-06
# docker network connect net-06 registry-06

# %%
upstream = "http://registry-06:5000"
cache = Registry("cache-06", port=8326, upstream=upstream, network="net-06").start()
print("before the pull:", cache.repositories())
pulled = cache.pull("localhost:8326/news-06:1")
print("after the pull:", cache.repositories())

# %% tags=["volatile"]
print(cache.command)

# %% [markdown]
# `REGISTRY_PROXY_REMOTEURL` is all that makes it a cache. For the hub the value is `https://registry-1.docker.io`, and the engine learns of the cache from its configuration, `/etc/docker/daemon.json`: `{"registry-mirrors": ["https://cache.example.org"]}`. For a fixed set of images, fill a private registry beforehand, as this workshop does.
#
# ## 8 · In the cloud
#
# Every cloud has registries; the commands stay the same, and the name changes. At Google it is **Artifact Registry**. Its predecessor, Container Registry with names at `gcr.io`, was shut down on 18 March 2025: where a slide says `eu.gcr.io/project-id/site:1.0`, read

# %%
cloud = parse("us-east1-docker.pkg.dev/my-project/apps/site:1.0")
region = cloud.host.removesuffix("-docker.pkg.dev")
project, repository, image = cloud.path.split("/")
print(f"{region=} {project=} {repository=} {image=} tag={cloud.tag!r}")

# %% [markdown]
# With an account, these work as they stand (here they would ask you to log in):
#
# ```
# gcloud auth configure-docker us-east1-docker.pkg.dev
# docker push us-east1-docker.pkg.dev/my-project/apps/site:1.0
# gcloud builds submit --tag us-east1-docker.pkg.dev/my-project/apps/site:1.0 .
# ```
#
# The first lets `docker` log in with your account. The second pushes. The third, **Cloud Build**, sends the build context instead, and builds and pushes there. And there are machines that need nothing but a name: a virtual machine that is told which image to run pulls it when it boots, and runs it, as you did with `docker run`.
#
# ### Exercise: name it for the cloud
#
# - **Goal:** give `localhost:8306/site-06:1` the name under which it would go to Artifact Registry: project `sea-lab`, region `europe-west6`, repository `lectures`, image `site-06`, tag `1.0`.
# - **Success:** the engine has the image under that name: `docker image ls` shows it.
#
# <details><summary>Hint 1</summary>
#
# The parts stand in this order: REGION-docker.pkg.dev / PROJECT / REPOSITORY / IMAGE : TAG.
#
# </details>

# %% tags=["learner"]
# Your command, with ! in front:

# %% tags=["solution", "volatile"]
# !docker tag localhost:8306/site-06:1 \
#   europe-west6-docker.pkg.dev/sea-lab/lectures/site-06:1.0

# %%
check("06.cloud-name")

# %% tags=["learner"]
# hint("06.cloud-name")  # remove the first #; each run shows one more

# %% [markdown]
# ## What usually goes wrong
#
# | you see | because | do |
# | --- | --- | --- |
# | `denied: requested access to the resource is denied` | the name leads to Docker Hub, or to somebody else's repository | `docker tag` it with your registry in front |
# | `no basic auth credentials`, `unauthorized` | not logged in there | `docker login REGISTRY` |
# | `connection refused` | no registry listens at that port | `docker ps`; `docker start …` |
# | `server gave HTTP response to HTTPS client` | outside of this machine a registry needs TLS | a certificate; only `localhost` may do without |
# | `manifest unknown` | the registry has no such tag | look at its tags |
# | `toomanyrequests` | the limit of Docker Hub | log in, wait, or use a cache |
# | `Retrying in 5 seconds`, again and again | the registry is full or gone | look at its log |
# | an old program, though a new one was pushed | the tag moved, and the engine did not ask | `docker pull`, or pin the digest |

# %% [markdown]
# ## What to remember
#
# - The name says where an image goes; without a registry in it, that is Docker Hub.
# - Layers travel once; the manifest's digest is the image's identity.
# - A tag can move at any time, and the engine does not notice; a digest cannot.
#
# ## Clean up this notebook
#
# The containers, the network and the images that this notebook made: names in `-06` with the workshop's label. The registry goes with all that it holds.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop"
# docker ps --all $ours --filter name=-06$ --format '{{.Names}}' | sort \
#   | xargs -r docker rm -f -v
# docker network ls $ours --filter name=-06$ --format '{{.Name}}' \
#   | xargs -r docker network rm
# docker image ls --digests $ours --format '{{.Repository}} {{.Tag}} {{.Digest}}' \
#   | awk '$1 ~ /-06$/ {print $1 ($2 == "<none>" ? "@" $3 : ":" $2)}' \
#   | xargs -r docker image rm -f > /dev/null
# rm -r work/06

# %% [markdown]
# ## Where to go next
#
# Notebook 07 starts several containers at once. [09 Build, ship, run](09_build_ship_run.ipynb) is the whole way with a partner, through the class registry.
#
# Back to [00 Start here](00_start_here.ipynb).
#
# <small>Sources: the [OCI distribution specification](https://github.com/opencontainers/distribution-spec) (names, manifests, blobs); Docker's pages on [usage and limits of Docker Hub](https://docs.docker.com/docker-hub/usage/); Google's on [names in Artifact Registry](https://cloud.google.com/artifact-registry/docs/docker/names) and on the [end of Container Registry](https://cloud.google.com/artifact-registry/docs/transition/transition-from-gcr). Counts: from this notebook's own registry.</small>
