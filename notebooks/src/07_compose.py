# ---
# jupyter:
#   labhelpers:
#     title: Compose
#     minutes: 15
#     covers: [35, 36, 37, 49, 50, 82, 83, 84, 85, 86]
#     afterwards:
#       - describe an application of several containers in one file, start it and take it down
#       - say what survives, what fails with what, and make a lost part come back by itself
#       - run three copies of a service behind one address
# ---

# %% [markdown]
# # Compose
#
# **Afterwards you can**
#
# - describe an application of several containers in one file, start it and take it down;
# - say what survives, what fails with what, and make a lost part come back by itself;
# - run three copies of a service behind one address.
#
# **Time:** about 15 minutes. **You need:** [03 Containers](03_containers.ipynb), and from notebook 05 that a Dockerfile is the recipe of an image.
#
# ![A Compose project. The file compose.yaml describes all that stands in a frame. Port 8307 of your machine leads into the frame, to port 5000 of the service web, whose image is built from the folder beside the file. web reaches the service redis over the network of the project, by its name. redis keeps its data in the volume visits. No door of your machine leads to redis.](pictures/compose.svg)
#
# <details><summary>The picture in words</summary>
#
# - The file `compose.yaml` describes a **project**: all that stands in the frame.
# - A **service** is a part of the application: an image, and how containers of it are started. `web` is built from the folder beside the file, `redis` is an image from the registry.
# - Port 8307 of your machine leads to port 5000 of `web`. No door of your machine leads to `redis`.
# - `web` reaches `redis` over the project's **network**, by its name.
# - `redis` keeps its data in the **volume** `visits`, which outlives the containers.
#
# </details>

# %% [markdown]
# Containers, networks and volumes of this notebook belong to projects whose names end in `-07`; its files are in `work/07`. The first cell removes what an earlier run left there.

# %% language="sh"
# ours="--filter label=com.docker.compose.project --filter name=-07[-_]"
# docker ps --all -q $ours | xargs -r docker rm -fv > /dev/null
# docker network ls -q $ours | xargs -r docker network rm > /dev/null
# docker volume ls -q $ours | xargs -r docker volume rm > /dev/null
# rm -rf work/07 && mkdir -p work/07
# echo "Nothing of an earlier run is left."

# %%
from labhelpers import Project, check, hint, predict, progress, solution, visit

print("ready")

# %% [markdown]
# ## 1 · One file for several containers
#
# An application is seldom one container: a page and a database, a model and a queue, each written by other people and renewed at other times. You could start them one by one: a network, a volume, two long `docker run` commands, in the right order, every time. **Compose** is the glue: one file says what belongs together, and one command starts it.
#
# This file is from a slide that many courses share. It is meant to start a web application and Redis, a small database.

# %% language="sh"
# cat > work/07/slide.yaml <<'END'
# services:
#   app:
#     build:
#       image: takacsmark/flask-redis:1.0
#     environment:
#       - FLASK_ENV=development
#     ports:
#       - 5000:5000
#
#   redis:
#     image: redis:7-alpine
# END
# grep -c : work/07/slide.yaml

# %% [markdown]
# Nine lines say something. **Predict.** What does Compose do with them?
#
# a) It pulls both images and starts them. b) It starts Redis, and skips the application. c) It refuses the file, and starts nothing.

# %% tags=["learner"]
predict("07.slide", "…")  # a, b or c

# %% tags=["solution"]
predict("07.slide", "c")

# %% [markdown]
# `docker compose config` reads a file, checks it and shows it completed. It starts nothing. Here only the end of its message is shown:

# %% language="sh" tags=["volatile"]
# docker compose -f work/07/slide.yaml config 2>&1 | grep -o 'services.*'

# %%
predict("07.slide")

