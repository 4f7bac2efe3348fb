# ---
# jupyter:
#   labhelpers:
#     title: Dockerfile
#     minutes: 20
#     covers: [5, 55, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 92, 93, 94, 96]
#     afterwards:
#       - read and write a Dockerfile, and say for each line what it leaves in the image
#       - decide what starts, as which user, with which files, settings and secrets
#       - build small images that come out the same again, and find out why a build failed
# ---

# %% [markdown]
# # Dockerfile
#
# **Afterwards you can**
#
# - read and write a Dockerfile, and say for each line what it leaves in the image;
# - decide what starts, as which user, with which files, settings and secrets;
# - build small images that come out the same again, and find out why a build failed.
#
# **Time:** about 20 minutes. **You need:** [03 Containers](03_containers.ipynb).
#
# ![From a Dockerfile to a container. On the left the Dockerfile and the build context, the folder that is sent along. docker build makes an image of them. FROM, RUN, COPY, ADD and WORKDIR leave layers, which are files. ENV, EXPOSE, USER, ENTRYPOINT and CMD leave settings. docker run makes a container: the files below, a writable layer on top, and the settings, of which each can be changed for this one container by a flag.](pictures/dockerfile.svg)
#
# <details><summary>The picture in words</summary>
#
# - A **Dockerfile** is a text file of instructions. The **build context** is the folder whose files it may copy.
# - `docker build` runs the instructions from the top, and leaves an **image**: layers (files) and a configuration (settings).
# - `FROM`, `RUN`, `COPY`, `ADD` and `WORKDIR` make layers. `ENV`, `EXPOSE`, `USER`, `ENTRYPOINT` and `CMD` write into the configuration.
# - `docker run` reads the configuration when it starts a container. Its flags (`-e`, `-p`, `-u`, `-w`, `--entrypoint`) and the words after the image name change a setting for this one container.
#
# </details>

# %% [markdown]
# Images and containers of this notebook have names that end in `-05`; its files are in `work/05`. The first cell removes what an earlier run left there. What you write for the exercises stays in their cells.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop"
# docker ps --all -q $ours --filter name=-05$ | xargs -r docker rm -f > /dev/null
# docker images --format '{{.Repository}}:{{.Tag}}' $ours --filter 'reference=*-05' \
#   | xargs -r docker rmi -f > /dev/null
# rm -rf work/05 && mkdir -p work/05
# echo "Nothing of an earlier run is left."

# %%
from labhelpers import check, hint, predict, progress, solution, visit

print("ready")

# %% [markdown]
# ## 1 · A recipe and its image
#
# You have a program, and want it to run anywhere as it runs here. You write down, in a text file, how its environment is made. That file lies beside the code, under version control, and its changes can be read like those of the code.

# %% language="sh"
# mkdir -p work/05/greet && cd work/05/greet
# cat > greet.py <<'END'
# import os
# import sys
#
# names = sys.argv[1:] or [os.environ.get("WHO", "")]
# if names == [""]:
#     sys.exit("usage: greet.py NAME ...")
# print("Hello", *names)
# END
# cat > Dockerfile <<'END'
# FROM localhost:5005/lab/python:3.11
# RUN pip install -q flask
# WORKDIR /app
# COPY greet.py .
# ENV WHO="world"
# CMD ["python", "greet.py"]
# END
# ls

# %% [markdown]
# Build it. The first time this takes some ten seconds, as the base image has to come from the registry; afterwards finished steps come from the cache. (`docker build` reports on the error channel, which JupyterLab paints red; it is no error.)

# %% language="sh" tags=["volatile"]
# docker build -t greet-05:1.0 work/05/greet

# %%
# !docker run --rm greet-05:1.0
# !docker run --rm -e WHO="Ada" greet-05:1.0

# %% [markdown]
# `-t greet-05:1.0` is the name with its tag. The last word is the **build context**: the folder whose files `COPY` can reach. In lectures you see `docker build -f Dockerfile -t my-image:1.0 .`; there the context is `.`, the folder you are in, and `-f` names the recipe, which is needed only when it is called something else than `Dockerfile`.
#
# What did each line leave? Newest on top; the lower part is the base image's.

