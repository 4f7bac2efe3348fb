# ---
# jupyter:
#   labhelpers:
#     title: From machines to containers
#     minutes: 45
#     covers: [1, 2, 3, 4, 5]
#     afterwards:
#       - say why a tool such as Docker is needed, and how it differs from a virtual machine
#       - name image, layer, container, Dockerfile and registry, and read a Dockerfile
#       - begin the workshop, knowing where it leads
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # From machines to containers
#
# Why software travels in boxes, and how to pack one

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:30) Welcome. Forty-five minutes of talk, then you work by yourselves. Whatever is shown in a dark box with `$` was run on a real engine; you will run the same commands later.

# %% tags=["volatile"] slideshow={"slide_type": "skip"} language="sh"
# ours="--filter label=org.labhelpers.workshop --filter name=-talk$"
# docker ps --all -q $ours | xargs -r docker rm -f > /dev/null
# docker pull -q localhost:5005/lab/busybox:1
# docker pull -q localhost:5005/lab/site:1.0
# docker pull -q localhost:5005/lab/python:3.11

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The plan
#
# | | |
# | --- | --- |
# | now | this talk, 45 minutes |
# | then | a workshop at your own pace, 2 h 15, on your own machine |
# | at its end | a lab: build, ship and run, with a teammate |
# | later | orchestration and deployment |

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:40) The workshop is a set of notebooks. Each says what you can do afterwards, and checks it on the real engine.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Afterwards you can
#
# - say **why** a tool such as Docker is needed
# - tell **image** and **container** apart
# - say what a **registry** is for
# - **pull** an image and **run** a container
# - **read** a Dockerfile

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:40) Five things. If at the end one of them is not clear to you, ask: it was the purpose of this hour.

# %% [markdown] slideshow={"slide_type": "slide"}
# # Why containers
#
# The need comes first, the tool second

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:10) First the problem, without any tool.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Many kinds of software, many kinds of machine
#
# | runs what? | runs where? |
# | --- | --- |
# | static website | development VM |
# | web frontend | QA server |
# | background workers | production server |
# | user database | onsite cluster |
# | analytics database | public cloud |
# | queue | contributor's laptop |
# | | customer servers |

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:45) Every application of some size is several applications. Each has its language, its libraries, its versions; and each must run in more places than the one where it was written. Ask: where does your own code run today?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The matrix from hell
#
# ![Left: a table of six kinds of software and seven kinds of machine, with a question mark in each of its 42 cells. Right: the six kinds of software lead into one standard box, and the box to the seven kinds of machine: thirteen lines.](pictures/matrix.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (1:00) Let them guess the number first. Six times seven is 42 integrations, and each new kind of software adds seven. With a standard box, software is packed once and a machine learns once to run boxes: 6 + 7 = 13. Multiplying became adding. Notebook 01 lets you play with this table.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The cargo story
#
# ![Three panels. Before 1960 a barrel, a sack and a crate are each loaded in another way onto ship, train and lorry. With the standard box all goods go into one kind of box. A box for code: site, model and queue go into one kind of box that laptop, server and cloud run.](pictures/cargo.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:55) Before 1960, goods were carried aboard one by one. The intermodal container changed it: who loads does not care for the ship, who moves does not care for the load. The same idea works for code.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One container, two views
#
# ![A running container in the middle. Dan the developer looks inside, at code, libraries, package manager, apps and data. Oscar, who operates it, looks from outside at logs, remote access, monitoring, network and limits.](pictures/dan_oscar.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (1:00) Dan develops: he cares for the inside, and all Linux servers look the same to him. Oscar operates: he cares for logs, remote access, monitoring, network; all containers start, stop, copy, attach and migrate the same way. The wall of the container is where their jobs meet.