# %% [markdown]
# `services.app.build` has no key `image`. In YAML the indentation says what belongs to what; two spaces too many, and `image` belongs to `build`. They are siblings:
#
# | key of a service | says |
# | --- | --- |
# | `image: NAME` | take this image; the registry is asked if it is not here |
# | `build: FOLDER` | make the image from the Dockerfile in this folder |
# | both | make it, and give it this name |
#
# <details><summary>Older files, older commands</summary>
#
# - `version: "3.9"` in the first line: ignored today, with a warning. Leave it out.
# - `docker-compose`, with a hyphen, was Compose v1. It has had no update since July 2023. `docker compose`, with a space, is part of the `docker` command; its current major version is 5.
# - `FLASK_ENV` did something once. The Flask that we install (3.1) does not read it.
#
# </details>

# %% [markdown]
# ## 2 · A page that counts its visits
#
# Three files: the application, its Dockerfile, and the file for Compose.

# %% language="sh"
# mkdir -p work/07/counter && cd work/07/counter
# cat > app.py <<'END'
# import socket
#
# from flask import Flask
# from redis import Redis
#
# app = Flask(__name__)
# store = Redis("redis", retry=None)  # the name of a service is an address
#
#
# @app.get("/")
# def count():
#     return f"Visits: {store.incr('visits')}\n"
#
#
# @app.get("/who")
# def who():
#     return f"{socket.gethostname()}\n"
# END
# cat > Dockerfile <<'END'
# FROM localhost:5005/lab/python:3.11
# RUN pip install -q flask gunicorn redis
# WORKDIR /app
# COPY app.py .
# CMD ["gunicorn", "--bind", "0.0.0.0:5000", "app:app"]
# END
# cat > compose.yaml <<'END'
# name: counter-07
#
# services:
#   web:
#     build: .
#     ports:
#       - "127.0.0.1:8307:5000"
#     depends_on:
#       - redis
#
#   redis:
#     image: localhost:5005/lab/redis:7
#
# networks:
#   default:
#     labels: ["${LAB_LABEL}"]
# END
# docker compose config --services | sort

# %% [markdown]
# The last three lines mark the network as the workshop's, so that `./lab clean` finds it. At work you leave them out: the network is made anyway.
#
# `up` builds what is to be built, pulls what is missing, makes the network, and starts the services. `-d`: in the background. `--wait`: come back when they run. The first time takes about half a minute. What it does meanwhile, it reports on the error channel, which JupyterLab paints red; that is no error.

# %% language="sh" tags=["volatile"]
# cd work/07/counter
# docker compose build --quiet
# docker compose up -d --wait --quiet-pull

# %%
print(visit("http://127.0.0.1:8307"))
print(visit("http://127.0.0.1:8307"))

# %% [markdown]
# Two containers, one application. `Project` reads the same file with `docker compose config`, asks `docker compose ps` for the states, and draws both:

# %%
Project("work/07/counter").picture()

# %% [markdown]
# In a terminal you go to the folder of the file and type `docker compose ps`, `logs`, `logs -f web`, `exec web sh`, `stop`, `start`: the commands that you know, with the service's name instead of the container's.

# %% language="sh"
# cd work/07/counter
# docker compose ps --format 'table {{.Service}}\t{{.State}}' | sort
# docker compose logs --no-log-prefix redis | grep -o 'Ready to accept connections'

# %% [markdown]
# ### Exercise: repair the lecture
#
# Below is the slide's file again, beside a copy of the application. Port 5000 is often taken, and without `127.0.0.1` it would be open to the whole room: use 8317 of your machine.
#
# - **Goal:** mend the file so that the application runs, built from its folder, with Redis beside it.
# - **Success:** the project `lecture-07` runs, and <http://127.0.0.1:8317> counts its visits.
#
# <details><summary>Hint 1</summary>
#
# `docker compose config` says what is wrong, without starting anything. Mend that, then look again.
#
# </details>
#
# `hint("07.repair")` shows more, one at a time.

# %% language="sh"
# mkdir -p work/07/lecture && cd work/07/lecture
# cp ../counter/app.py ../counter/Dockerfile .
# ls

# %% tags=["learner"] language="sh"
# cd work/07/lecture
# cat > compose.yaml <<'END'
# name: lecture-07
#
# services:
#   app:
#     build:
#       image: takacsmark/flask-redis:1.0
#     environment:
#       - FLASK_ENV=development
#     ports:
#       - 5000:5000
#
#   redis:
#     image: redis:7-alpine
# END
# docker compose up -d --wait || echo "Not yet: read the message above."