# %% language="sh" tags=["volatile"]
# docker history --format 'table {{.Size}}\t{{.CreatedBy}}' greet-05:1.0

# %% language="sh"
# docker inspect --format '{{.Config.WorkingDir}} {{json .Config.Cmd}}' greet-05:1.0

# %% [markdown]
# ## 2 · Line by line
#
# | instruction | when it is built | when it is run |
# | --- | --- | --- |
# | `FROM image` | starts from that image's files and settings | |
# | `RUN command` | runs it, and keeps the changed files as **one layer** | |
# | `COPY from to` | copies files from the context: a layer | |
# | `ADD from to` | as COPY, and more: see below | |
# | `WORKDIR /folder` | makes it; later lines start there | the process starts there (`-w`) |
# | `ENV NAME=value` | later lines see it | the process sees it (`-e`) |
# | `EXPOSE port` | a note | a note (`-p` publishes) |
# | `USER name` | later `RUN` lines run as this user | the process runs as this user (`-u`) |
# | `ENTRYPOINT`, `CMD` | | what starts: step 3 |
#
# **Predict.** The same archive twice, once with `COPY`, once with `ADD`. What lies in the image?
#
# a) The archive, twice. b) COPY: the archive; ADD: what was packed in it. c) What was packed in it, twice.

# %% tags=["learner"]
predict("05.add", "…")  # a, b or c

# %% tags=["solution"]
predict("05.add", "b")

# %% language="sh"
# mkdir -p work/05/add && cd work/05/add
# echo "rows" > data.txt && tar -czf data.tar.gz data.txt
# cat > Dockerfile <<'END'
# FROM localhost:5005/lab/busybox:1
# COPY data.tar.gz /copied/
# ADD data.tar.gz /added/
# ADD http://localhost:5005/v2/lab/busybox/tags/list /from-the-web.json
# CMD ["ls", "/copied", "/added"]
# END
# docker build -q -t add-05 . > /dev/null
# docker run --rm add-05
# docker run --rm add-05 cat /from-the-web.json

# %%
predict("05.add")

# %% [markdown]
# `ADD` unpacks archives of the context, and fetches addresses (here a page of the class registry). That is sometimes wanted and often a surprise: write `COPY` where you mean copying.
#
# **Predict.** This image says `EXPOSE 8395`. You run it without `-p`. Is port 8395 of your machine open?
#
# a) Yes. b) No: nothing is published. c) Only from this machine.

# %% tags=["learner"]
predict("05.expose", "…")  # a, b or c

# %% tags=["solution"]
predict("05.expose", "b")

# %% language="sh"
# cat > work/05/expose.Dockerfile <<'END'
# FROM localhost:5005/lab/site:1.0
# ENV AUTHOR="the Dockerfile"
# EXPOSE 8395
# END
# docker build -q -f work/05/expose.Dockerfile -t expose-05 work/05/add > /dev/null
# docker run -d --name quiet-05 expose-05 > /dev/null
# docker run -d --name open-05 -p 127.0.0.1:8305:80 expose-05 > /dev/null
# docker ps --filter name=-05$ --format '{{.Names}}: {{.Ports}}' | sort

# %%
print(visit("http://127.0.0.1:8395", wait=1))
print(visit("http://127.0.0.1:8305"))

# %%
predict("05.expose")

# %% [markdown]
# `PORTS` of `quiet-05` has no arrow: **EXPOSE documents, `-p` publishes**. It does not open a port, and without it a port can be published all the same. Nor does it change where the server listens: that is still 80.
#
# ## 3 · What starts: ENTRYPOINT and CMD
#
# A command-line tool takes arguments. `greet.py` takes names:

# %%
# !docker run --rm greet-05:1.0 python greet.py Grace

# %% [markdown]
# It would be nicer to write only the name. **Predict:** what does `docker run greet-05:1.0 Grace` do?
#
# a) It prints "Hello Grace". b) It prints "Hello world". c) It fails.

# %% tags=["learner"]
predict("05.arguments", "…")  # a, b or c

# %% tags=["solution"]
predict("05.arguments", "c")

