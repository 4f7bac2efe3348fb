# ---
# jupyter:
#   labhelpers:
#     title: Why containers
#     minutes: 15
#     covers: [2, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 27, 28, 29]
#     afterwards:
#       - say which problem containers solve, with a number
#       - look at one running container as its developer and as its operator
#       - say what Docker is, what it is not, and what it stands on
# ---

# %% [markdown]
# # Why containers
#
# **Afterwards you can**
#
# - say which problem containers solve, with a number;
# - look at one running container as its developer and as its operator;
# - say what Docker is, what it is not, and what it stands on.
#
# **Time:** about 15 minutes. It is not part of the core path. **You need:** [00 Start here](00_start_here.ipynb), with everything green.
#
# ![The cargo story in three panels. Before 1960 a barrel, a sack and a crate are each loaded in another way onto a ship, a train and a lorry. With the standard box all three go into one kind of box, and ship, train and lorry carry that box. A box for code: a site, a model and a queue are packed into one kind of box, and laptop, server and cloud run it.](pictures/cargo.svg)
#
# <details><summary>The picture in words</summary>
#
# 1. **Before 1960**, a barrel, a sack and a crate were each loaded in another way onto a ship, a train and a lorry: nine ways of handling.
# 2. **The standard box:** everything goes into one kind of box. Cranes, ships, trains and lorries know the box, and need not know what is in it.
# 3. **A box for code:** a site, a model and a queue are packed into one kind of box, and a laptop, a server and a cloud run that box.
#
# </details>

# %% [markdown]
# The container of this notebook has a name that ends in `-01`. The first cell removes what an earlier run left behind.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop --filter name=-01$"
# docker ps --all -q $ours | xargs -r docker rm -f > /dev/null
# echo "Nothing of an earlier run is left."

# %% [markdown]
# ## 1 · Many kinds of software, many kinds of machine
#
# A shop on the web has six kinds of software: a static website, a web frontend, background workers, a user database, a database for analytics, a queue. Each has its own language, libraries and versions. They run on seven kinds of machine: from the developer's to the customers'.

# %%
from labhelpers import matrix, predict

shop = matrix()
print(*shop.software, sep=", ")
print(*shop.machines, sep=", ")

# %% [markdown]
# **Predict.** Each kind of software has to be made to work on each kind of machine, and kept working. How many such integrations are there?
#
# a) 13. b) 42. c) 49.

# %% tags=["learner"]
predict("01.pairs", "…")  # a, b or c

# %% tags=["solution"]
predict("01.pairs", "b")

# %%
shop

# %%
predict("01.pairs")

# %% [markdown]
# Each **?** is somebody's afternoon. This table is known as the **matrix from hell**. Press **Drop the box in**, and see what is left of it. (Without a mouse: Tab to the button, then Space; Tab again to the table, then the arrow keys.) The same, without pressing:

# %%
matrix(boxed=True)

# %% [markdown]
# Software is packed once, machines learn once to run the box. Multiplying became adding. Try **One more kind of software**: without the box it costs seven integrations, with it one.
#
# ### Exercise: matrix
#
# A data science team has 5 kinds of software (notebooks, training, a model server, a dashboard, a database) and 8 kinds of machine.
#
# - **Goal:** say how many integrations that is without a box, and how many with one.
# - **Success:** both numbers are right. The cell `matrix(["…"], ["…"])` draws a table of any names that you give it.
#
# <details><summary>Hint 1</summary>
#
# Without a box, count the cells of a table with 5 rows and 8 columns.
#
# </details>

# %% tags=["learner"]
without = None
with_box = None

# %% tags=["solution"]
without = 5 * 8
with_box = 5 + 8
print(without, with_box)

# %%
from labhelpers import check, hint

check("01.matrix", without=without, with_box=with_box)

# %% tags=["learner"]
from labhelpers import hint, solution

# hint("01.matrix")  # remove the first #; each run shows one more

# %% [markdown]
# ## 2 · What a box must be
#
# The picture at the top tells where the idea comes from. Goods once travelled as barrels, sacks and crates, and every change from ship to train was work. The steel box of one size changed that: who loads it does not care for the ship, and who moves it does not care for the load.
#
# For software this asks for three things: the box holds **all that the program needs**, it is **opened and closed the same way everywhere**, and what is in it is **kept apart** from the rest. Here is one. Python 3.11 is in the box, your own machine need not have it; `--memory` says how large it may grow.

# %% tags=["volatile"]
# !docker run -d --name shop-01 --memory 128m -p 127.0.0.1:8101:8000 \
#   localhost:5005/lab/python:3.11 \
#   sh -c 'mkdir -p /data && cd /data && python -m http.server 8000'

# %% [markdown]
# A web server, one command, about a second. The box is called a **container**; what it was started from is an **image**. Notebook 03 takes its time for both. Some data for it, and a look at its page from outside:

# %%
# !docker exec shop-01 sh -c 'mkdir -p /data; echo "12 orders" | tee /data/orders'

