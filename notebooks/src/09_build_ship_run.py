# ---
# jupyter:
#   labhelpers:
#     title: Build, ship, run
#     minutes: 10
#     covers: [44, 87]
#     afterwards:
#       - bring an image from a Dockerfile to somebody else's machine, alone
#       - tell what is fixed when an image is built from what is set when it is run
#       - find out what is wrong when it does not work at the other end
# ---

# %% [markdown]
# # Build, ship, run
#
# **Afterwards you can**
#
# - bring an image from a Dockerfile to somebody else's machine, alone;
# - tell what is fixed when an image is built from what is set when it is run;
# - find out what is wrong when it does not work at the other end.
#
# **Time:** about 10 minutes. **You need:** [03 Containers](03_containers.ipynb), [05 Dockerfile](05_dockerfile.ipynb) and [06 Registries](06_registries.ipynb); and a teammate, if you have one.
#
# ![Two people and the class registry between them. Ada builds an image with the crab and her name, and pushes it; Robin builds one with the octopus and his name, and pushes it. Each pulls the image of the other and runs it with the own name, so that Ada's browser shows: octopus, built by Robin, run by Ada.](pictures/teammates.svg)
#
# <details><summary>The picture in words</summary>
#
# 1. **Build**: Ada makes an image whose page has a crab, and her name as the builder. Robin does the same with an octopus.
# 2. **Ship**: both push to the **class registry**, each under a name of their own.
# 3. **Run**: each pulls the other's image, and starts it with the own name. Ada's browser shows the octopus, *built by robin*, *run by ada*; Robin's shows the crab, *built by ada*, *run by robin*.
#
# Nothing else is handed over: no file, no explanation, no list of what to install.
#
# </details>

# %% [markdown]
# Everything that this notebook makes has a name that ends in `-09`. The first cell removes what an earlier run left behind.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop"
# docker ps --all -q $ours --filter name=-09$ | xargs -r docker rm -f > /dev/null
# docker image ls --digests $ours --format '{{.Repository}} {{.Tag}} {{.Digest}}' \
#   | awk '$1 ~ /-09$/ {print $1 ($2 == "<none>" ? "@" $3 : ":" $2)}' \
#   | xargs -r docker image rm -f > /dev/null
# echo "Nothing of an earlier run is left."

# %% [markdown]
# ## 1 · Who is who
#
# Images in the class registry are found by a **pseudonym**: small letters, digits, hyphens. Agree on two with your teammate, and write them in place of these. If you work alone, leave `robin`: that is us.

# %%
import os

os.environ["ME"] = "ada"  # you
os.environ["MATE"] = "robin"  # your teammate
print("I am {ME}, and my teammate is {MATE}.".format(**os.environ))

# %% [markdown]
# ## 2 · Two names, two moments
#
# One value is fixed when the image is **built**: an `ARG`, set with `--build-arg`. The other is set when a container is **run**: an environment variable, set with `-e`. A small image that has both:

# %% language="sh"
# docker build -q --provenance=false --label $LAB_LABEL -t who-09 \
#   --build-arg BUILDER=robin - > /dev/null <<'END'
# FROM localhost:5005/lab/busybox:1
# ARG BUILDER
# RUN echo "built by $BUILDER" > /who-09
# CMD echo "$(cat /who-09), run by $AUTHOR"
# END
# docker image ls --format '{{.Repository}}' who-09

# %% [markdown]
# **Predict.** It was built with `BUILDER=robin`. Now it runs with `-e BUILDER=ada -e AUTHOR=ada`. What does it print?
#
# a) built by ada, run by ada. b) built by robin, run by ada. c) built by robin, run by robin.

# %% tags=["learner"]
from labhelpers import predict

predict("09.two-names", "…")  # a, b or c

# %% tags=["solution"]
from labhelpers import predict

predict("09.two-names", "b")

# %%
# !docker run --rm -e BUILDER=ada -e AUTHOR=ada who-09

# %%
predict("09.two-names")

# %% [markdown]
# What `RUN` wrote is in a **layer**, and layers do not change. Whoever has the image can prove who built it, as far as the builder told the truth; who runs it, each container says for itself. That is also the rule for your own programs: what is the same everywhere goes in at build time, what differs from place to place comes in at run time.
#
# ## 3 · Your page
#
# Choose a mascot: `crab`, `octopus`, `penguin`, `turtle` or `whale`. This writes a page with its drawing into `work/09`:

# %%
from labhelpers import mascot

mascot("crab").write("work/09/page.html")