# %% tags=["fails", "volatile"]
# !docker run --rm greet-05:1.0 Grace

# %% language="sh"
# docker run --rm greet-05:1.0 Grace 2> /dev/null || echo "exit code $?"

# %%
predict("05.arguments")

# %% [markdown]
# What stands after the image name **replaces CMD**. So the engine looked for a program called `Grace`, and 127 means: not found. The way out is a second instruction:
#
# | in the Dockerfile | `docker run image` starts | `docker run image Grace` starts |
# | --- | --- | --- |
# | `CMD ["a", "b"]` | `a b` | `Grace` |
# | `ENTRYPOINT ["a", "b"]` | `a b` | `a b Grace` |
# | `ENTRYPOINT ["a"]` and `CMD ["b"]` | `a b` | `a Grace` |
#
# **ENTRYPOINT is the program; CMD its default arguments.** For a look around, `--entrypoint` replaces the first one too:

# %%
# !docker run --rm --entrypoint ls greet-05:1.0 -x /app

# %% [markdown]
# ### Exercise: ENTRYPOINT or CMD
#
# The cell below builds `cli-05:1.0`. As it stands, the two runs do not both do what they should.
#
# - **Goal:** make the image a command-line tool: the names after the image name are greeted, and without a name it greets the world.
# - **Success:** `docker run --rm cli-05:1.0 Ada Grace` prints `Hello Ada Grace`, and `docker run --rm cli-05:1.0` prints `Hello world`. The environment has no `WHO`.
#
# <details><summary>Hint 1</summary>
#
# Which of the two instructions stays when words follow the image name? The last row of the table has both.
#
# </details>
#
# `hint("05.entrypoint")` shows more, one at a time.

# %% tags=["learner"] language="sh"
# cd work/05/greet
# cat > cli.Dockerfile <<'END'
# FROM localhost:5005/lab/python:3.11
# WORKDIR /app
# COPY greet.py .
# CMD ["python", "greet.py"]
# END
# docker build -q -f cli.Dockerfile -t cli-05:1.0 . > /dev/null
# docker run --rm cli-05:1.0 Ada Grace || echo "exit code $?"
# docker run --rm cli-05:1.0 || echo "exit code $?"

# %% tags=["solution"] language="sh"
# cd work/05/greet
# cat > cli.Dockerfile <<'END'
# FROM localhost:5005/lab/python:3.11
# WORKDIR /app
# COPY greet.py .
# ENTRYPOINT ["python", "greet.py"]
# CMD ["world"]
# END
# docker build -q -f cli.Dockerfile -t cli-05:1.0 . > /dev/null
# docker run --rm cli-05:1.0 Ada Grace
# docker run --rm cli-05:1.0

# %%
check("05.entrypoint")

# %% [markdown]
# ## 4 · Two spellings: exec form and shell form
#
# `CMD ["echo", "hi"]`, a JSON list, is the **exec form**: these words are started, and nothing else. `CMD echo hi` is the **shell form**: the engine starts `/bin/sh -c "echo hi"`.
#
# **Predict.** `ENV WHO="world"`, then `CMD ["echo", "Hello ${WHO}"]`. What is printed?
#
# a) Hello world. b) Hello ${WHO}. c) Hello, and nothing.

# %% tags=["learner"]
predict("05.expand", "…")  # a, b or c

# %% tags=["solution"]
predict("05.expand", "b")

# %% language="sh"
# for form in exec shell; do
#   [ $form = exec ] && cmd='["echo", "Hello ${WHO}"]' || cmd='echo "Hello ${WHO}"'
#   printf 'FROM localhost:5005/lab/busybox:1\nENV WHO="world"\nCMD %s\n' "$cmd" \
#     | docker build -q -t $form-05:hello - > /dev/null
#   docker inspect --format '{{json .Config.Cmd}}' $form-05:hello
#   docker run --rm $form-05:hello
# done

# %%
predict("05.expand")

# %% [markdown]
# Variables are a thing of the **shell**, and the exec form has none. (The Dockerfile's own `${…}`, as in `WORKDIR /srv/${WHO}`, is expanded by the builder; `RUN`, `CMD` and `ENTRYPOINT` are not.) Why not always the shell form? Because of who gets the signals. This program tidies up when it is asked to stop:

# %% language="sh"
# mkdir -p work/05/forms && cd work/05/forms
# cat > serve.py <<'END'
# import signal
# import sys
#
#
# def stop(*_):
#     print("asked to stop, and tidied up")
#     sys.exit()
#
#
# signal.signal(signal.SIGTERM, stop)
# print("ready")
# while True:
#     signal.pause()
# END
# for form in exec shell; do
#   [ $form = exec ] && cmd='["python", "/serve.py"]' || cmd='python /serve.py'
#   printf 'FROM localhost:5005/lab/python:3.11\nCOPY serve.py /\nCMD %s\n' \
#     "$cmd" > Dockerfile
#   docker build -q -t $form-05 . > /dev/null
#   docker run -d --name $form-05 $form-05 > /dev/null
#   until docker logs $form-05 | grep -q ready; do sleep 0.2; done
#   docker stop -t 2 $form-05 > /dev/null
#   echo "$form form: exit code $(docker inspect --format '{{.State.ExitCode}}' $form-05)"
#   docker logs $form-05
# done

# %% [markdown]
# In the exec form, the program was process number 1 and heard SIGTERM. In the shell form, `sh` was number 1 and did not pass it on: the program was killed after the waiting time (137 = 128 + 9, as in notebook 03), and tidied nothing. Where you need a shell, end it with `exec`: `CMD exec python /serve.py --name "${WHO}"`.

# %% [markdown]
# ### Exercise: repair the lecture
#
# The cell below has the Dockerfile of a lecture that many have seen, with a small package in place of a large one. It is to print the value of `MYVAR`, as a user who is not root. It builds without a complaint.
#
# - **Goal:** mend it until it does what the slide intended, and keep what it has: `ENV`, both files, port, `WORKDIR`, `USER`.
# - **Success:** `lecture-05:1.0` prints `HELLO`; with `-e MYVAR=other` it prints `other`; it runs as the user `MYUSER`. The slide said `docker run my-image`.
#
# <details><summary>Hint 1</summary>
#
# Run it, read the message, mend that one thing, run again. Five faults wait in a row, and each hides the next.
#
# </details>
#
# `hint("05.repair")` shows more, one at a time; `check` recognises each of the faults.

# %% tags=["learner"] language="sh"
# mkdir -p work/05/lecture && cd work/05/lecture
# echo "a setting" > my-conf.txt && echo "some text" > my-file.txt
# cat > Dockerfile <<'END'
# FROM localhost:5005/lab/python:3.11
# ENV MYVAR="HELLO"
# RUN pip install -q flask
# COPY my-conf.txt /app/my-conf.txt
# ADD my-file.txt /app/my-file.txt
# EXPOSE 9000
# WORKDIR "/WORKDIR"
# USER MYUSER
# ENTRYPOINT ["/BIN/BASH"]
# CMD [“ECHO”, “${MYVAR}”]
# END
# docker build -q -f Dockerfile -t lecture-05:1.0 . > /dev/null
# docker run --rm lecture-05 || echo "exit code $?"

# %% tags=["solution"] language="sh"
# mkdir -p work/05/lecture && cd work/05/lecture
# echo "a setting" > my-conf.txt && echo "some text" > my-file.txt
# cat > Dockerfile <<'END'
# FROM localhost:5005/lab/python:3.11
# ENV MYVAR="HELLO"
# RUN pip install -q flask
# COPY my-conf.txt /app/my-conf.txt
# ADD my-file.txt /app/my-file.txt
# EXPOSE 9000
# RUN useradd --create-home MYUSER
# WORKDIR "/WORKDIR"
# USER MYUSER
# ENTRYPOINT ["/bin/bash", "-c"]
# CMD ["echo ${MYVAR}"]
# END
# docker build -q -f Dockerfile -t lecture-05:1.0 . > /dev/null
# docker run --rm lecture-05:1.0
# docker run --rm -e MYVAR="other" lecture-05:1.0

# %%
check("05.repair")