# %%
from labhelpers import visit

print(visit("http://127.0.0.1:8101/orders"))

# %% [markdown]
# ## 3 · Two people look at one container
#
# ![One container, two views. In the middle a running container with its code, libraries, package manager, apps and data. Left: Dan the developer looks inside, with docker exec and docker cp. Right: Oscar, who operates it, looks from outside at logs, remote access, monitoring, network and limits, with docker logs, stats, port and update.](pictures/dan_oscar.svg)
#
# <details><summary>The picture in words</summary>
#
# - **Dan**, the developer, cares for the inside: his code, his libraries, his package manager, his apps, his data. All Linux servers look the same to him.
# - **Oscar**, who operates the machines, cares for the outside: logs, remote access, monitoring, network, limits. All containers start, stop, attach, copy and move the same way.
#
# </details>
#
# First as **Dan**. Which Python, which libraries, which system with its package manager, which data?

# %%
# !docker exec shop-01 python -c "import sys; print('Python', *sys.version_info[:2])"
# !docker exec shop-01 pip list --format freeze
# !docker exec shop-01 sh -c 'grep ^ID= /etc/os-release; command -v apt-get'
# !docker exec shop-01 cat /data/orders

# %% [markdown]
# All that is in the box, and it is the same wherever the box stands. Now as **Oscar**: he knows neither the language nor the data, and needs neither. What did it print, which door leads in, how large may it become?

# %% language="sh" tags=["volatile"]
# docker logs --tail 2 shop-01

# %% language="sh"
# docker port shop-01
# docker inspect --format '{{.State.Status}}, limit {{.HostConfig.Memory}} bytes' shop-01

# %% tags=["volatile"] language="sh"
# docker stats --no-stream --format '{{.Name}}: {{.MemUsage}}' shop-01

# %% [markdown]
# **Predict.** Oscar stops it and starts it again. Does he need to know that it is Python? Is Dan's data lost?
#
# a) Yes, and yes. b) No, and yes. c) No, and no.

# %% tags=["learner"]
predict("01.oscar", "…")  # a, b or c

# %% tags=["solution"]
predict("01.oscar", "c")

# %%
# !docker restart -t 1 shop-01
# !docker exec shop-01 cat /data/orders

# %%
predict("01.oscar")

# %% [markdown]
# The same command restarts a database or a queue. The wall of the container is where the two jobs meet: Dan answers for the inside, Oscar for the outside, and neither waits for the other.
#
# ## 4 · What Docker is, and what it is not
#
# **Docker** is one solution among several that standardises how software is packed and run in isolated environments, which share the machine's resources and can talk to each other. Its promise: build, share and run any app, anywhere.
#
# | it is | it is not |
# | --- | --- |
# | open source, begun in 2013 | a new idea: isolation is older, Docker set the standard |
# | a product, Docker Engine: the command `docker` and the daemon that does the work | the same as Docker, the company, which also sells services around it, such as Docker Hub |
# | a way to start a process with walls around it | a virtual machine: there is no second kernel (notebook 02 measures that) |
# | one tool for images and containers | the only one |
#
# ### Not the only one
#
# **Predict.** Can an image be read without Docker: no `docker` command, no daemon?
#
# a) No, it is Docker's own format. b) Yes, its format is an open standard.

# %% tags=["learner"]
predict("01.format", "…")  # a or b

# %% tags=["solution"]
predict("01.format", "b")

# %% [markdown]
# `open_image` asks the registry over HTTP, and reads the answer in plain Python:

# %%
from labhelpers import open_image

image = open_image("docker://localhost:5005/lab/site:1.0")
print(image.config.runtime["Cmd"], "in", len(image.layers), "layers")

# %%
predict("01.format")

# %% [markdown]
# Images follow the **OCI** specifications (Open Container Initiative), and any program may read, build or run them. [Podman](https://podman.io) does: it takes the same images and much the same commands (`podman run …`). And since a container is a process with walls, it can be made [with the kernel's own tools](https://chimeracoder.github.io/docker-without-docker/), without any of them; [notebook 10](10_under_the_hood.ipynb) does it by hand.
#
# ## 5 · What it stands on
#
# The walls are the work of the Linux kernel. Four of its parts:
#
# | part | gives the container |
# | --- | --- |
# | **namespaces** | its own view: processes, network, host name, mounted files |
# | **cgroups** | its share: how much memory and processor it may use |
# | **overlay filesystem** | its files: read-only layers, and one to write in |
# | **capabilities** | its powers: root inside, with most of root's rights taken away |
#
# **Predict.** The kernel gives each namespace a number. Of these five kinds, how many do two containers share?
#
# a) None. b) The network, since both are on one machine. c) All.

# %% tags=["learner"]
predict("01.shared", "…")  # a, b or c

# %% tags=["solution"]
predict("01.shared", "a")