# %% tags=["solution", "volatile"] language="sh"
# cd work/07/lecture
# cat > compose.yaml <<'END'
# name: lecture-07
#
# services:
#   app:
#     build: .
#     image: flask-redis-07:1.0
#     ports:
#       - "127.0.0.1:8317:5000"
#
#   redis:
#     image: localhost:5005/lab/redis:7
# END
# docker compose build --quiet
# docker compose up -d --wait

# %%
check("07.repair")

# %% [markdown]
# ## 3 · Names are addresses
#
# `redis` has no `ports`. **Predict.** Who reaches it?
#
# a) Nobody. b) `web`, but not your machine. c) Both.

# %% tags=["learner"]
predict("07.names", "…")  # a, b or c

# %% tags=["solution"]
predict("07.names", "b")

# %% [markdown]
# From inside `web`, the name of the service leads to an address of the project's network:

# %% language="sh" tags=["volatile"]
# cd work/07/counter
# docker compose exec web getent hosts redis
# docker network ls --filter name=counter-07

# %% language="sh"
# cd work/07/counter
# docker compose exec web python -c \
#   'from redis import Redis; print("visits:", Redis("redis").get("visits"))'
# docker compose ps --format '{{.Service}}: {{.Ports}}' | sort

# %%
predict("07.names")

# %% [markdown]
# Compose made the network `counter-07_default`. On it, **each service's name is a DNS name**, whatever the addresses are today; that is all that `Redis("redis")` in the application relies on. `6379/tcp` without an arrow is a door inside the network; only `web` has one to your machine.
#
# <details><summary>More than one network</summary>
#
# A service can be on several networks, and only services on a common one see each other. With `networks: [front]` for a proxy, `[front, back]` for the application and `[back]` for the database, the proxy cannot reach the database at all.
#
# </details>

# %% [markdown]
# ## 4 · What survives
#
# `docker compose down` removes the containers and the network. Then `up` makes new ones. **Predict.** The page has counted two visits. What does it say after `down` and `up`?
#
# a) Visits: 3. b) Visits: 1. c) Nothing: the image has to be built again.

# %% tags=["learner"]
predict("07.down", "…")  # a, b or c

# %% tags=["solution"]
predict("07.down", "b")

# %% language="sh" tags=["volatile"]
# cd work/07/counter
# docker compose down
# docker compose up -d --wait

# %%
print(visit("http://127.0.0.1:8307"))

# %%
predict("07.down")

# %% [markdown]
# The data was in the container's writable layer, and went with it (notebook 03, step 5). What is to stay belongs into a **volume**. Redis writes to `/data`:

# %% language="sh"
# cd work/07/counter
# cat > compose.yaml <<'END'
# name: counter-07
#
# services:
#   web:
#     build: .
#     ports:
#       - "127.0.0.1:8307:5000"
#     depends_on:
#       - redis
#
#   redis:
#     image: localhost:5005/lab/redis:7
#     volumes:
#       - visits:/data                 # new: the volume, and where it appears
#
# volumes:
#   visits:                            # new: declared once for the project
#     labels: ["${LAB_LABEL}"]
#
# networks:
#   default:
#     labels: ["${LAB_LABEL}"]
# END
# docker compose config --volumes

# %% [markdown]
# `up` again, without `down`: Compose compares, and replaces only the containers whose description has changed. Then two visits, and the same `down` and `up` as before.

# %% language="sh" tags=["volatile"]
# cd work/07/counter
# docker compose up -d --wait

# %%
print(visit("http://127.0.0.1:8307"))
print(visit("http://127.0.0.1:8307"))

# %% language="sh" tags=["volatile"]
# cd work/07/counter
# docker compose down
# docker compose up -d --wait

# %%
print(visit("http://127.0.0.1:8307"))

