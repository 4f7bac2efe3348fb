# ---
# jupyter:
#   labhelpers:
#     title: Containers
#     minutes: 25
#     covers: [4, 10, 24, 30, 54, 62, 63, 65, 91, 93, 95, 96]
#     afterwards:
#       - start, watch, enter, stop and remove containers, and say at each moment which state one is in
#       - publish a port, pass a setting, share a folder, and keep data when a container is gone
#       - find out why a container failed, from its log, its exit code and its configuration
# ---

# %% [markdown]
# # Containers
#
# **Afterwards you can**
#
# - start, watch, enter, stop and remove containers, and say at each moment which state one is in;
# - publish a port, pass a setting, share a folder, and keep data when a container is gone;
# - find out why a container failed, from its log, its exit code and its configuration.
#
# **Time:** about 25 minutes. **You need:** [00 Start here](00_start_here.ipynb), with everything green.
#
# ![What happens at docker run. Three parts: the client, which is the docker command; the daemon, with its store of images and its containers; the registry. 1: the client sends the command to the daemon. 2: the daemon looks for the image in its own store. 3: only if it is missing, the daemon pulls it from the registry. 4: the daemon creates a container from the image and starts its main process; what that prints comes back to the client.](pictures/docker_run.svg)
#
# <details><summary>The picture in words</summary>
#
# 1. The **client** (the `docker` command in a notebook or terminal) sends what you typed to the **daemon**, the engine that does the work.
# 2. The daemon looks for the **image** in its own store.
# 3. Only if the image is missing there, the daemon **pulls** it from the **registry**, a server that keeps images.
# 4. The daemon **creates** a container (the image, read-only, and a writable layer of its own on top) and **starts** its main process. What the process prints comes back to the client.
#
# </details>

# %% [markdown]
# Every container of this notebook has a name that ends in `-03`. The first cell removes what an earlier run left behind, so that you can start from the top at any time.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop --filter name=-03$"
# docker ps --all -q $ours | xargs -r docker rm -f > /dev/null
# docker network ls -q $ours | xargs -r docker network rm > /dev/null
# docker volume ls -q $ours | xargs -r docker volume rm > /dev/null
# echo "Nothing of an earlier run is left."

# %% [markdown]
# <details><summary><code>!docker …</code> and <code>%%sh</code>: two ways to reach the shell from a cell</summary>
#
# - A line that starts with `!` goes to the shell. Python reads it first, and changes what stands in braces.
# - A cell that starts with `%%sh` goes to the shell whole, exactly as you would type it in a terminal. Commands with `{{…}}`, or of several lines, stand in such cells.
# - What a command in a `%%sh` cell writes to its error channel stands on a red ground. Some commands report their progress there: red alone is no error.
#
# </details>

# %% [markdown]
# ## 1 · From an image to a container
#
# You want to run a program without installing it. It comes as an **image**: a read-only bundle of files with a note on which program to start. `docker pull` fetches one. Images live in a **registry**, a server; ours runs on your machine, so this takes a second.

# %% language="sh" tags=["volatile"]
# docker pull localhost:5005/lab/busybox:1

# %% [markdown]
# If it says *Image is up to date*, the engine had the image already, and nothing travelled.
#
# Look at the name. `localhost:5005` is the registry, `lab/busybox` the repository, `1` the **tag**. The long `sha256:` number is the **digest**, the identity of exactly these bytes.
#
# **Predict.** The next command starts a container that prints one line. Is it in the list of running containers afterwards?
#
# a) Yes. b) No: it is gone. c) No, but it is still there.
#
# Write your letter in place of the dots and run the cell; a later one compares.

# %% tags=["learner"]
from labhelpers import check, hint, predict, solution

predict("03.ended", "…")

# %% tags=["solution"]
from labhelpers import check, predict

predict("03.ended", "c")

# %%
# !docker run --name hello-03 localhost:5005/lab/busybox:1 echo "Hello from inside"

# %% tags=["volatile"]
# !docker ps

# %% language="sh"
# docker ps --all --filter name=-03$ --format 'table {{.Names}}\t{{.Image}}\t{{.State}}'