# %% [markdown]
# ## 5 · What is sent: the build context
#
# The client packs the context for the engine. Here is a project with what gathers in projects: a secret, and data.

# %% language="sh"
# mkdir -p work/05/sent/data && cd work/05/sent
# echo 'echo "I know $(wc -l < words.txt) words"' > app.sh
# printf 'ship\nbuild\nrun\n' > words.txt
# echo 'PASSWORD=do-not-tell' > .env
# head -c 20000000 /dev/zero > data/measurements.bin
# cat > Dockerfile <<'END'
# FROM localhost:5005/lab/busybox:1
# WORKDIR /app
# COPY . .
# CMD ["sh", "app.sh"]
# END
# docker build -q -t sent-05:0.9 . > /dev/null
# docker run --rm sent-05:0.9
# docker run --rm sent-05:0.9 cat .env

# %% [markdown]
# Who has the image has the password, and 20 MB that nobody needs. Removing it in a later `RUN rm .env` does not help: the layer below still holds it (notebook 04). It must not be **sent**. A file `.dockerignore` in the context says what stays at home, one pattern a line: `*.bin`, `data`, `.git`, `!keep.txt`.
#
# ### Exercise: what was sent
#
# - **Goal:** keep the secret and the data at home, and build `sent-05:1.0`.
# - **Success:** the context that `COPY . .` can reach is smaller than 100 kB and holds no `.env`; `sent-05:1.0` still knows its words, and none of its layers holds the secret.
#
# <details><summary>Hint 1</summary>
#
# The file is called `.dockerignore`, with the dot, and lies beside the Dockerfile in `work/05/sent`.
#
# </details>
#
# `hint("05.sent")` shows more, one at a time.

# %% tags=["learner"] language="sh"
# cd work/05/sent
# cat > .dockerignore <<'END'
#
# END

# %% tags=["solution"] language="sh"
# cd work/05/sent
# cat > .dockerignore <<'END'
# .env
# data
# END
# docker build -q -t sent-05:1.0 . > /dev/null
# docker run --rm sent-05:1.0
# docker run --rm sent-05:1.0 ls -A

# %%
check("05.sent")

# %% [markdown]
# <details><summary>How much was sent, exactly?</summary>
#
# `docker build --progress=plain …` prints `transferring context: 20.01MB`. BuildKit, the builder behind `docker build`, asks only for files that a `COPY` names, and only for those that changed since the last build: with `COPY app.sh .` it is a few bytes, and a second build sends next to nothing. So look at the first build, or at the image.
#
# </details>
#
# ## 6 · Data at run time
#
# What changes from run to run (settings, data, results) does not belong in the image: **one image, many runs**. It comes in by `-v`, outside first, inside last (notebook 03). This image expects a setting at `/config/settings.ini`, and writes into `/results`.

# %% language="sh"
# mkdir -p work/05/report/results && cd work/05/report
# echo "station = north" > north.ini && echo "station = south" > south.ini
# cat > report.py <<'END'
# from pathlib import Path
#
# station = Path("/config/settings.ini").read_text().partition("=")[2].strip()
# Path(f"/results/{station}.txt").write_text(f"report of station {station}\n")
# print("wrote", f"{station}.txt")
# END
# cat > Dockerfile <<'END'
# FROM localhost:5005/lab/python:3.11
# RUN useradd --uid 1500 worker
# COPY report.py /
# USER worker
# ENTRYPOINT ["python", "/report.py"]
# END
# docker build -q -t report-05:1.0 . > /dev/null
# docker run --rm --entrypoint id report-05:1.0

# %% [markdown]
# The image brings a **user** of its own, so that its process is not root, whatever it does. Files that it writes into your folder would belong to user 1500, and your folder may refuse them. `-u $(id -u):$(id -g)` runs it as you.
#
# ### Exercise: data at run time
#
# - **Goal:** run `report-05:1.0` twice, as it is: as container `north-05` with `north.ini`, as `south-05` with `south.ini`.
# - **Success:** `work/05/report/results` holds `north.txt` and `south.txt`, written by these two containers from the one image, and they belong to you.
#
# <details><summary>Hint 1</summary>
#
# Two mounts for each container: your `.ini` file to `/config/settings.ini`, your `results` to `/results`. Leave `--rm` out: the check looks at the containers.
#
# </details>
#
# `hint("05.data")` shows more, one at a time.