# %% [markdown]
# It goes on counting: `down` leaves volumes alone. `docker compose down --volumes` (`-v`) removes them as well, with all that is in them.
#
# ### Exercise: survive
#
# - **Goal:** let the count of your own project, `lecture-07`, outlive its containers. Visit its page, take the project down, start it, and visit again.
# - **Success:** <http://127.0.0.1:8317> has gone on counting after `down` and `up`.
#
# <details><summary>Hint 1</summary>
#
# Compare with the file of the step: two parts are new, one below the service, one of its own.
#
# </details>
#
# `hint("07.survive")` shows more, one at a time.

# %% tags=["learner"] language="sh"
# cd work/07/lecture
# # Your file (cat > compose.yaml <<'END' …) and your commands:

# %% tags=["solution", "volatile"] language="sh"
# cd work/07/lecture
# cat > compose.yaml <<'END'
# name: lecture-07
#
# services:
#   app:
#     build: .
#     image: flask-redis-07:1.0
#     ports:
#       - "127.0.0.1:8317:5000"
#
#   redis:
#     image: localhost:5005/lab/redis:7
#     volumes:
#       - visits:/data
#
# volumes:
#   visits:
#     labels: ["${LAB_LABEL}"]
# END
# docker compose up -d --wait

# %% tags=["solution"]
print(visit("http://127.0.0.1:8317"))

# %% tags=["solution", "volatile"] language="sh"
# cd work/07/lecture
# docker compose down
# docker compose up -d --wait && echo "The count goes on:"

# %% tags=["solution"]
print(visit("http://127.0.0.1:8317"))

# %%
check("07.survive")

# %% [markdown]
# ## 5 · Lose a part
#
# **Predict.** Redis is killed. What does the page show?
#
# a) The last number that it knew. b) An error, from the application. c) No answer: the whole project is down.

# %% tags=["learner"]
predict("07.lost", "…")  # a, b or c

# %% tags=["solution"]
predict("07.lost", "b")

# %%
# !docker compose -f work/07/counter/compose.yaml --progress quiet kill redis && echo killed

# %%
print(visit("http://127.0.0.1:8307"))
predict("07.lost")

# %%
Project("work/07/counter").picture()

# %% [markdown]
# Each container lives and dies by itself. `web` runs, and answers with status 500: it has an error to report. Its log says which:

# %% language="sh" tags=["volatile"]
# cd work/07/counter
# docker compose logs web | grep -o 'redis.exceptions.*' | tail -n 1

# %% [markdown]
# The name `redis` leads nowhere while its container is down. Two lines in the file change what happens next time:
#
# - **`restart:`** says when the engine starts a container again: `always`, `unless-stopped`, or `on-failure` (only after an exit code other than 0).
# - **`healthcheck:`** is a command that the engine runs inside, again and again; exit code 0 means **healthy**. *Started* is not *ready*: with `condition: service_healthy`, `web` waits until Redis answers, instead of failing in its first seconds.

# %% language="sh"
# cd work/07/counter
# cat > compose.yaml <<'END'
# name: counter-07
#
# services:
#   web:
#     build: .
#     ports:
#       - "127.0.0.1:8307:5000"
#     depends_on:
#       redis:
#         condition: service_healthy   # new: wait until it is ready, not only started
#
#   redis:
#     image: localhost:5005/lab/redis:7
#     restart: always                  # new: if it ends, start it again
#     healthcheck:                     # new: how to see that it works
#       test: redis-cli ping
#       interval: 1s
#     volumes:
#       - visits:/data
#
# volumes:
#   visits:
#     labels: ["${LAB_LABEL}"]
#
# networks:
#   default:
#     labels: ["${LAB_LABEL}"]
# END
# docker compose --progress quiet up -d --wait
# docker compose ps --format '{{.Service}}: {{.State}} {{.Health}}' | sort

# %% [markdown]
# **Predict.** It is killed again, as before. Does it come back?
#
# a) Yes: `restart: always`. b) No. c) Yes, once the health check has failed.

# %% tags=["learner"]
predict("07.killed", "…")  # a, b or c

# %% tags=["solution"]
predict("07.killed", "b")

# %%
# !docker compose -f work/07/counter/compose.yaml --progress quiet kill redis && echo killed