# %% [markdown]
# `docker ps` lists what runs: at least the class registry, which is a container too. `hello-03` is not there. `docker ps --all` (short: `-a`) has it: **exited**.

# %%
predict("03.ended")

# %% [markdown]
# A **container** is a writable instance of an image, with one **main process**. When that process ends, the container stops. It does not disappear: its name, its log and its files stay until you remove it. With `--rm` the engine removes it at once, which is right for one short command:

# %%
# !docker run --rm localhost:5005/lab/busybox:1 echo "Gone without a trace"

# %% [markdown]
# ## 2 · A name without a tag means `latest`
#
# A slide that many courses share builds `my-image:1.0`, then says `docker run my-image`. **Predict:** our registry holds `lab/site:1.0`. What does `docker run localhost:5005/lab/site` do?
#
# a) It runs 1.0, the only one there is. b) It runs the newest one. c) It fails.

# %% tags=["learner"]
predict("03.no-tag", "…")

# %% tags=["solution"]
predict("03.no-tag", "c")

# %% tags=["fails", "volatile"]
# !docker run --rm localhost:5005/lab/site

# %%
predict("03.no-tag")

# %% [markdown]
# It fails: the daemon looked for `lab/site:latest`. **Without a tag, `docker` adds `:latest`**, always. `latest` is a tag like any other: nobody moves it to the newest image by magic, and it may not exist. That slide's second command should be `docker run my-image:1.0`.
#
# With its tag, the image is found:

# %% language="sh" tags=["volatile"]
# docker pull localhost:5005/lab/site:1.0

# %% [markdown]
# ## 3 · Publish a port, pass a setting
#
# The image `lab/site:1.0` serves a small web page on port 80 **of the container**. To reach it from your machine you publish that port when you start the container. Four flags:
#
# | flag | means |
# | --- | --- |
# | `-d` | detached: the container runs in the background, and you get its id |
# | `--name web-03` | a name that you choose; without it, the engine invents one |
# | `-p 127.0.0.1:8303:80` | your machine's port 8303 leads to the container's port 80: **outside first, inside last** |
# | `-e AUTHOR="Ada"` | sets an environment variable inside |
#
# `127.0.0.1` keeps the door on your own machine. Without it, anyone in the room's network could open your page.

# %% tags=["volatile"]
# !docker run -d --name web-03 -p 127.0.0.1:8303:80 -e AUTHOR="Ada" \
#   localhost:5005/lab/site:1.0

# %% [markdown]
# `visit` asks an address for its page, and waits until the server is up. Your browser can do it too: <http://127.0.0.1:8303>.

# %%
from labhelpers import visit

print(visit("http://127.0.0.1:8303"))

# %%
# !docker port web-03

# %% [markdown]
# The setting came from outside: the same image shows another name in another container. That is how one image serves for tests and for production.
#
# **Predict.** Somebody mixes up the two numbers, and publishes a port of the container at which no program listens. What does `docker run` say?
#
# a) An error: nothing listens there. b) A warning. c) Nothing; all looks well.

# %% tags=["learner"]
predict("03.wrong-port", "…")

# %% tags=["solution"]
predict("03.wrong-port", "c")

# %% tags=["volatile"]
# !docker run -d --name wrong-03 -p 127.0.0.1:8304:8303 localhost:5005/lab/site:1.0

# %% language="sh"
# docker ps --filter name=-03$ --format 'table {{.Names}}\t{{.State}}\t{{.Ports}}'

# %%
print(visit("http://127.0.0.1:8304", wait=2))

# %%
predict("03.wrong-port")

# %% [markdown]
# Docker says nothing: it opens a door, and does not look whether anyone stands behind it. `PORTS` shows where the door leads: `8304->8303`, while the server listens on 80.
#
# A port is published **when the container is created**, and only then. There is no command to add one later: you remove the container and run a new one.

# %%
# !docker rm -f wrong-03

