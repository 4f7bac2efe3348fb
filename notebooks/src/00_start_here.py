# ---
# jupyter:
#   labhelpers:
#     title: Start here
#     minutes: 10
#     covers: [1, 2, 4]
#     afterwards:
#       - run the cells of a notebook and docker commands, in a cell and in a terminal
#       - see whether your machine is ready, and what to do if not
#       - stop, come back, and find help
# ---

# %% [markdown]
# # Start here
#
# **Afterwards you can**
#
# - run the cells of a notebook and `docker` commands, in a cell and in a terminal;
# - see whether your machine is ready, and what to do if it is not;
# - stop, come back, and find help.
#
# **Time:** about 10 minutes. **You need:** this page, opened by `./lab up`. Nothing else: no account, no network, no knowledge of Docker.
#
# ![How the workshop works. Your browser shows JupyterLab, with notebooks and a terminal. Both send the same docker commands to one container engine, which runs your containers and keeps images. It pulls images from the class registry at localhost:5005. All of this runs on your machine.](pictures/workshop.svg)
#
# <details><summary>The picture in words</summary>
#
# - Your **browser** shows JupyterLab, with **notebooks** and a **terminal**.
# - Both send the same `docker` commands to one **container engine**, which runs your **containers** and keeps **images**.
# - The engine pulls images from the **class registry** at `localhost:5005`.
# - All of this runs on your machine.
#
# </details>

# %% [markdown]
# ## 1 · Run a cell
#
# A notebook is made of text and of **cells** with code. Click into the cell below, then press **Shift+Enter**: it runs, and the next one is selected. The number in brackets, `[1]`, counts what you ran; `[*]` means that it still runs. The ■ button above stops a cell that takes too long.

# %%
print("This cell ran on your machine.")

# %% [markdown]
# You can run any cell twice, and every notebook of this workshop from the top at any time.
#
# ## 2 · Is everything ready?
#
# The doctor looks at the engine, the images, the registry and your machine. It takes a few seconds.

# %% tags=["volatile"]
from labhelpers import doctor_panel

panel = doctor_panel()
panel

# %% [markdown]
# ✓ means that it works, ✗ that it needs you, – that it is optional and not there. Each ✗ says what to do. In a terminal, `./lab doctor` shows the same list.
#
# ### Exercise: ready
#
# - **Goal:** bring everything that the workshop needs to ✓.
# - **Success:** no line of the doctor has a ✗. A line with – may stay.
#
# <details><summary>Hint 1</summary>
#
# Most lines are mended by leaving JupyterLab (Ctrl-C in the window where you started it) and running `./lab up` again: it sets up what is missing, and leaves alone what is there.
#
# </details>
#
# Whether an exercise is done, `check` finds out. It looks at the real thing, not at what you typed, and answers with one of three words: **pass**, **not yet**, with the next thing to look at, or **cannot check**, which is never your fault.

# %%
from labhelpers import check

check("00.ready")

# %% [markdown]
# Stuck? `hint` shows one hint, and one more each time you run it. A cell for it stands below every exercise: remove the `#` in front. After the last hint, `solution` shows how it is done.

# %% tags=["learner"]
from labhelpers import hint, solution

# hint("00.ready")

# %% [markdown]
# ## 3 · A command in a cell
#
# `docker` is the command that talks to the engine. A line that starts with `!` goes to your shell, as in a terminal:

# %% tags=["volatile"]
# !docker version

# %% [markdown]
# Two halves: the **client** is the command that you typed, the **server** is the engine that does the work. They are two programs, often on two systems. A cell that starts with `%%sh` goes to the shell whole; here it picks a part of the same answer:

# %% language="sh"
# docker version --format 'client on {{.Client.Os}}, engine on {{.Server.Os}}'

# %% [markdown]
# The engine is on Linux. On macOS and Windows too: there it runs in a small Linux machine.
#
# ## 4 · Your first container
#
# A **container** is a program that runs with files, processes and a network of its own, started from an **image**. Notebook 03 says what that means; now see one.
#
# **Predict.** Your machine runs a hundred programs or more at this moment. `ps` lists those that it can see. How many does it see in a container?

# %%
# !docker run --rm --name first-00 localhost:5005/lab/busybox:1 ps

# %% [markdown]
# One: itself, with the number 1. The others are there, but it cannot see them. That is **isolation**, and it took a fraction of a second: no machine was booted.
#
# <details><summary>What the words of the command mean</summary>
#
# - `docker run`: make a container from an image, and start it
# - `--rm`: remove the container when it has ended
# - `--name first-00`: its name; those of this notebook end in `-00`
# - `localhost:5005/lab/busybox:1`: the image, in the class registry on your machine
# - `ps`: the command to run inside
#
# </details>