# %% language="sh"
# sleep 3
# docker inspect --format '{{.State.Status}}' counter-07-redis-1

# %%
predict("07.killed")

# %% [markdown]
# `docker kill` and `docker stop` are taken as your wish: the engine does not undo it. A restart policy is for what ends **by itself**. So start it again, and let it end from inside, as a crash would:

# %% language="sh"
# cd work/07/counter
# docker compose --progress quiet up -d --wait
# docker compose exec redis redis-cli shutdown
# for second in $(seq 60); do
#   docker inspect --format '{{.RestartCount}} restart, {{.State.Health.Status}}' \
#     counter-07-redis-1 | grep '1 restart, healthy' && break
#   sleep 1
# done

# %% [markdown]
# A second later it was back, with its data. A failing health check by itself starts nothing again: it only tells. (An orchestrator, step 7, acts on it.)
#
# ### Exercise: lose a part
#
# - **Goal:** let the Redis of your project `lecture-07` come back by itself, and say of itself whether it works. Then let it end from inside, to see it.
# - **Success:** its Redis has a restart policy and a health check that fails when Redis does not answer; it has come back at least once, and the page counts.
#
# <details><summary>Hint 1</summary>
#
# Both lines belong to the part that is lost: below `redis`, not below `app`.
#
# </details>
#
# `hint("07.lose-a-part")` shows more, one at a time.

# %% tags=["learner"] language="sh"
# cd work/07/lecture
# # Your file (cat > compose.yaml <<'END' …) and your commands:

# %% tags=["solution", "volatile"] language="sh"
# cd work/07/lecture
# cat > compose.yaml <<'END'
# name: lecture-07
#
# services:
#   app:
#     build: .
#     image: flask-redis-07:1.0
#     ports:
#       - "127.0.0.1:8317:5000"
#     depends_on:
#       redis:
#         condition: service_healthy
#
#   redis:
#     image: localhost:5005/lab/redis:7
#     restart: unless-stopped
#     healthcheck:
#       test: redis-cli ping
#       interval: 1s
#     volumes:
#       - visits:/data
#
# volumes:
#   visits:
#     labels: ["${LAB_LABEL}"]
# END
# docker compose up -d --wait
# docker compose exec redis redis-cli shutdown
# for second in $(seq 60); do
#   docker inspect --format '{{.RestartCount}} restart, {{.State.Health.Status}}' \
#     lecture-07-redis-1 | grep '1 restart, healthy' && break
#   sleep 1
# done

# %%
check("07.lose-a-part")

# %% [markdown]
# ## 6 · Three copies behind one address
#
# More visitors than one process can serve? The same image can run three times: `--scale web=3`.

# %% language="sh" tags=["volatile"]
# cd work/07/counter
# docker compose up -d --scale web=3 2>&1 | grep -o '[^:]*port is already allocated'

# %% [markdown]
# Port 8307 of your machine can lead to one container only. So no copy gets a door of its own: one small **proxy** has it, and passes each visitor on to the next copy. Where are they? The name `web` now has three addresses, and the proxy asks for them. This one has thirty lines; at work you would take nginx, Traefik or HAProxy.