# %% language="sh"
# grep @ work/09/page.html

# %% [markdown]
# There are two blanks in it. `@AUTHOR@` belongs to whoever runs the page: the server in the image `site` fills it in from the variable `AUTHOR`, as in notebook 03. `@BUILDER@` belongs to you. This line of a Dockerfile fills it in:
#
# ```
# RUN sed -i "s/@BUILDER@/$BUILDER/" /srv/template.html
# ```
#
# ### Exercise: build and ship yours
#
# - **Goal:** build an image with your page, and with your name as the builder; then ship it.
# - **Success:** the class registry holds `class/YOU-09:1.0`: its page has your mascot, says that you built it, and has the blank for whoever runs it.
#
# <details><summary>Hint 1</summary>
#
# The Dockerfile starts from `localhost:5005/lab/site:1.0`, says `ARG BUILDER`, copies `page.html` to `/srv/template.html`, and ends with the `RUN sed …` that is given.
#
# </details>

# %% tags=["learner"]
# Your Dockerfile (%%writefile work/09/Dockerfile), in a cell of its own:

# %% tags=["learner"]
# Your commands, with ! in front. $ME is your pseudonym:

# %% tags=["solution"] language="sh"
# cat > work/09/Dockerfile <<'END'
# FROM localhost:5005/lab/site:1.0
# ARG BUILDER="nobody yet"
# COPY page.html /srv/template.html
# RUN sed -i "s/@BUILDER@/$BUILDER/" /srv/template.html
# END
# wc -l < work/09/Dockerfile

# %% tags=["solution", "volatile"] language="sh"
# docker build --provenance=false --build-arg BUILDER="$ME" \
#   -t localhost:5005/class/$ME-09:1.0 work/09
# docker push localhost:5005/class/$ME-09:1.0

# %%
from labhelpers import check, hint, solution

check("09.ship", me=os.environ["ME"])

# %% tags=["learner"]
# hint("09.ship")  # remove the first #; each run shows one more

# %% [markdown]
# ## 4 · Meanwhile, your teammate
#
# **With a teammate at the same engine** (a class server, or one computer): there is nothing to do. What they push is in the same registry.
#
# **With a teammate at another computer:** the class registry listens to its own machine only. Hand the image over as a file, and push it where you are:
#
# ```
# docker save -o robin.tar localhost:5005/class/robin-09:1.0     (there)
# docker load -i robin.tar                                       (here)
# docker push localhost:5005/class/robin-09:1.0
# ```
#
# **Alone:** this cell plays Robin. It builds an image with another mascot, pushes it, and removes it from your engine; it shows the commands, and not the mascot. (Where a real teammate has pushed under this name, it does nothing, and says so.)

# %%
from labhelpers import teammate

teammate("robin")

# %% [markdown]
# ## 5 · What you know of it
#
# A name, and nothing more. **Predict.** You leave out the tag: `docker pull localhost:5005/class/robin-09`. What comes?
#
# a) Version 1.0. b) The newest that there is. c) Nothing: it fails.

# %% tags=["learner"]
predict("09.no-tag", "…")  # a, b or c

# %% tags=["solution"]
predict("09.no-tag", "c")

# %% language="sh"
# docker pull -q localhost:5005/class/robin-09 2>&1 | grep -o "not found" | head -1

# %%
predict("09.no-tag")

# %% [markdown]
# `latest` is a tag like any other, and it is there only if somebody pushed it. Agree on the tag as you agree on the name. (If your teammate is a real one who did push `latest`, you have it now.)
#
# ## 6 · Run theirs
#
# ### Exercise: run theirs
#
# - **Goal:** run your teammate's image as `theirs-09`, at port 8309, with your own name as the one who runs it.
# - **Success:** <http://127.0.0.1:8309> shows your teammate's mascot, your teammate's name (built by), and your name (run by).
#
# <details><summary>Hint 1</summary>
#
# The image's whole name is `localhost:5005/class/MATE-09:1.0`. The server fills in the last blank from the variable `AUTHOR` of its container.
#
# </details>

# %% tags=["learner"]
# Your commands, with ! in front. $ME and $MATE are the two pseudonyms:

# %% tags=["solution", "volatile"] language="sh"
# docker pull localhost:5005/class/$MATE-09:1.0
# docker run -d --name theirs-09 -p 127.0.0.1:8309:80 -e AUTHOR="$ME" \
#   localhost:5005/class/$MATE-09:1.0

# %%
check("09.run", me=os.environ["ME"], mate=os.environ["MATE"])