# %% [markdown] slideshow={"slide_type": "slide"}
# # Docker
#
# One solution that became the standard

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:10) Now the tool.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One solution among several
#
# > It standardises how software is packed and run, in isolated environments that share resources and can talk to each other.
#
# **Build**, **share** and **run** any app, anywhere.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Three words to stress: standardise, isolated, share. Docker is one solution, not the only one. Build, share, run: the whole talk follows these three.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Begun in 2013, open source
#
# - **Not a new idea.** Isolation is older; Docker set the standard
# - **A product:** Docker Engine, the command and the daemon
# - **A company** of the same name, with paid services around it, such as Docker Hub

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) People say "Docker" for all three: the idea, the product, the company. Keep them apart. The engine is open source; Docker Desktop is free for education, personal use and small businesses (under 250 staff and under 10 M$ revenue).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Containers without Docker
#
# An image is an open standard (OCI). Here plain Python reads one from a registry, with no engine at all:

# %%
from labhelpers import explore, life_cycle, open_image, visit
from labhelpers.slides.committed import committed

image = open_image("docker://localhost:5005/lab/site:1.0")
print(image.config.runtime["Cmd"], "in", len(image.layers), "layers")

# %% [markdown]
# **Podman** runs the same images with much the same commands: `podman run …`
#
# A container can even be made by hand: <https://chimeracoder.github.io/docker-without-docker/>

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Docker is not needed to read, build or run images. Podman is the best known alternative. Notebook 10 makes a container with the kernel's own tools.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## It stands on the Linux kernel
#
# | part of the kernel | gives a container |
# | --- | --- |
# | namespaces | its own view: processes, network, files, host name |
# | cgroups | its share: memory, processor |
# | overlay filesystem | its files: read-only layers, one to write in |
# | capabilities | its powers: root, without most of root's rights |
#
# A container is a **process with walls**.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Nothing here is Docker's. Docker asks the kernel for these four, in a way that people can use. Say the last line twice.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## On Windows and macOS

# %% language="sh"
# docker version --format 'the engine runs on {{.Server.Os}}'

# %% [markdown]
# - Docker Desktop starts **one Linux virtual machine**; all containers run in it
# - You see containers; underneath there is a machine
# - To go on watching: [Aurélie Vache's videos](https://www.youtube.com/c/AurelieVache/videos)

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:40) The same command on a Mac says linux as well. That is the virtual machine answering.

# %% [markdown] slideshow={"slide_type": "slide"}
# # Containers or virtual machines
#
# Both isolate. They share different things

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:10) The question that always comes.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What they have in common
#
# - **Isolated environments** for applications
# - **Movable** between hosts: as an image
#
# What differs is the line below which all is shared.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:40) Start with what is alike: both keep applications apart, both can be copied to another host. The difference is where sharing begins.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two stacks
#
# ![Two stacks side by side. Virtual machines: hardware, host system, hypervisor, then for each app a guest system, libraries and the app. Containers: hardware, host system, engine, then for each app libraries and the app, without a guest system.](pictures/stacks.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (1:00) Read both from the bottom. The guest system is what is missing on the right: no second kernel, no second set of services. Everything else follows from that.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What a virtual machine costs
#
# - **A whole system in each:** to install, to update, to load
# - **Resources set aside** before it starts, wasted while unused
# - **Talking:** as two computers do; two containers on one host can share files and memory, too
#
# ⚠ The second is the default, not a law: memory ballooning and hot-plug exist.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Correction to what is often taught: a virtual machine can give memory back (ballooning) and get more (hot-plug). By default it does not. Two containers on one host can share more than a network: files, memory, and even namespaces.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why containers are light
#
# - **No guest system:** starting one is starting a process
# - **Shared layers:** read-only, stored once for all containers
# - **Copy on write:** a container stores what it changes, nothing else

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Three reasons. The second and third are what notebook 04 is about.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Measured by others
#
# | | native | container | virtual machine |
# | --- | --- | --- | --- |
# | Linpack, GFLOPS | 290.8 | 290.9 | 284.2 *tuned KVM* |
# | 4 kB random reads per second | 84,044 | 84,092 | 42,543 |
# | sequential reads, MB/s | 512 | 513 | 425 |
#
# *Felter et al., ISPASS 2015*
#
# | boot of a machine, median | QEMU 244 ms | Firecracker 110 ms |
# | --- | --- | --- |
# | its memory overhead | about 131 MB | about 3 MB |
#
# *Agache et al., NSDI 2020*

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:35) Processor work costs next to nothing in both. Disk work does cost in a virtual machine. The gap is old and shrinking: Firecracker is a virtual machine that boots in about a tenth of a second.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Measured here