# %% language="sh"
# cd work/07/counter
# cat > proxy.py <<'END'
# import asyncio
# import itertools
# import socket
# import sys
#
# service, port = sys.argv[1], int(sys.argv[2])
# turn = itertools.count()
#
#
# async def pour(reader, writer):
#     while data := await reader.read(65536):
#         writer.write(data)
#         await writer.drain()
#     writer.close()
#
#
# async def visitor(reader, writer):
#     copies = sorted(socket.gethostbyname_ex(service)[2])  # all addresses of the name
#     copy = copies[next(turn) % len(copies)]  # the next one in turn
#     there, back = await asyncio.open_connection(copy, port)
#     await asyncio.gather(pour(reader, back), pour(there, writer))
#
#
# async def main():
#     server = await asyncio.start_server(visitor, "0.0.0.0", 80)
#     await server.serve_forever()
#
#
# asyncio.run(main())
# END
# cat > compose.yaml <<'END'
# name: counter-07
#
# services:
#   proxy:
#     image: localhost:5005/lab/python:3.11
#     init: true                       # a first process that passes on "please stop"
#     command: python /proxy.py web 5000
#     volumes:
#       - ./proxy.py:/proxy.py:ro
#     ports:
#       - "127.0.0.1:8307:80"          # the only door
#     depends_on:
#       - web
#
#   web:
#     build: .
#     scale: 3                         # three copies, without ports
#     depends_on:
#       redis:
#         condition: service_healthy
#
#   redis:
#     image: localhost:5005/lab/redis:7
#     restart: always
#     healthcheck:
#       test: redis-cli ping
#       interval: 1s
#     volumes:
#       - visits:/data
#
# volumes:
#   visits:
#     labels: ["${LAB_LABEL}"]
#
# networks:
#   default:
#     labels: ["${LAB_LABEL}"]
# END
# docker compose --progress quiet up -d --wait
# docker compose exec web getent hosts web | wc -l

# %%
answered = [visit("http://127.0.0.1:8307/who") for _ in range(6)]
print(len(set(answered)), "copies answered", len(answered), "visits")

# %%
Project("work/07/counter").picture()

# %% [markdown]
# All three count in the same Redis, so the number goes on whoever answers. That is why state belongs into a service of its own, and the copies keep none.
#
# ### Exercise: scale
#
# - **Goal:** three copies of the application of `lecture-07` behind one address. `work/07/counter/proxy.py` is yours to copy.
# - **Success:** <http://127.0.0.1:8317> is answered by three different containers in turn, and the page counts.
#
# <details><summary>Hint 1</summary>
#
# Only one service may have port 8317: the proxy. Take `ports` away from the application.
#
# </details>
#
# `hint("07.scale")` shows more, one at a time.

# %% tags=["learner"] language="sh"
# cd work/07/lecture
# # Your file (cat > compose.yaml <<'END' …) and your commands:

# %% tags=["solution", "volatile"] language="sh"
# cd work/07/lecture
# cp ../counter/proxy.py .
# cat > compose.yaml <<'END'
# name: lecture-07
#
# services:
#   proxy:
#     image: localhost:5005/lab/python:3.11
#     init: true
#     command: python /proxy.py app 5000
#     volumes:
#       - ./proxy.py:/proxy.py:ro
#     ports:
#       - "127.0.0.1:8317:80"
#     depends_on:
#       - app
#
#   app:
#     build: .
#     image: flask-redis-07:1.0
#     scale: 3
#     depends_on:
#       redis:
#         condition: service_healthy
#
#   redis:
#     image: localhost:5005/lab/redis:7
#     restart: unless-stopped
#     healthcheck:
#       test: redis-cli ping
#       interval: 1s
#     volumes:
#       - visits:/data
#
# volumes:
#   visits:
#     labels: ["${LAB_LABEL}"]
# END
# docker compose up -d --wait
# # The copies need a moment until they listen: wait until three have answered.
# for n in $(seq 120); do
#   names=$(for n in 1 2 3 4 5 6; do curl -s http://127.0.0.1:8317/who; echo; done \
#     | grep . | sort -u | wc -l)
#   [ "$names" -ge 3 ] && break
#   sleep 1
# done

# %%
check("07.scale")

# %% [markdown]
# ## 7 · Settings, secrets, and what comes after Compose
#
# The file is under version control, so what differs between machines comes from outside: `${COLOUR:-grey}` is read from your shell or from a file `.env` beside it, with a default. Passwords have no place in either the file or the environment, where `docker inspect` shows them to everybody. A **secret** appears as a file, for the services that name it:

# %% language="sh"
# mkdir -p work/07/settings && cd work/07/settings
# echo "correct horse" > password.txt
# cat > compose.yaml <<'END'
# name: settings-07
# services:
#   show:
#     image: localhost:5005/lab/busybox:1
#     environment:
#       COLOUR: "${COLOUR:-grey}"
#     secrets: [password]
#     command: sh -c 'echo "the colour is $$COLOUR"; wc -c /run/secrets/password'
# secrets:
#   password:
#     file: password.txt               # this file is not under version control
# networks:
#   default:
#     labels: ["${LAB_LABEL}"]
# END
# docker compose --progress quiet run --rm -T show
# COLOUR=blue docker compose --progress quiet run --rm -T show
# docker compose config | grep -c "correct horse" \
#   || echo "The password is not in the description."

