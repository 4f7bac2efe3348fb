# The workshop in a container, for a machine with an engine and without Python. On Linux:
#
#   docker build -t labhelpers .
#   mkdir -p ~/labhelpers
#   docker run --rm -it --network host \
#     --user "$(id -u):$(id -g)" --group-add "$(stat -c %g /var/run/docker.sock)" \
#     -v /var/run/docker.sock:/var/run/docker.sock \
#     -v ~/labhelpers:$HOME/labhelpers -e LABHELPERS_HOME=$HOME/labhelpers labhelpers
#
# The engine is the machine's: whoever may use its socket is root there. Run it where you would run `docker` itself.
# The folder has the same path inside and outside, so that `docker run -v "$PWD/…"` in a lesson means what it says.
#
# Behind a proxy that inspects TLS:  docker build --secret id=ca,src=/path/to/ca.pem …
# Without a network, after ./lab kit load:  docker build --build-context kit=$HOME/.cache/labhelpers/kit …
#
# What it holds, by `./lab layers labhelpers`, on the class's Python image: 852 MB, of which 400 MB are Python packages
# (90 MB of that is bytecode, for a quick start) and 161 MB the docker command line with buildx and Compose. No layer
# hides anything of another's but Debian's own lists of packages: 1.4 MB, so 99.8 % of what a pull moves can be seen.
ARG BASE=debian:bookworm-slim

FROM scratch AS kit

FROM ${BASE}
RUN dpkg -s ca-certificates python3-venv >/dev/null 2>&1 \
    || { apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends ca-certificates python3-venv \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin; }
WORKDIR /opt/workshop
COPY . .
# What is only needed to install is mounted, or gone before the step ends. All may read it, none may write.
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.pem \
    --mount=type=bind,from=kit,target=/tmp/home/cache/kit \
    if [ -s /run/secrets/ca.pem ]; then export PIP_CERT=/run/secrets/ca.pem; fi \
    && LABHELPERS_HOME=/tmp/home PIP_NO_CACHE_DIR=1 ./lab --version
# The docker command line with buildx and Compose: as `./lab up` would fetch it, but once for all.
RUN --mount=type=bind,from=kit,target=/tmp/home/cache/kit \
    if [ -d /tmp/home/cache/kit/packages ]; then \
        for name in docker-cli docker-buildx docker-compose; do \
            dpkg -x /tmp/home/cache/kit/packages/*/${name}_*.deb /opt/docker || exit 1; \
        done; \
    else \
        apt-get update -qq && .venv/bin/python -c "from pathlib import Path; from labhelpers.engine.packages import *; \
from labhelpers.telling import Quiet; where = archive(); \
fetch(where, Path('/opt/docker'), *client_packages(where), Quiet())" \
        && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin; \
    fi \
    && ln -s /opt/docker/usr/bin/docker /usr/local/bin/docker \
    && mkdir -p /usr/local/libexec/docker \
    && ln -s /opt/docker/usr/libexec/docker/cli-plugins /usr/local/libexec/docker/cli-plugins \
    && useradd --create-home --shell /bin/bash learner \
    && chmod 1777 /home/learner
USER learner
ENV HOME=/home/learner \
    USER=learner \
    SHELL=/bin/bash \
    LABHELPERS_HOME=/home/learner/labhelpers \
    PORT=8888
# Bash opens the connection itself: a check every few seconds must cost next to nothing.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10m \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /api HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q version <&3"]
CMD ["bash", "-c", "exec ./lab up --no-browser --yes --port \"$PORT\""]