# %%
print(str(committed("02_vm_vs_container", "table(measured)")).splitlines()[0])
committed("02_vm_vs_container", "figure(measured)")

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) The files of one image, started in turns as a container and as a virtual machine. These are the figures of notebook 02 as it was last run before this talk was built, on a Linux machine; the line above the picture says whether with KVM, that is, on the processor itself, or by emulation, which is much slower. What stays on every machine: a kernel that has to boot first, and memory for it. Your own machine's figures come in the workshop.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Bungalows, apartments, hotel
#
# ![Bungalows: three houses, each with its own server, operating system and app. Apartments: one building with hypervisor and host system for all, six flats with an app and an operating system each. Hotel: one building with an engine and one kernel for all, sixteen rooms with an app each.](pictures/hotel.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (1:00) Bungalows: one server for each app, nothing shared, most maintenance. Apartments: the building is shared, each flat has a kitchen of its own, the guest system. Hotel: most is shared, each guest uses a part, and the hotel manages best. The picture limps: a hotel's walls are thinner.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One kernel for all
#
# The **boot id** is drawn when a kernel boots. Two containers, and the machine they run on:

# %% language="sh"
# id=/proc/sys/kernel/random/boot_id
# one=$(docker run --rm localhost:5005/lab/busybox:1 cat $id)
# two=$(docker run --rm localhost:5005/lab/site:1.0 cat $id)
# [ "$one" = "$two" ] && echo "one kernel, booted once"

# %% [markdown]
# A virtual machine shows another kernel: notebook 02 does it.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) The kernel's version is the same inside and outside, and so is this number. On macOS and Windows "outside" is the Linux virtual machine.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Resources on the fly

# %% language="sh"
# docker run -d --name give-talk --memory 64m \
#   localhost:5005/lab/busybox:1 sleep 300 > /dev/null
# docker update --memory 128m --memory-swap 256m give-talk
# docker inspect -f '{{.State.Status}}, limit {{.HostConfig.Memory}}' give-talk

# %% [markdown]
# - Memory, processor, storage: given and taken **while it runs**
# - A limit is a ceiling, not a reservation

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Not restarted, not recreated: the limit changed under a running process. That is a number in a file of the kernel's cgroups.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A GPU in a container
#
# | the host needs | the container needs |
# | --- | --- |
# | the driver | an image with the libraries |
# | a container toolkit | `docker run --gpus all …` |
#
# Sharing one is easier than with virtual machines.
#
# ⚠ It is not automatic: without driver and toolkit on the host, the container sees no GPU.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:40) Often told as "containers make GPUs easy". True for sharing; but the host's driver and the toolkit come first, and their versions must fit the libraries in the image.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What containers do worse
#
# A container with a limit of 64 MB asks how much memory there is:

# %% tags=["volatile"]
# !docker run --rm --memory 64m localhost:5005/lab/busybox:1 grep MemTotal /proc/meminfo

# %% [markdown]
# It sees **the whole machine's**.
#
# - **Isolation is weaker:** one kernel for all, for security and for stability
# - **Linux technology:** Windows containers exist, for Windows programs

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:55) Harmless, but telling: the wall has windows. A fault in the kernel is everybody's fault. What helps: run as a user, read-only, without capabilities, with limits. Access to the Docker socket is root on the host.