# %% [markdown]
# ### Exercise: find the fault
#
# A colleague wants this page with their own name on port 8313, and typed:
#
# ```
# docker run --name mysite-03 -p 127.0.0.1:80:8313 AUTHOR="your name" localhost:5005/lab/site
# ```
#
# It has four faults.
#
# - **Goal:** mend it, and run it with your name.
# - **Success:** a container started from `lab/site:1.0` runs in the background, and <http://127.0.0.1:8313> shows your name.
#
# <details><summary>Hint 1</summary>
#
# The message tells which word was taken for the image. Everything that belongs to a flag needs its flag in front.
#
# </details>

# %% tags=["learner"]
# Your command, with ! in front:

# %% tags=["solution", "volatile"]
# !docker run -d --name mysite-03 -p 127.0.0.1:8313:80 -e AUTHOR="Grace" \
#   localhost:5005/lab/site:1.0

# %% tags=["solution"]
print(visit("http://127.0.0.1:8313"))

# %%
check("03.find-fault")

# %% tags=["learner"]
# Stuck? Remove the # below, and run this cell again for one hint more each time.
# hint("03.find-fault")

# %% [markdown]
# ### Exercise: two copies
#
# - **Goal:** start a second container from the same image, beside the first.
# - **Success:** <http://127.0.0.1:8313> and <http://127.0.0.1:8314> both answer, from two containers of one image.
#
# <details><summary>Hint 1</summary>
#
# Two containers cannot have the same name, nor the same port of your machine. Inside, both may listen on 80: each has a network of its own.
#
# </details>

# %% tags=["learner"]
# Your command, with ! in front:

# %% tags=["solution", "volatile"]
# !docker run -d --name mysite2-03 -p 127.0.0.1:8314:80 -e AUTHOR="Grace, again" \
#   localhost:5005/lab/site:1.0

# %% tags=["solution"]
print(visit("http://127.0.0.1:8314"))

# %%
check("03.two-copies")

# %% tags=["learner"]
# hint("03.two-copies")

# %% [markdown]
# ## 4 · Look inside without stopping it
#
# Who operates a service looks at it from outside: its logs, a way in, its use of the machine, its network. For that it does not matter what is inside, a Python model or a web page: all containers are watched, entered, stopped and copied with the same commands. `docker logs` shows what the main process printed.

# %% tags=["volatile"]
# !docker logs --tail 3 web-03

# %% [markdown]
# `--tail 3` shows the last three lines. `-f` (follow) keeps printing until the container ends or you press Ctrl-C. This container counts to three and ends, so the cell ends too, after about three seconds:

# %% tags=["volatile"]
# !docker run -d --name count-03 localhost:5005/lab/busybox:1 \
#   sh -c 'for n in 1 2 3; do echo "line $n"; sleep 1; done'

# %%
# !docker logs -f count-03

# %% [markdown]
# `docker exec` starts **another** process in a container that runs already. Here it reads the page from inside, and asks which program is the main process, number 1:

# %%
# !docker exec web-03 cat /proc/1/comm

# %% language="sh"
# docker exec web-03 wget -qO- http://127.0.0.1:80 | grep Author

# %% [markdown]
# Inside, the address is port 80; outside, it was 8303.
#
# For a shell of your own you need a terminal (**File → New → Terminal**), because a cell cannot pass on what you type:
#
# ```
# docker exec -it web-03 sh
# ```
#
# `-i` keeps its input open and `-t` gives it a terminal. Try `hostname`, `ls /var/www`, `ps`; leave with `exit`. The container goes on: your shell was not its main process.
#
# <details><summary>And <code>docker attach</code>?</summary>
#
# `attach` starts nothing new: it joins your terminal to the **main process**. Ctrl-C then reaches that process, and usually ends the container; Ctrl-P Ctrl-Q leaves without ending it. For reading, `logs -f` is safer; for looking around, `exec`.
#
# </details>

# %% [markdown]
# `docker inspect` knows everything about a container, about 200 lines of it. `--format` picks a part: here the environment, with what `-e` set, and the command that the image starts.

# %% language="sh"
# docker inspect --format '{{json .Config.Env}}' web-03
# docker inspect --format '{{json .Config.Cmd}}' web-03

