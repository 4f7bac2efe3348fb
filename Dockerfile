# The workshop in a container: JupyterLab and labhelpers, with the host's engine.
#
#   docker build -t labhelpers .
#   docker run --rm -it --network host --group-add "$(stat -c %g /var/run/docker.sock)" \
#     -v /var/run/docker.sock:/var/run/docker.sock labhelpers
#
# Whoever may use the engine's socket is root on the host: run it only where you would run `docker` itself.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends bash ca-certificates git python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --shell /bin/bash learner
USER learner
WORKDIR /home/learner/workshop
COPY --chown=learner:learner . .
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.pem,mode=0444 \
    if [ -s /run/secrets/ca.pem ]; then export PIP_CERT=/run/secrets/ca.pem; fi; \
    PIP_NO_CACHE_DIR=1 ./lab --version
ENV SHELL=/bin/bash
HEALTHCHECK --interval=15s --start-period=120s \
    CMD ["./lab", "doctor", "--json"]
CMD ["./lab", "up", "--no-browser", "--yes"]