# %% tags=["learner"]
# Your commands, with ! in front:

# %% tags=["solution"] language="sh"
# cd work/05/report
# for station in north south; do
#   docker run --name $station-05 -u $(id -u):$(id -g) \
#     -v "$PWD/$station.ini:/config/settings.ini:ro" -v "$PWD/results:/results" \
#     report-05:1.0
# done
# ls results

# %%
check("05.data")

# %% [markdown]
# ## 7 · The same image tomorrow
#
# Lectures say that a Dockerfile is reproducible. **Predict:** this one needs nothing from outside. It is built twice, a moment apart, without the cache. Are the two images the same, to the last byte?
#
# a) Yes: the same files, the same recipe. b) No. c) Only with `--pull`.

# %% tags=["learner"]
predict("05.twice", "…")  # a, b or c

# %% tags=["solution"]
predict("05.twice", "b")

# %% language="sh"
# mkdir -p work/05/again && cd work/05/again
# cat > Dockerfile <<'END'
# FROM localhost:5005/lab/busybox:1
# RUN mkdir /model && echo "weights" > /model/weights
# END
# for n in 1 2; do
#   docker build -q --no-cache --provenance=false -t again$n-05 . > /dev/null
#   docker run --rm again$n-05 cat /model/weights
# done
# [ "$(docker inspect --format '{{.Id}}' again1-05)" = \
#   "$(docker inspect --format '{{.Id}}' again2-05)" ] \
#   && echo "same image" || echo "two images"

# %%
predict("05.twice")

# %% [markdown]
# The same content, and two identities: each build writes **the time** into its files' dates and into the image's history. For the same bytes, give it the time. `SOURCE_DATE_EPOCH`, in seconds since 1970, dates the history; the dates of files that `RUN` makes are set by hand, in a first stage, from which the second copies them with their dates:

# %% language="sh"
# cd work/05/again
# cat > dated.Dockerfile <<'END'
# FROM localhost:5005/lab/busybox:1 AS made
# ARG SOURCE_DATE_EPOCH
# RUN mkdir -p /out/model && echo "weights" > /out/model/weights \
#  && find /out -exec touch -d @$SOURCE_DATE_EPOCH {} +
# FROM localhost:5005/lab/busybox:1
# COPY --from=made /out/ /
# END
# for n in 1 2; do
#   docker build -q --no-cache --provenance=false --build-arg SOURCE_DATE_EPOCH=1700000000 \
#     -f dated.Dockerfile -t dated$n-05 . > /dev/null
# done
# [ "$(docker inspect --format '{{.Id}}' dated1-05)" = \
#   "$(docker inspect --format '{{.Id}}' dated2-05)" ] \
#   && echo "same image" || echo "two images"

# %% [markdown]
# (`--provenance=false` leaves out a note about the build, which has a time of its own. Newer builders can date the files too: `--output type=image,name=NAME,rewrite-timestamp=true`. We tried it on Engine 26.1 with its overlay2 image store: accepted, and without effect. Other image stores we have not tried.)
#
# Other things change under you without a change in the Dockerfile. A **tag moves**:

# %% language="sh"
# for day in Monday Tuesday; do
#   printf 'FROM localhost:5005/lab/busybox:1\nRUN echo %s > /day\n' $day \
#     | docker build -q -t base-05:1 - > /dev/null
#   printf 'FROM base-05:1\nCMD ["cat", "/day"]\n' \
#     | docker build -q -t mine-05 - > /dev/null
#   docker run --rm mine-05
#   docker tag base-05:1 base-05:$day
# done

# %% [markdown]
# Your recipe stayed `FROM base-05:1`; what it means did not. And `pip install flask` installs what is newest **on that day**. Write down what you got, and install that:

# %% language="sh" tags=["volatile"]
# docker run --rm greet-05:1.0 pip freeze