# %% [markdown]
# `docker stats` shows processor, memory and network use. It goes on until Ctrl-C; `--no-stream` shows one measurement, after about two seconds.

# %% tags=["volatile"]
# !docker stats --no-stream web-03

# %% [markdown]
# ## 5 · Stop, start, and what is kept
#
# Containers are stopped and started all the time: for a new version, after a crash, when a machine restarts. What of them stays?
#
# ![The life cycle of a container. create leads from an image to created; start leads from created to running; run is both in one. pause and unpause lead from running to paused and back. stop, kill, or the end of the main process lead from running to exited; start leads back to running. rm removes a container; its files are gone.](pictures/life_cycle.svg)
#
# <details><summary>The picture in words</summary>
#
# - `docker create` makes a container from an image: it is **created**. `docker start` makes it **running**. `docker run` is both in one.
# - `docker pause` and `docker unpause` lead from running to **paused** and back.
# - `docker stop`, `docker kill`, or the end of the main process lead from running to **exited**. `docker start` leads back to running; `docker restart` is stop and start.
# - `docker rm` removes a container that does not run, `docker rm -f` in any state. Its files are then gone.
#
# </details>

# %% [markdown]
# Write a file into the running container, then stop it.

# %%
# !docker exec web-03 sh -c 'echo "a note from before" > /tmp/note'
# !docker stop web-03

# %%
from labhelpers import life_cycle

life_cycle("web-03")

# %% [markdown]
# `life_cycle` asks `docker inspect` for the state, and marks it in the picture. Exit code 0 means that the main process ended well.
#
# **Predict.** You start it again. Is the note still there?
#
# a) No: an image is read-only, so the container begins anew. b) Yes. c) Only if it was saved first.

# %% tags=["learner"]
predict("03.note-kept", "…")

# %% tags=["solution"]
predict("03.note-kept", "b")

# %%
# !docker start web-03
# !docker exec web-03 cat /tmp/note

# %%
predict("03.note-kept")

# %% [markdown]
# It is there. A stopped container keeps its **writable layer**, the place of all that was changed in it. What ends that layer is not `stop`, but `rm`:

# %% tags=["volatile"]
# !docker rm -f web-03
# !docker run -d --name web-03 -p 127.0.0.1:8303:80 -e AUTHOR="Ada" \
#   localhost:5005/lab/site:1.0

# %% tags=["fails"]
# !docker exec web-03 cat /tmp/note

# %% [markdown]
# The same name, the same image, but a **new container**. So data that must last does not belong in a container; step 6 says where.
#
# ### How it ended: the exit code
#
# **Predict.** This container sleeps for ten minutes. `docker stop` asks it to end. Which exit code is left?
#
# a) 0. b) 137. c) 143.

# %% tags=["learner"]
predict("03.exit-code", "…")

# %% tags=["solution"]
predict("03.exit-code", "b")

# %% tags=["volatile"]
# !docker run -d --name sleeper-03 localhost:5005/lab/busybox:1 sleep 600

# %%
# !docker stop -t 1 sleeper-03

# %% language="sh"
# docker inspect --format '{{.State.Status}}, exit code {{.State.ExitCode}}' sleeper-03

# %%
predict("03.exit-code")

# %% [markdown]
# `stop` sends the signal SIGTERM ("please end"), waits (`-t 1`: one second; by default ten), then sends SIGKILL, which no process survives. **137 = 128 + 9**, and 9 is SIGKILL: the request was not heard. The first process of a container ignores SIGTERM unless it was written to listen. `--init` puts a small program before yours that passes the signal on:

# %% tags=["volatile"]
# !docker run -d --init --name gentle-03 localhost:5005/lab/busybox:1 sleep 600

# %%
# !docker stop -t 10 gentle-03

# %% language="sh"
# docker inspect --format '{{.State.Status}}, exit code {{.State.ExitCode}}' gentle-03