# %% [markdown] slideshow={"slide_type": "slide"}
# # Containers for data science
#
# From "it works on my notebook" to "here is the model, ready to run"

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:15) The deck's own sentence, crossed out: it works on my notebook. What we want to say instead is the second half.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Several people, parts, steps
#
# | | for example | a container gives |
# | --- | --- | --- |
# | several people | students, engineers, reviewers | one environment for all |
# | complex workflows | fetch, clean, train, evaluate, report | each step its own image |
# | several components | notebook, database, model server | each its own box, one network |

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:45) A data science project is rarely one notebook of one person.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Science must be reproducible
#
# - **Experiments** that give the same result again
# - **Results** that others can follow
# - **Handing over** to another team
# - **Models:** deployed, with a version

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Containers hold the environment still. They do not seed your random numbers and do not pin your packages for you: notebook 08 shows what else is needed.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What they are used for
#
# - **Deployment** of a model as a service
# - **Development environments** that are the same for all
# - **Dependencies** written down, and installed in one place
# - **Large workflows:** many steps, many machines

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:40) Four uses; the next slides take them one by one.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Build, ship, run a model
#
# ![Build, ship, run. Build: a Dockerfile and files become an image on your machine. Ship: the image is pushed to a registry, and pulled by others. Run: a container is started from it on any machine.](pictures/build_ship_run.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Build: code, libraries and the trained model go into an image. Ship: one push. Run: on the server, the same bytes. No installation notes, no "which version of Python".

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Stages of a development container
#
# ![Six stages: an image or Dockerfile, features, the container is created with your files, commands that set it up once, at each start, the editor attaches. The first four happen once, the last two each time.](pictures/devcontainer.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) The file devcontainer.json lies in the repository, so the environment has a version as the code has. A newcomer opens the project, and waits once.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A Codespace is a container
#
# ```json
# {
#   "name": "Containers workshop",
#   "image": "mcr.microsoft.com/devcontainers/python:3.12-bookworm",
#   "features": { "ghcr.io/devcontainers/features/docker-in-docker:4.0.0": {} },
#   "onCreateCommand": "./lab --version"
# }
# ```
#
# - The file `.devcontainer/devcontainer.json` of a repository describes it
# - **This workshop has one:** open the repository in a Codespace

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:40) Shortened from this project's own file. Docker inside a container needs the feature docker-in-docker; on Debian trixie and Ubuntu 26.04 it wants moby false.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Machine learning at scale
#
# ![Code that is pushed starts a chain of containers: test, three trainings side by side, a registry that holds the model as an image, two containers that serve it, one the known version and one the new. What is seen in use leads back to the code.](pictures/ml_at_scale.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Pipelines for models are pipelines for software: each step a container, each result an image or a file with a version. The new model first gets a small part of the traffic.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Notebooks on a schedule
#
# ![A notebook with parameters goes to a scheduler. Three containers of one image run it with country FR, DE and IT, and leave three executed notebooks.](pictures/notebook_schedule.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Netflix made this known: notebooks with parameters, run in containers each night, the executed notebook kept as the record. Notebook 08 has it as an exercise, with three parameters.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Kubeflow and Polyaxon
#
# | | runs as a container |
# | --- | --- |
# | [Kubeflow](https://www.kubeflow.org/) | each step of a pipeline, each notebook server, each model server |
# | [Polyaxon](https://polyaxon.com/) | each experiment, each job, each notebook |
#
# Both stand on Kubernetes, which runs containers on many machines.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:30) Names to recognise. Under all of them is what you learn today: an image, started as a container.

# %% [markdown] slideshow={"slide_type": "slide"}
# # Docker in practice
#
# Seven words, two files, a handful of commands

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:10) From here on, what you will type yourself.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Seven words
#
# | | |
# | --- | --- |
# | layer | a read-only set of files |
# | image | a stack of layers: the blueprint of an environment |
# | container | a writable instance of an image |
# | Dockerfile | the description of how an image is built |
# | registry | a store of images |
# | Docker Hub | the main public registry |
# | tag | a name for a version, that can be moved |

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:55) Leave this slide up for a moment. Images can build on other images: that is what FROM says.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Name, tag, digest
#
# `localhost:5005/lab/site:1.0@sha256:…`
#
# | | |
# | --- | --- |
# | name | registry, then repository |
# | tag | a **label that can be moved** to another image |
# | digest | the **identity** of exactly these bytes |
#
# ⚠ "Images must have a name and a tag": untagged images exist; `latest` is a tag like any other.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Correction: an image needs neither. A tag moves, a digest cannot. If it must be the same tomorrow, write the digest. Notebook 06 moves a tag under your feet.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Layers, and one to write in
#
# ![A stack of read-only layers forms the image; on top of it each container has a thin layer of its own that it can write in. Several containers share the layers below.](pictures/layers.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Dockerfile to layers, layers to image, image to container. Ten containers of one image are one image and ten thin layers.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A real image, opened