# %% [markdown]
# ## 5 · A command in the terminal
#
# A cell cannot pass on what you type while it runs. For that there is the terminal: **File → New → Terminal**. It reaches the same engine. Type there:
#
# ```
# docker run -it --rm localhost:5005/lab/busybox:1 sh
# ```
#
# You now have a shell **inside** a container. Try `ls /`, `id -un` and `hostname`, then leave with `exit`. The same without typing, in a cell:

# %%
# !docker run --rm localhost:5005/lab/busybox:1 sh -c 'ls /; id -un'

# %% [markdown]
# ## 6 · Stop, come back, find help
#
# - **Saving:** JupyterLab saves notebooks while you work; Ctrl-S (⌘S) saves at once. Your cells and outputs are in the folder `my-notebooks`.
# - **Stopping:** close the browser, then Ctrl-C in the window where `./lab up` runs. `./lab down` stops the engine too, if the workshop started it.
# - **Coming back:** `./lab up` again. The second time takes seconds, and what you made is still there.
# - **Starting a notebook anew:** Kernel → Restart Kernel and Run All Cells. Each notebook first removes what its own last run left behind.
# - **Removing everything:** `./lab clean` removes all that the workshop made in the engine, and nothing of yours.
# - **Help:** every notebook ends with a table of what usually goes wrong. Each exercise has hints, one at a time, and a solution that was run on a real engine (folder `solutions`). `docker COMMAND --help` explains each command.
# - **Your progress:** `progress()` shows what you have done; it is kept in one file on your machine, and nobody else sees it. In a terminal: `./lab progress`.

# %% tags=["volatile"]
from labhelpers import progress

progress()

# %% [markdown]
# ## The notebooks
#
# Read from the top; each says what it needs. The core path (02 to 07, and 09) takes 2 h 15.
#
# | | notebook | you learn | minutes |
# | --- | --- | --- | --- |
# | 00 | Start here | how this workshop works | 10 |
# | 01 | [Why containers](01_why_containers.ipynb) | the problem that they solve | 15 |
# | 02 | [Virtual machine or container](02_vm_vs_container.ipynb) | a virtual machine and a container, measured | 20 |
# | 03 | [Containers](03_containers.ipynb) | run, watch, enter, stop, remove | 25 |
# | 04 | [Layers](04_images_and_layers.ipynb) | what an image is made of | 30 |
# | 05 | [Dockerfile](05_dockerfile.ipynb) | build your own image | 20 |
# | 06 | [Registries](06_registries.ipynb) | tags, digests, push and pull | 15 |
# | 07 | [Compose](07_compose.ipynb) | several containers as one application | 15 |
# | 08 | [Data science](08_data_science.ipynb) | reproducible training, notebooks and models | 25 |
# | 09 | [Build, ship, run](09_build_ship_run.ipynb) | the whole way, with a teammate | 10 |
# | 10 | [Under the hood](10_under_the_hood.ipynb) | a container made by hand (optional) | 25 |

# %% [markdown]
# ## What usually goes wrong
#
# | you see | because | do |
# | --- | --- | --- |
# | `Cannot connect to the Docker daemon` | the engine does not run | run `./lab up` again, or start Docker Desktop |
# | `docker: command not found` in a terminal of your own | the workshop's `docker` is known in JupyterLab's terminals only | use File → New → Terminal |
# | `[*]` stays beside a cell | it waits for something, or for you | press ■; run commands with `-it` in the terminal |
# | `No module named 'labhelpers'` | the notebook was opened by another Jupyter | open it through `./lab up` |
# | `NameError: name … is not defined` | an earlier cell was not run | Run → Run All Above Selected Cell |
# | a page asks for a token | the address was opened without it | use the whole address that `./lab up` printed |

# %% [markdown]
# ## What to remember
#
# - Shift+Enter runs a cell; `!docker …` talks to the engine; the terminal is for what needs your typing.
# - The client asks, the engine does the work.
# - `./lab up` brings everything back, `./lab doctor` tells what is missing.
#
# ## Clean up this notebook
#
# Its containers were started with `--rm`, so they are gone already. See for yourself what is left of them:

# %% language="sh"
# docker ps --all --filter label=org.labhelpers.workshop --filter name=-00$ \
#   --format 'left over: {{.Names}}'
# echo "That is all."

# %% [markdown]
# ## Where to go next
#
# [03 Containers](03_containers.ipynb): run, watch, enter, stop and remove them, and find out why one failed.