# %% [markdown]
# **143 = 128 + 15**, and 15 is SIGTERM: it ended when asked, and at once. The page of `web-03` listens for SIGTERM by itself, and left with 0.
#
# | exit code | means |
# | --- | --- |
# | 0 | ended well |
# | 1 to 124 | the program's own: look in its log |
# | 125 | `docker run` itself failed (a wrong flag, a port that is taken) |
# | 126, 127 | the command cannot be run; the command was not found |
# | 137 | killed by SIGKILL: `stop` after its waiting time, `kill`, or out of memory |
# | 143 | ended by SIGTERM |
#
# `docker kill` sends SIGKILL at once. `docker restart` is stop and start in one. Each of them prints the name of the container, which is the same one all the time:

# %%
# !docker kill web-03
# !docker start web-03
# !docker restart web-03

# %% [markdown]
# ### Exercise: inspect
#
# The next cell starts a container that fails. Do not run it again: read what it left behind.

# %% tags=["volatile"]
# !docker run -d --name broken-03 localhost:5005/lab/busybox:1 \
#   sh -c 'cat /etc/settings.ini || exit 3'

# %% [markdown]
# - **Goal:** answer three questions, each with one command.
# - **Success:** you have the exit code of `broken-03`, the file that it missed, and, from inside `web-03`, the folder that its server shows (`ls /var`).
#
# <details><summary>Hint 1</summary>
#
# What it printed is in its log, also after its end. How it ended stands in `docker ps -a`, and under `.State.ExitCode` in `docker inspect`.
#
# </details>

# %% tags=["learner"]
# Your commands, with ! in front, and what you found:
exit_code = None
missing_file = "…"
folder = "…"

# %% tags=["solution"] language="sh"
# docker wait broken-03
# docker logs broken-03 2>&1
# docker exec web-03 ls /var

# %% tags=["solution"]
exit_code = 3
missing_file = "/etc/settings.ini"
folder = "/var/www"
print(exit_code, missing_file, folder)

# %%
check("03.inspect", exit_code=exit_code, missing_file=missing_file, folder=folder)

# %% tags=["learner"]
# hint("03.inspect")

# %% [markdown]
# ## 6 · Files that stay
#
# Two ways to keep files outside the writable layer: a **bind mount** shows a folder of your machine inside the container; a **volume** is a place that the engine keeps. Both use `-v OUTSIDE:INSIDE`, outside first, as with ports.

# %% language="sh"
# mkdir -p work/03
# docker run --rm -v "$PWD/work/03:/out" localhost:5005/lab/busybox:1 \
#   sh -c 'echo "made inside" > /out/first.txt'
# cat work/03/first.txt

# %% [markdown]
# The path on the left is your machine's, and is written in full: `"$PWD/…"`. The path on the right is the container's. (`-v work:/out`, without a slash, would be a volume called `work`.)
#
# **Predict.** Whose file is `work/03/first.txt`, on your machine?

# %%
import os
from pathlib import Path

print("user id of the file's owner:", Path("work/03/first.txt").stat().st_uid)

# %% [markdown]
# On Linux it belongs to user 0, root: the container's process was root, and the kernel knows users by number only. You may not be able to change that file. (Docker Desktop and rootless engines translate the number, and the file is yours.) `-u` runs the process as another user, here as you; `-w` sets the folder it starts in. The program is Python, from an image that is pulled first:

# %% tags=["volatile"]
# !docker pull -q localhost:5005/lab/python:3.11

# %% language="sh"
# docker run --rm -u $(id -u):$(id -g) -v "$PWD/work/03:/work" -w /work \
#   localhost:5005/lab/python:3.11 \
#   python -c 'print("made by me", file=open("second.txt", "w"))'
# cat work/03/second.txt

# %%
print("mine:", Path("work/03/second.txt").stat().st_uid == os.getuid())

# %% [markdown]
# You ran Python 3.11 on your own files, without installing it. Ready-made images for data science, such as those of the Jupyter Docker Stacks (`quay.io/jupyter/scipy-notebook`), are used in the same way: one `-p` for the page, one `-v` for your folder.
#
# A **volume** has a name and no path of yours. Write in one container, read in another. The label marks it as the workshop's, so that cleaning up finds it.