# %% tags=["volatile"]
explore("docker://localhost:5005/lab/site:1.0")

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) One box for each layer, with the instruction that made it. In the workshop this picture can be clicked: every file, every version, every wasted byte. Notebook 04.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Like classes in Python
#
# ```python
# class Base:                       # FROM python:3.11
#     def __init__(self, a):
#         self.a = a
#
#
# class Image(Base):                # your Dockerfile
#     def __init__(self, a, b):
#         super().__init__(a)
#         self.b = b
#
#
# container = Image(a=0, b=1)       # docker run
# ```
#
# base image = base class · image = subclass · container = instance

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:40) A class is written once and instantiated often. Changing an instance changes neither the class nor the other instances.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Like a program in C
#
# | in C | with Docker |
# | --- | --- |
# | source code | Dockerfile |
# | `gcc` | `docker build` |
# | executable file | image |
# | process | container |

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:30) For those who think in processes. And a container is a process.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What happens at docker run
#
# ![The client sends the command to the daemon. The daemon looks for the image in its own store. Only if it is missing, it pulls it from the registry. It creates a container and starts its main process; the output comes back to the client.](pictures/docker_run.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:55) Three parts: client, daemon, registry. Four steps. The third happens the first time only, and that is why the second run is quick.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Pull and run

# %% language="sh"
# docker run -d --name web-talk -p 127.0.0.1:8951:80 -e AUTHOR=Ada \
#   localhost:5005/lab/site:1.0 > /dev/null
# docker port web-talk

# %%
print(visit("http://127.0.0.1:8951"))

# %% [markdown]
# `-d` in the background · `-p` outside:inside · `-e` a setting

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:55) Demo: open the address in a browser. `-p` is outside first, inside last, and so is `-v`. 127.0.0.1 keeps the door on this machine. The cheat sheet has all the flags.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Your files, an image of others

# %% language="sh"
# cd "$(mktemp -d)" && echo "print(6 * 7)" > mine.py
# docker run --rm -v "$PWD:/work" -w /work -u $(id -u):$(id -g) \
#   localhost:5005/lab/python:3.11 sh -c 'python mine.py > result.txt'
# cat result.txt && [ -O result.txt ] && echo "and the file is mine"
# rm -r "$PWD"

# %% [markdown]
# - `-v` **outside:inside**: a folder of yours, seen in the container
# - On Linux, without `-u` the files that it writes belong to root
# - For data science there are ready-made images, such as the Jupyter Docker Stacks: `quay.io/jupyter/scipy-notebook`

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:55) No Python was installed for this. The path on the left is the machine's, the one on the right the container's. The kernel knows users by number, hence `-u`. The Jupyter Docker Stacks are such images with JupyterLab: one `-p` for the page, one `-v` for the folder.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The life of a container

# %%
# !docker stop web-talk > /dev/null
life_cycle("web-talk")

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:55) The state is that of the container of the slide before: stopped, and still there with its files. Only `rm` takes them. All eighteen commands are in the cheat sheet.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Build, then run
#
# `docker build -f Dockerfile -t my-image:1.0 .`
#
# ⚠ `docker run my-image` does not run it: without a tag, Docker asks for `latest`.

# %% tags=["fails", "volatile"]
# !docker run --rm localhost:5005/lab/site