# %% language="sh"
# look='cd /proc/self/ns; for kind in ipc mnt net pid uts; do readlink $kind; done'
# one=$(docker exec shop-01 sh -c "$look")
# two=$(docker run --rm localhost:5005/lab/busybox:1 sh -c "$look")
# for number in $one; do
#     case $two in *$number*) said="shared" ;; *) said="each has its own" ;; esac
#     echo "${number%%:*}: $said"
# done

# %%
predict("01.shared")

# %% [markdown]
# And the cgroup: the limit that Oscar set from outside is a number in a file that the kernel keeps. Version 1 and version 2 of cgroups keep it in different places; one of the two is here:

# %% language="sh"
# docker exec shop-01 sh -c 'cd /sys/fs/cgroup; cat memory.max 2> /dev/null \
#   || cat memory/memory.limit_in_bytes'

# %% [markdown]
# 128 × 1024 × 1024, the same number that `docker inspect` gave. Docker is a comfortable way to ask the kernel for these things.
#
# ## 6 · On Windows and macOS
#
# If containers are Linux, how do they run on other systems? Ask who answers:

# %% language="sh"
# docker version --format 'the engine runs on {{.Server.Os}}'

# %% tags=["volatile"] language="sh"
# docker info --format '{{.OperatingSystem}}, kernel {{.KernelVersion}}'
# echo "you are on $(uname -s), kernel $(uname -r)"

# %% [markdown]
# On Linux both lines name one kernel. On Windows and macOS they differ: Docker Desktop starts **one Linux virtual machine**, and all containers run in it, on its kernel. You see containers; underneath there is a machine. (Windows also has containers of its own kind, for Windows programs.)
#
# ## 7 · Bungalow, apartment, hotel
#
# ![Bungalows, apartments, hotel. Bungalows: three houses, each with its own server, operating system and one app. Apartments, which are virtual machines: one building with a hypervisor and host system for all, and six flats with an app and an operating system each. Hotel, which is containers: one building with an engine and one kernel for all, and sixteen rooms with an app each.](pictures/hotel.svg)
#
# <details><summary>The picture in words</summary>
#
# - **Bungalows: a server for each app.** Nothing is shared, nothing is optimised, and each house has its own roof to mend.
# - **Apartments: virtual machines.** The building is shared (the server, the hypervisor, the host's system); each flat has its own kitchen (an operating system as guest). Moderate maintenance.
# - **Hotel: containers.** Most things are shared; each guest has a part of them, and the hotel decides best who gets how much.
#
# </details>
#
# **Predict.** What does a guest of the hotel *not* have to itself?
#
# a) A kernel. b) Files. c) A network address.

# %% tags=["learner"]
predict("01.hotel", "…")  # a, b or c

# %% tags=["solution"]
predict("01.hotel", "a")

# %% language="sh"
# id=/proc/sys/kernel/random/boot_id
# one=$(docker exec shop-01 cat $id)
# two=$(docker run --rm localhost:5005/lab/busybox:1 cat $id)
# [ "$one" = "$two" ] && echo "one kernel, booted once, for both"
# docker exec shop-01 sh -c 'ls /data'
# docker run --rm localhost:5005/lab/busybox:1 sh -c 'ls /data || true' 2>&1

# %%
predict("01.hotel")

# %% [markdown]
# The **boot id** is drawn when a kernel boots: both have the same. Files and network are each guest's own. Every picture limps: a hotel's walls are thinner than a bungalow's. Notebook 02 measures what sharing the kernel saves, and what it costs in isolation.

# %% [markdown]
# ## What usually goes wrong
#
# | you hear or see | because | do |
# | --- | --- | --- |
# | "it works on my machine" | the machine was part of the program, and nobody packed it | put what it needs into the image |
# | "a container is a small virtual machine" | both isolate; a container has no kernel of its own | compare the boot ids, as in step 7 |
# | `Cannot connect to the Docker daemon` | the command is there, the engine is not running | `./lab up`, or start Docker Desktop |
# | `port is already allocated` | another program has that port of your machine | `docker ps`, or another number left of the colon |
# | a program for Windows does not start in a Linux container | a container runs on the kernel it shares | use an image for that system |

# %% [markdown]
# ## What to remember
#
# - A standard box turns M × N integrations into M + N.
# - Inside belongs to the developer, outside to operations; the same commands work for every container.
# - Docker is one tool for an open standard, on namespaces, cgroups, an overlay filesystem and capabilities of the Linux kernel.
#
# ## Clean up this notebook
#
# You see the name of what is removed.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop --filter name=-01$"
# docker ps --all $ours --format '{{.Names}}' | sort | xargs -r docker rm -f

# %% [markdown]
# ## Where to go next
#
# Notebook 02 runs one and the same image as a container and as a virtual machine, and measures both. In a hurry? Go on with [03 Containers](03_containers.ipynb).
#
# Back to [00 Start here](00_start_here.ipynb).
#
# <small>Sources: the lecture that this workshop belongs to, corrected where it was dated; [OCI image specification](https://github.com/opencontainers/image-spec); [Podman](https://podman.io). Everything else: shown by this notebook's commands.</small>