# %% [markdown]
# | what changes under you | what holds it |
# | --- | --- |
# | a tag that moves: `FROM python:3.11` | the digest: `FROM python:3.11@sha256:…` (notebook 06) |
# | packages: `pip install flask` | a list with versions and hashes: `pip install --require-hashes -r requirements.txt` |
# | `apt-get install` from an archive that moves on | a snapshot of the archive, or a base image that holds it |
# | downloads: `ADD https://…` | `ADD --checksum=sha256:… https://…` |
# | time, random numbers | `SOURCE_DATE_EPOCH`, a fixed seed (notebook 08) |
#
# ## 8 · Small, and without secrets
#
# What builds a thing is often larger than the thing. In a **multi-stage build**, each `FROM` begins a stage; only the last one is the image, and `COPY --from` takes what it needs from the others. Here Python writes a page, and a server of 2 MB shows it:

# %% language="sh"
# mkdir -p work/05/stages && cd work/05/stages
# cat > Dockerfile <<'END'
# FROM localhost:5005/lab/python:3.11 AS tools
# RUN python -c 'print("<p>made by Python</p>")' > /page.html
# FROM localhost:5005/lab/busybox:1
# COPY --from=tools /page.html /var/www/
# CMD ["cat", "/var/www/page.html"]
# END
# docker build -q -t stages-05 . > /dev/null
# docker build -q -t tools-05 --target tools . > /dev/null
# docker run --rm stages-05
# docker run --rm stages-05 python --version 2> /dev/null || echo "no Python: exit code $?"
# docker inspect --format '{{.Size}}' stages-05 tools-05 | sort -n | xargs \
#   sh -c '[ $(( $2 / $1 )) -gt 10 ] && echo "less than a tenth of the size"' -

# %% [markdown]
# A setting can also be given to the **build**: `ARG NAME` takes `--build-arg NAME=value`. It is there for `RUN`, and not in the container, where `ENV` would be.
#
# **Predict.** A build needs a token to fetch a package. It comes as `ARG TOKEN`, and is used in one `RUN`. Can somebody who has the image read it?
#
# a) No: an ARG ends with the build. b) Yes. c) Only in a running container.

# %% tags=["learner"]
predict("05.token", "…")  # a, b or c

# %% tags=["solution"]
predict("05.token", "b")

# %% language="sh"
# mkdir -p work/05/token && cd work/05/token && echo "t0p-secret" > token.txt
# cat > Dockerfile <<'END'
# FROM localhost:5005/lab/busybox:1
# ARG TOKEN
# RUN echo "fetching with a token of ${#TOKEN} characters" > /log
# END
# docker build -q --build-arg TOKEN="$(cat token.txt)" -t arg-05 . > /dev/null 2>&1
# docker run --rm arg-05 sh -c 'cat /log; echo "in the container: [$TOKEN]"'
# docker history --no-trunc --format '{{.CreatedBy}}' arg-05 | grep -o 'TOKEN=.*cret'

# %%
predict("05.token")

# %% [markdown]
# The history keeps the arguments of each `RUN`. For secrets there is a mount that exists during one `RUN` and leaves nothing:

# %% language="sh"
# cd work/05/token
# cat > secret.Dockerfile <<'END'
# FROM localhost:5005/lab/busybox:1
# RUN --mount=type=secret,id=token \
#     n=$(tr -d '\n' < /run/secrets/token | wc -c); \
#     echo "fetching with a token of $n characters" > /log
# END
# docker build -q --secret id=token,src=token.txt -f secret.Dockerfile \
#   -t secret-05 . > /dev/null
# docker run --rm secret-05 cat /log
# docker run --rm secret-05 ls /run/secrets 2> /dev/null || echo "no file is left of it"
# docker history --no-trunc --format '{{.CreatedBy}}' secret-05 | grep -q t0p \
#   || echo "and not a word in the history"

# %% [markdown]
# ## 9 · When a build fails
#
# The test of this program fails during the build.