# %% tags=["learner"]
# hint("09.run")  # remove the first #; each run shows one more

# %%
from labhelpers import visit

print(visit("http://127.0.0.1:8309", wait=3))

# %% [markdown]
# Open <http://127.0.0.1:8309> in your browser and look at the mascot. You have not seen a line of your teammate's Dockerfile, and you installed nothing. And at the other end, your page looks as you meant it.
#
# ## 7 · Which of the three
#
# When something is missing on the page, it tells at which of the three it went wrong, and so **who** has to do it again:
#
# | the page lacks | it was decided at | so this is done again |
# | --- | --- | --- |
# | the right mascot | **ship**: which name was pushed, and which was pulled | push or pull, by the whole name |
# | the builder's name | **build**: `--build-arg` | your teammate builds and pushes, you pull and run |
# | the name of who runs it | **run**: `-e` | you run, and nobody builds |
#
# The same three are the whole life of a program, from a page with a mascot to a trained model ([08 Data science](08_data_science.ipynb)): the one who builds packs it, with all that it needs; the registry keeps it, by name and digest; the one who runs it needs an engine, and decides what differs from place to place.

# %% [markdown]
# ## What usually goes wrong
#
# | you see | because | do |
# | --- | --- | --- |
# | `denied: requested access to the resource is denied` at the push | the name has no registry in it, and leads to Docker Hub | `docker tag` it with `localhost:5005/class/…` |
# | `invalid reference format` | an empty variable, a capital letter or a space in the name | `echo "$ME"`; small letters, digits, hyphens |
# | `not found`, `manifest unknown` at the pull | not pushed yet, another tag, or a slip of the pen | ask for the whole name, with its tag |
# | your own mascot | you ran your own image | your teammate's pseudonym in the name |
# | an old page, though your teammate pushed again | the engine has an image of this name, and did not ask | `docker pull`, remove the container, run it again |
# | `Built by: nobody yet` or `@BUILDER@` | built without `--build-arg`, or `ARG` or `RUN sed` is missing | the builder builds again; `-e` does not help |
# | `Run by: nobody yet` | run without `-e AUTHOR=…`, or `-e` stood behind the image's name | remove it, run it again |
# | no answer from the page | no `-p`, or its ports the wrong way round | `docker ps`; `-p 127.0.0.1:8309:80` |
# | `port is already allocated` | another container has it | `docker ps`; remove it, or take another port |
# | `The container name … is already in use` | your first try is still there | `docker rm -f theirs-09` |
# | `exec format error` | built for another processor (ARM, x86) | build with `--platform linux/amd64,linux/arm64` |

# %% [markdown]
# ## What to remember
#
# - Build: all that is the same everywhere goes into the image, and stays as it was.
# - Ship: the name says where it goes; who pulls it needs the name with its tag, and nothing else.
# - Run: what differs from place to place is set at the start: names, ports, folders.
#
# ## Clean up this notebook
#
# The containers and images whose names end in `-09`, and the folder `work/09`. The last cell takes both images out of the class registry; leave it out while your teammate still wants yours.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop"
# docker ps --all $ours --filter name=-09$ --format '{{.Names}}' | sort \
#   | xargs -r docker rm -f
# docker image ls --digests $ours --format '{{.Repository}} {{.Tag}} {{.Digest}}' \
#   | awk '$1 ~ /-09$/ {print $1 ($2 == "<none>" ? "@" $3 : ":" $2)}' \
#   | xargs -r docker image rm -f | grep ^Untagged | grep -v sha256 | sort
# rm -r work/09

# %%
from labhelpers import withdraw

print(withdraw(os.environ["ME"], "robin"))

# %% [markdown]
# ## Where to go next
#
# This was the end of the core path: you can build an image, ship it, run one, look into it, and say what is wrong when it does not work.
#
# - Look at what you have done: `./lab progress`, or `progress()` in a cell.
# - [08 Data science](08_data_science.ipynb), if you have not been there: the same three with a training and its model.
# - [10 Under the hood](10_under_the_hood.ipynb), for the curious: a container made by hand, from what the kernel offers.
# - The **cheat sheet** has the commands on a few pages, to print and keep: `./lab slides cheatsheet` in a terminal.
#
# Back to [00 Start here](00_start_here.ipynb).
#
# <small>Sources: Docker's pages on [build arguments](https://docs.docker.com/build/building/variables/), [docker save](https://docs.docker.com/reference/cli/docker/image/save/) and [multi-platform images](https://docs.docker.com/build/building/multi-platform/).</small>
