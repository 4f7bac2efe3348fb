# ---
# jupyter:
#   labhelpers:
#     title: Docker on a few pages
#     minutes: 5
#     afterwards:
#       - find the command, the flag or the line of a Dockerfile that you need
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Docker on a few pages
#
# ![Build, ship, run. Build: a Dockerfile and files become an image on your machine. Ship: the image is pushed to a registry, and pulled by others. Run: a container is started from it on any machine.](pictures/build_ship_run.svg)
#
# **Outside first, inside last**, for ports, folders and files. Each command has a `--help`.

# %% tags=["volatile"] slideshow={"slide_type": "skip"} language="sh"
# ours="--filter label=org.labhelpers.workshop --filter name=-sheet$"
# docker ps --all -q $ours | xargs -r docker rm -f > /dev/null
# docker volume ls -q $ours | xargs -r docker volume rm > /dev/null
# docker pull -q localhost:5005/lab/busybox:1
# docker pull -q localhost:5005/lab/site:1.0

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Start a container
#
# | `docker run FLAGS IMAGE COMMAND` | |
# | --- | --- |
# | `-d` | in the background; the first characters of the id that it prints are a name, too |
# | `-it` | with your terminal, for a shell: `docker run -it --rm IMAGE sh` |
# | `--rm` | remove it when it has ended |
# | `--name NAME` | a name that you choose |
# | `-p 127.0.0.1:8080:80` | port 8080 of your machine leads to port 80 inside |
# | `-e NAME=value` | a setting: an environment variable |
# | `-v "$PWD/data:/data"` | a folder of yours, seen inside; `-v NAME:/data` is a volume |
# | `-w /work` | the folder in which it starts |
# | `-u $(id -u):$(id -g)` | as which user: here as you |
# | `--memory 512m --cpus 1` | what it may use at most |

# %% language="sh"
# docker run --rm -e WHO=Ada -w /tmp localhost:5005/lab/busybox:1 \
#   sh -c 'echo "Hello $WHO, this is $PWD"'

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Look at a container
#
# | | |
# | --- | --- |
# | `docker ps` | what runs; with `-a` also what has ended, and its exit code |
# | `docker logs NAME` | what it printed; `-f` goes on, `--tail 10` shows the last lines |
# | `docker exec -it NAME sh` | a shell in it, beside its main process |
# | `docker attach NAME` | your terminal at its main process itself |
# | `docker inspect NAME` | all that is known of it; `--format` picks a part |
# | `docker port NAME` | which door leads where |
# | `docker stats --no-stream` | processor and memory, one look |
# | `docker diff NAME` | which files it added, changed, deleted |
# | `docker cp NAME:/file .` | a file out of it; the other way round into it |

# %% language="sh"
# docker run -d --name web-sheet -p 127.0.0.1:8961:80 \
#   localhost:5005/lab/site:1.0 > /dev/null
# docker port web-sheet
# docker inspect --format '{{.State.Status}}: {{.Config.Image}}' web-sheet

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Stop, start, remove
#
# | | |
# | --- | --- |
# | `docker create IMAGE`, `docker start NAME` | the two halves of `docker run` |
# | `docker stop NAME` | asks it to end, ends it after ten seconds; `-t 1` after one |
# | `docker kill NAME` | ends it at once |
# | `docker restart NAME` | stop and start: its files stay |
# | `docker pause NAME`, `docker unpause NAME` | holds it still, and lets it go on |
# | `docker update --memory 1g NAME` | another limit, while it runs |
# | `docker rm NAME` | removes it with its files; with `-f` also while it runs |
# | `docker container prune` | removes all that have ended; `--filter label=…` only some |
#
# Exit codes: **0** well · **125** `docker run` failed · **126**, **127** the command cannot be run, is not found · **137** killed · **143** ended when asked

# %% language="sh"
# docker stop web-sheet
# docker inspect --format '{{.State.Status}}, exit code {{.State.ExitCode}}' web-sheet

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Images
#
# | | |
# | --- | --- |
# | `docker build -t NAME:1.0 .` | builds from the `Dockerfile` of the folder `.`; `-f` names another |
# | `docker images` | what the engine has |
# | `docker history NAME:1.0` | its steps, and how much each stored |
# | `docker pull NAME:1.0`, `docker push NAME:1.0` | from and to the registry that stands in the name |
# | `docker tag OLD:1.0 NEW:1.0` | one more name for the same image |
# | `docker search WORD` | looks on Docker Hub |
# | `docker login REGISTRY`, `docker logout REGISTRY` | before and after a push to a registry of yours |
# | `docker rmi NAME:1.0` | takes a name away, and with the last name the image |
# | `docker save -o FILE NAME:1.0`, `docker load -i FILE` | an image to a file, and back |
# | `docker export -o FILE NAME`, `docker import FILE` | a container's files only: no settings, no layers |
# | `docker commit NAME IMAGE` | an image of a container: to look at, not to build on |
# | `docker image prune` | removes images without a name; `docker system df`: what takes space |

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The name of an image
#
# | | |
# | --- | --- |
# | `registry/repository:tag@digest` | its four parts |
# | `python:3.11` | no registry: Docker Hub |
# | `localhost:5005/lab/site:1.0` | a dot, a port or `localhost` in front: a registry |
# | `NAME` | no tag: `NAME:latest`, a tag like any other, that may not exist |
# | `NAME@sha256:…` | exactly these bytes; a tag can move, a digest cannot |
# | `REGION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE:TAG` | Google's Artifact Registry |