# %%
# !docker volume create --label $LAB_LABEL data-03
# !docker run --rm -v data-03:/data localhost:5005/lab/busybox:1 \
#   sh -c 'echo "kept" > /data/result'
# !docker run --rm -v data-03:/data localhost:5005/lab/busybox:1 cat /data/result

# %% [markdown]
# Both containers are gone, and the file is not. Databases keep their data this way.
#
# One file, once, needs neither: `docker cp web-03:/var/www/index.html work/` copies it out of a container, also of a stopped one, and `docker cp FILE web-03:/tmp/` into it.

# %% [markdown]
# ## 7 · One kernel, one network
#
# Two images: `busybox` is a single small program, `python` a whole Debian system with Python. **Predict:** do containers of the two run on the same Linux kernel?

# %% tags=["volatile"]
# !docker run --rm localhost:5005/lab/busybox:1 uname -r | cut -d- -f1
# !docker run --rm localhost:5005/lab/python:3.11 uname -r | cut -d- -f1
# !uname -r | cut -d- -f1

# %% language="sh"
# id=/proc/sys/kernel/random/boot_id
# one=$(docker run --rm localhost:5005/lab/busybox:1 cat $id)
# two=$(docker run --rm localhost:5005/lab/python:3.11 cat $id)
# [ "$one" = "$two" ] && echo "the same kernel, booted once"

# %% [markdown]
# The same version, and the same **boot id**, a number that the kernel draws when it boots. A container has its own files, processes and network, but no kernel of its own: **all containers of a host share the host's kernel**. (On macOS and Windows the host is a Linux machine inside Docker Desktop, so the last line differs there. Notebook 02 measures what that sharing saves.)
#
# Being on one host, containers can also talk without leaving it. **Predict:** can one reach another by its name?
#
# a) Yes. b) No. c) Only in a network that you create.

# %% tags=["learner"]
predict("03.by-name", "…")

# %% tags=["solution"]
predict("03.by-name", "c")

# %% tags=["fails"]
# !docker run --rm localhost:5005/lab/busybox:1 wget -qO- http://web-03/cgi-bin/whoami

# %% [markdown]
# Not yet: in the default network, names are not known. In a **network** that you create, the engine answers for them:

# %% tags=["volatile"]
# !docker network create --label $LAB_LABEL net-03
# !docker network connect net-03 web-03
# !docker run --rm --network net-03 localhost:5005/lab/busybox:1 \
#   wget -qO- http://web-03/cgi-bin/whoami

# %% language="sh"
# docker run --rm --network net-03 localhost:5005/lab/busybox:1 \
#   wget -qO- http://web-03/ | grep Author

# %%
predict("03.by-name")

# %% [markdown]
# The name led to the container: what `whoami` printed is its host name, and that is its short id. The second container read the page at `web-03`, port 80: the container's own port, published or not. `-p` is for the world outside; between containers no port is published at all. Two virtual machines would talk like two computers. Compose (notebook 07) makes such a network for you.
#
# ## 8 · Clean up
#
# A stopped container takes space, and keeps its name. `docker rm NAME` removes one. For many, go by **label**, a mark that you set with `--label`: never by age or by a guess.
#
# `docker container prune` removes **every** stopped container of the engine, also those of others. With a filter it is safe. Two containers with a label, one without:

# %% tags=["volatile"]
# !docker run --name old1-03 --label lesson=prune-03 localhost:5005/lab/busybox:1 true
# !docker run --name old2-03 --label lesson=prune-03 localhost:5005/lab/busybox:1 true
# !docker container prune -f --filter label=lesson=prune-03

# %% language="sh"
# docker ps --all --filter name=-03$ --format '{{.Names}}: {{.State}}' \
#   | grep -v mysite | sort

# %% [markdown]
# `old1-03` and `old2-03` are gone. `hello-03`, stopped as they were, is still there: it has no such label.
#
# ### Exercise: clean up
#
# The next cell makes three containers. Two carry the label `lesson=cleanup-03`; the third is somebody else's.