# %% [markdown]
# `$$` is a dollar sign that Compose leaves to the shell inside.
#
# **One machine is not always enough.** Compose talks to one engine. An **orchestrator** spreads containers over many machines, moves them when one fails, and acts on health checks. *Swarm* is built into the engine and deploys a file like ours (`docker stack deploy`). *Kubernetes* is what most clouds offer: other files, the same images. On top of it stand platforms for data science, and they too run containers: in *Kubeflow Pipelines* each step of a workflow is a container, with its inputs and outputs handed on; *Polyaxon* starts experiments, training jobs and notebooks as containers on Kubernetes, and keeps their parameters and results. Whichever you meet, what you hand over is an image.

# %% [markdown]
# ## What usually goes wrong
#
# | you see | because | do |
# | --- | --- | --- |
# | `additional property … is not allowed` | a key is misspelt, or indented too far | compare its indentation with a file that works |
# | `yaml: line 4: …` | a tab, or uneven indentation | spaces only; look at the line before, too |
# | `no configuration file provided` | you are in another folder | `cd` to the file, or `-f PATH` |
# | `port is already allocated` | another container has it, or you scale a service with a fixed port | `docker ps`; a proxy in front |
# | status 500, and `Name or service not known` in the log | the service has another name, or is down | `docker compose ps -a`; use the name under `services:` |
# | your change of the code does nothing | `up` builds only if there is no image yet | `docker compose up -d --build` |
# | the data is gone | no volume, a volume at another path, or `down -v` | mount where the program writes |
# | `down` takes ten seconds | the first process ignores "please stop" | `init: true`, or a command that ends on TERM |
# | `depends_on`, and still it fails at first | started is not ready | a health check, and `condition: service_healthy` |
# | `the attribute version is obsolete` | an older file | delete that line |

# %% [markdown]
# ## What to remember
#
# - One file describes services, networks and volumes; `up` makes it so, `down` takes it away, volumes stay unless you say `-v`.
# - A service's name is its address; only `ports` open a door to your machine.
# - Each part fails by itself: a restart policy brings back what ended, a health check tells whether it works.
#
# ## Clean up this notebook
#
# In each folder, `docker compose down --volumes` would do it. This removes the same by Compose's own label, and only what is named `…-07`. You see each name as it is removed; its images go, too.

# %% language="sh"
# ours="--filter label=com.docker.compose.project --filter name=-07[-_]"
# docker ps --all $ours --format '{{.Names}}' | sort | xargs -r docker rm -fv
# docker network ls $ours --format '{{.Name}}' | sort | xargs -r docker network rm
# docker volume ls $ours --format '{{.Name}}' | sort | xargs -r docker volume rm
# docker images --filter label=org.labhelpers.workshop --format '{{.Repository}}:{{.Tag}}' \
#   | grep -- -07 | xargs -r docker rmi > /dev/null
# rm -r work/07

# %% [markdown]
# ## Where to go next
#
# Notebook 08 puts a model and its training into containers; [09 Build, ship, run](09_build_ship_run.ipynb) is the whole way, from a Dockerfile to a page that somebody else runs.
#
# Back to [00 Start here](00_start_here.ipynb).
#
# <small>Sources: the [Compose file reference](https://docs.docker.com/reference/compose-file/) (services, `depends_on`, secrets, `version`), [restart policies](https://docs.docker.com/engine/containers/start-containers-automatically/), [docker stack deploy](https://docs.docker.com/reference/cli/docker/stack/deploy/), [Kubeflow Pipelines](https://www.kubeflow.org/docs/components/pipelines/concepts/pipeline/), [Polyaxon](https://github.com/polyaxon/polyaxon). What the outputs show: measured by this notebook.</small>