# %%
from labhelpers.reference import parse

for name in ("python", "localhost:5005/lab/site:1.0"):
    print(name, "→", parse(name).host, parse(name).path, parse(name).tag)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A Dockerfile, line by line
#
# | | |
# | --- | --- |
# | `FROM image` | what it stands on; `AS name` gives the stage a name |
# | `RUN command` | runs while the image is built, and leaves one layer |
# | `COPY from to` | files of the context; with `--from=stage` of another stage |
# | `ADD from to` | as COPY, and unpacks archives and fetches addresses |
# | `WORKDIR /app` | where later lines start, and the process |
# | `ENV NAME=value` | a setting, in the build and in the container; `ARG NAME` in the build only |
# | `EXPOSE 80` | a note; `-p` publishes |
# | `USER name` | who runs it: `RUN useradd name` creates the user first |
# | `ENTRYPOINT ["program"]` | what always runs: a list, in straight quotes, without a shell |
# | `CMD ["argument"]` | what follows it, until words after the image's name replace it |
# | `.dockerignore` | a file that says what stays out of the context: `.env`, `.git`, data |
#
# What changes seldom stands above what changes often. Secrets come by `RUN --mount=type=secret`

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Files and networks
#
# | | |
# | --- | --- |
# | `-v "$PWD/data:/data"` | a bind mount: your folder, with its whole path; `:ro` at the end makes it read-only |
# | `docker volume create NAME` | a place that the engine keeps: `-v NAME:/data` |
# | `docker volume ls`, `docker volume rm NAME` | which there are; gone with all that is in it |
# | `docker network create NAME` | a network in which containers know each other by name |
# | `docker run --network NAME IMAGE` | in that network from the start |
# | `docker network connect NAME CONTAINER` | also while it runs |

# %% language="sh"
# docker volume create --label $LAB_LABEL data-sheet
# docker run --rm -v data-sheet:/data localhost:5005/lab/busybox:1 \
#   sh -c 'echo "still here" > /data/note'
# docker run --rm -v data-sheet:/data localhost:5005/lab/busybox:1 cat /data/note

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Compose
#
# | | |
# | --- | --- |
# | `docker compose up -d --wait` | makes what the file says; comes back when it runs |
# | `docker compose ps`, `docker compose logs -f web` | as for one container, with the service's name |
# | `docker compose exec web sh` | a shell in it |
# | `docker compose up -d --scale web=3` | three copies of a service |
# | `docker compose down` | containers and network go; with `--volumes` the data, too |
# | `docker compose config` | is the file right? Starts nothing |

# %% language="sh"
# cat > compose-sheet.yaml <<'END'
# services:
#   web:
#     build: .
#     image: counter:1.0
#     ports: ["127.0.0.1:8080:5000"]
#   redis:
#     image: redis:7-alpine
# END
# docker compose -f compose-sheet.yaml config --services | sort | xargs
# rm compose-sheet.yaml

# %% [markdown] slideshow={"slide_type": "slide"}
# ## When it does not work
#
# | you see | do |
# | --- | --- |
# | it is not in `docker ps` | `docker ps -a` for its exit code, `docker logs NAME` for what it said |
# | `port is already allocated` | another number on the left of `-p` |
# | no answer at the port | the server has to listen on `0.0.0.0` inside; look at `docker port NAME` |
# | `name is already in use` | `docker rm NAME`: a stopped container keeps its name |
# | `not found`, with `latest` in it | name the tag |
# | `denied`, `unauthorized` | `docker tag` with your registry in front; `docker login` |
# | files that belong to root | `-u $(id -u):$(id -g)` |
# | a build fails halfway | `docker build --target STAGE .`, and look around in that stage |
# | a change has no effect | build again, `docker rm -f NAME`, run again |
#
# The workshop itself: `./lab doctor` says what is wrong, `./lab up` opens it, `./lab clean` takes it away

# %% slideshow={"slide_type": "skip"} language="sh"
# ours="--filter label=org.labhelpers.workshop --filter name=-sheet$"
# docker ps --all $ours --format '{{.Names}}' | xargs -r docker rm -f
# docker volume ls $ours --format '{{.Name}}' | xargs -r docker volume rm