# %% language="sh"
# mkdir -p work/05/broken && cd work/05/broken
# cat > test.py <<'END'
# import sys
# from importlib.util import find_spec
#
# missing = [name for name in ("flask", "pandas") if not find_spec(name)]
# sys.exit(f"missing: {missing}" if missing else 0)
# END
# cat > Dockerfile <<'END'
# FROM localhost:5005/lab/python:3.11 AS deps
# RUN pip install -q flask
# FROM deps AS app
# COPY test.py /app/
# RUN python /app/test.py
# END
# docker build -q -t broken-05 . > log.txt 2>&1 || echo "the build failed"

# %% tags=["fails", "volatile"]
# !docker build --progress=plain -t broken-05 work/05/broken

# %% [markdown]
# Read from the end: the line of the Dockerfile with `>>>`, its exit code, and above it what the command printed. `--progress=plain` keeps all that was printed; the usual display folds it away.
#
# Older courses now say: run the last intermediate image and look around. **There is none any more**: BuildKit keeps steps in its cache, not as images. Build as far as the step before, with `--target`, and look around there:

# %% language="sh"
# docker build -q --target deps -t debug-05 work/05/broken > /dev/null
# docker run --rm debug-05 python -c 'import flask; print("flask is there")'
# docker run --rm debug-05 pip list | grep -q pandas || echo "no pandas"

# %% [markdown]
# So it is not the copy, nor the path: the package was never installed. For a shell in that state, in the terminal: `docker run -it --rm debug-05 bash`. Where the failing line is in the middle of a stage, write `FROM … AS debug` with the lines before it, or cut the stage in two, as here: naming stages costs nothing.
#
# ## What usually goes wrong
#
# | you see | because | do |
# | --- | --- | --- |
# | `failed to read dockerfile: open Dockerfile: no such file` | you are in another folder, or it has another name | name the context, and the file with `-f` |
# | `"/app.py": not found` at a `COPY` | the file is not in the context, or `.dockerignore` keeps it away | paths are seen from the context; look into `.dockerignore` |
# | `unable to find user …: no matching entries in passwd file` | `USER` creates nobody | `RUN useradd …` before it |
# | `exec: "…": executable file not found` or `no such file or directory`, exit code 127 | a wrong path or case; or words after the image name replaced `CMD` | `docker inspect`, `--entrypoint sh` |
# | `[: …: not found` from `/bin/sh`, for a line that looks like a list | curly quotes, or single ones: no JSON, hence shell form | `"straight"` quotes |
# | `${NAME}` is printed as it stands | exec form: no shell is there to expand it | shell form, or `["sh", "-c", "…"]` |
# | a change in the code has no effect | the image was not built again, or the container is an old one | build, `docker rm -f`, run |
# | `docker stop` takes ten seconds | a shell is process number 1 | exec form, or `exec` |
# | `Permission denied` while writing to a mount | the image's user does not own your folder | `-u $(id -u):$(id -g)` |

# %% tags=["volatile"]
progress()

# %% [markdown]
# ## What to remember
#
# - A Dockerfile leaves two things: layers (files) and a configuration (settings); each setting can be changed at run time.
# - ENTRYPOINT is the program, CMD its default arguments, both as JSON lists, unless you need a shell.
# - What must not get out is not sent and not copied; what must not change is pinned.
#
# ## Clean up this notebook
#
# Containers and images of this notebook, each by its label and its name, and then the files.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop"
# docker ps --all $ours --filter name=-05$ --format '{{.Names}}' | sort \
#   | xargs -r docker rm -f
# docker images --format '{{.Repository}}:{{.Tag}}' $ours --filter 'reference=*-05' \
#   | xargs -r docker rmi -f > /dev/null
# rm -r work/05

# %% [markdown]
# ## Where to go next
#
# Notebook 06 brings your image to a registry, where others can pull it; notebook 04, if you have not been there, shows the layers of what you built.
#
# Back to [00 Start here](00_start_here.ipynb).
#
# <small>Sources: Docker's [Dockerfile reference](https://docs.docker.com/reference/dockerfile/) and [build secrets](https://docs.docker.com/build/building/secrets/); [reproducible builds in BuildKit](https://github.com/moby/buildkit/blob/master/docs/build-repro.md); [SOURCE_DATE_EPOCH](https://reproducible-builds.org/docs/source-date-epoch/). What was tried: by this notebook.</small>