# %% tags=["volatile"]
# !docker run --name task1-03 --label lesson=cleanup-03 -d localhost:5005/lab/busybox:1 \
#   sleep 900
# !docker run --name task2-03 --label lesson=cleanup-03 localhost:5005/lab/busybox:1 true
# !docker run --name keep-03 localhost:5005/lab/busybox:1 true

# %% [markdown]
# - **Goal:** remove the two that carry the label, with one command or several.
# - **Success:** `task1-03` and `task2-03` are removed, not only stopped, and `keep-03` is still there.
#
# <details><summary>Hint 1</summary>
#
# One of the two still runs. `prune` leaves running containers alone, and `docker rm` refuses them without `-f`.
#
# </details>

# %% tags=["learner"]
# Your command, with ! in front:

# %% tags=["solution", "volatile"]
# !docker rm -f $(docker ps -aq --filter label=lesson=cleanup-03)

# %% tags=["solution"] language="sh"
# docker ps --all --filter name=task --filter name=keep-03 \
#   --format '{{.Names}}: {{.State}}'

# %%
check("03.clean-up")

# %% tags=["learner"]
# hint("03.clean-up")

# %% [markdown]
# ## What usually goes wrong
#
# | you see | because | do |
# | --- | --- | --- |
# | `manifest … not found`, `latest` in the message | no tag given, so `:latest` was looked for | name the tag |
# | `The container name … is already in use` | a stopped container keeps its name | `docker rm NAME`, or another name |
# | `port is already allocated` | another container, or program, has that port of your machine | `docker ps` shows which; take another number on the left of `-p` |
# | the container is not in `docker ps` | its main process has ended | `docker ps -a`, then `docker logs NAME` |
# | the page does not answer, though the container runs | no `-p`, or its numbers the wrong way round, or the server listens on 127.0.0.1 inside | look at `PORTS` in `docker ps`, then `docker logs NAME` |
# | a folder that you mounted is empty inside | the left path of `-v` does not exist, and was made for you, or has no slash, and is a volume | write the whole path: `"$PWD/…"` |
# | files that you cannot delete | they were written by root in a bind mount | run with `-u $(id -u):$(id -g)` |
# | a cell never ends | `-it`, `logs -f`, `stats` and `attach` wait for you | the ■ button stops the cell; use the terminal |
# | `--format '{{.Names}}'` prints `{.Names}` | in a `!` line, Python reads braces first | use a cell with `%%sh` |
#
# Order of looking, when a container fails: `docker ps -a` (did it end, with which code?) → `docker logs` (what did it say?) → `docker inspect` (was it started as you think?) → `docker exec -it NAME sh` (what does it see?).

# %% [markdown]
# ## What to remember
#
# - A container is a writable instance of a read-only image; it lives as long as its main process, and its files until `docker rm`.
# - Outside first, inside last: `-p 127.0.0.1:8303:80`, `-v "$PWD/work:/work"`.
# - `ps -a`, `logs`, `inspect`, `exec`: in this order they tell why it failed.
#
# ## Clean up this notebook
#
# All that this notebook made has a name that ends in `-03` and the workshop's label; nothing else is touched. You see each name as it is removed.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop --filter name=-03$"
# docker ps --all $ours --format '{{.Names}}' | sort | xargs -r docker rm -f
# docker network ls $ours --format '{{.Name}}' | xargs -r docker network rm
# docker volume ls $ours --format '{{.Name}}' | xargs -r docker volume rm
# rm -r work/03

# %% [markdown]
# ## Where to go next
#
# Notebook 04 opens an image and shows its layers; notebook 05 builds one. The other words of the life cycle have their place there and later: `build` (05), `commit`, `save`, `load`, `import`, `rmi` (04), `tag`, `push`, `search` (06). `create` you know now: it is the first half of `run`.
#
# Back to [00 Start here](00_start_here.ipynb).
#
# <small>Sources: Docker's reference pages for [docker container run](https://docs.docker.com/reference/cli/docker/container/run/) (exit status) and [docker container stop](https://docs.docker.com/reference/cli/docker/container/stop/) (signals); [Jupyter Docker Stacks](https://jupyter-docker-stacks.readthedocs.io/). Sizes and times: measured by this notebook.</small>