# %% [markdown]
# Right: `docker run my-image:1.0`
#
# More that is done with images: `pull`, `push`, `search`, `tag`, `rmi`, `save`, `load`, `import`, `commit`

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) Our registry holds lab/site:1.0 and no latest. The error is the proof. Nobody moves latest by magic.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A Dockerfile
#
# ```dockerfile
# FROM python:3.11
# ENV MYVAR="HELLO"
# RUN pip install torch && useradd myuser
# WORKDIR /app
# COPY my-conf.txt my-conf.txt
# EXPOSE 9000
# USER myuser
# ENTRYPOINT ["/bin/bash", "-c"]
# CMD ["echo ${MYVAR}"]
# ```
#
# `FROM` what it stands on · `ENV` a setting · `RUN` runs while building · `WORKDIR` where we are · `COPY` your files · `EXPOSE` a note about a port · `USER` who runs it · `ENTRYPOINT`, `CMD` what starts
#
# A text file, **under version control**. `RUN`, `COPY` and `ADD` make a layer each.

# %% [markdown] slideshow={"slide_type": "notes"}
# (1:10) Go down line by line. FROM: the base. ENV: a setting. RUN: a command at build time. WORKDIR: where we are from now on. COPY: files of yours. EXPOSE: documents a port. USER: who runs it. ENTRYPOINT and CMD: what runs.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Five faults on one slide
#
# ```dockerfile
# FROM python:3.11
# ENV MYVAR="HELLO"
# RUN pip install torch
# USER MYUSER
# ENTRYPOINT ["/BIN/BASH"]
# CMD ["ECHO”, "${MYVAR}"]
# ```
#
# | ⚠ | because |
# | --- | --- |
# | `USER MYUSER` | nobody created that user |
# | `/BIN/BASH`, `ECHO` | paths and programs are case-sensitive |
# | `”` | a curly quote: no JSON any more, so it becomes shell form |
# | `${MYVAR}` | the form with brackets has no shell that fills it in |

# %% [markdown] slideshow={"slide_type": "notes"}
# (1:05) This Dockerfile is printed in many courses. It fails five times: user, path, quote, variable, and in the same lecture `CMD ipython` on python:3.11, where ipython is not installed. Notebook 05 lets you repair it fault by fault.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Who fills in the variable?

# %% language="sh"
# docker run --rm -e MYVAR=HELLO localhost:5005/lab/busybox:1 echo '${MYVAR}'
# docker run --rm -e MYVAR=HELLO localhost:5005/lab/busybox:1 sh -c 'echo ${MYVAR}'

# %% [markdown]
# - **ENTRYPOINT** is what always runs, **CMD** its arguments, which you can replace
# - **COPY** takes your files; **ADD** also unpacks archives and fetches addresses
# - **EXPOSE** documents a port; **-p** publishes it
#
# ⚠ `CMD ipython` on `python:3.11`: it is not installed there.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) The first line starts echo directly, as the form with brackets does: no shell, no filling in. The second starts a shell, and the shell fills it in.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is that reproducible?
#
# ⚠ "Reproducible, if you include static data": not enough.
#
# | moves under you | hold it still |
# | --- | --- |
# | `FROM python:3.11` | `FROM python:3.11@sha256:…` |
# | `pip install torch` | versions and hashes in a lock file |
# | `apt-get install …` | a snapshot, or an image that was built once |
# | a seed, a date | set it, and write it down |
#
# And keep `.env` and large data out of the **build context**: `.dockerignore`.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) The image is reproducible: the same digest is the same bytes. The build is not, unless everything it fetches is pinned. Everything in the context folder is sent to the builder: a secret that was copied stays in a layer.

# %% [markdown] slideshow={"slide_type": "slide"}
# # Ship and compose
#
# Registries, several containers, the cloud

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:10) Last chapter.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A registry is a store of images

# %%
print(visit("http://127.0.0.1:5005/v2/lab/redis/tags/list"))

# %% [markdown]
# - A server that speaks HTTP: this one runs on this machine, in a container
# - [hub.docker.com](https://hub.docker.com/) is the main public one; companies have their own
# - Sharing images speeds everybody up: nobody installs twice
#
# ⚠ The images on your machine are **not** a local registry: they are the engine's image store.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:55) Correction: "local registry: all images on your machine" mixes up two things. From a registry one pulls; from the store one runs. Docker Hub lets you pull 100 times in six hours without an account, 200 with a free one.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Google Cloud, today
#
# | in older slides | now |
# | --- | --- |
# | ⚠ Container Registry | shut down on 18 March 2025: **Artifact Registry** |
# | ⚠ `eu.gcr.io/project/a/b/c:1.0` | `REGION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE:TAG` |
#
# `gcloud auth configure-docker REGION-docker.pkg.dev`
#
# `gcloud builds submit --tag REGION-docker.pkg.dev/…` builds in the cloud
#
# A virtual machine can be started to run one container directly.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) The old names are in many courses and no longer work. Cloud Build sends your context and builds there. Compute Engine can start a machine whose only job is one container: there a virtual machine and a container work together.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Several containers: Compose
#
# ![Compose: one file describes a web app and Redis, each in a container of its own, on a network where they know each other by name. The app's port is published to your machine, and Redis keeps its data in a volume.](pictures/compose.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:55) What of applications of several containers? One container, one job; Compose is the glue between them: services, a network in which the names are known, volumes. That is how microservices are run on one machine.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The compose file, mended
#
# ⚠ As it is often printed, with `image` below `build`, Compose refuses it:

# %% tags=["fails", "volatile"]
# !printf '%s\n' 'services:' '  app:' '    build:' '      image: flask-redis:1.0' \
#   | docker compose -f - config --quiet

# %% [markdown]
# ```yaml
# services:
#   app:
#     build: .
#     image: flask-redis:1.0
#     ports: ["127.0.0.1:5000:5000"]
#   redis:
#     image: redis:7-alpine
# ```
#
# `docker compose up` starts both.

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) build and image are siblings: build says how, image says what the result is called. A line `version:` is ignored with a warning. In the app, Redis is reached by the name redis.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## When something fails
#
# | question | command |
# | --- | --- |
# | did it end, with which code? | `docker ps -a` |
# | what did it say? | `docker logs NAME` |
# | was it started as I think? | `docker inspect NAME` |
# | what does it see? | `docker exec -it NAME sh` |
# | a build fails halfway? | `docker build --target STAGE …` |

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:40) In this order. With BuildKit there is no half-built image to look into: build up to an earlier stage and look there.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Remember: build, ship, run
#
# ![Build, ship, run. Build: a Dockerfile and files become an image on your machine. Ship: the image is pushed to a registry, and pulled by others. Run: a container is started from it on any machine.](pictures/build_ship_run.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:50) The shipping picture once more, after [Bernhard Wenzel's mental model](https://bernhardwenzel.com/2022/the-mental-model-of-docker-container-shipping/): the Dockerfile is the packing list, the image the packed container, the registry the port, the engine the crane.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Your turn
#
# | minutes | notebook |
# | --- | --- |
# | 10 | **00** start here |
# | 20 · 25 | **02** machine and container, measured · **03** containers |
# | 30 · 20 | **04** layers · **05** Dockerfile |
# | 15 · 15 | **06** registries · **07** Compose |
# | 10 | **09** build, ship, run, with a teammate |
# | at leisure | **01** why · **08** data science · **10** under the hood |
#
# `./lab up`

# %% [markdown] slideshow={"slide_type": "notes"}
# (0:40) Demo: `./lab up`, then the first cell of Start here. The core path, 02 to 07 and 09, takes two hours and a quarter. Hints come one at a time; a check never says more than whether it is there yet, and what to look at next.

# %% slideshow={"slide_type": "skip"} language="sh"
# ours="--filter label=org.labhelpers.workshop --filter name=-talk$"
# docker ps --all $ours --format '{{.Names}}' | sort | xargs -r docker rm -f
