"""Notebook 07: repair the lecture, survive, lose a part, scale. All four look at the project lecture-07."""

from __future__ import annotations

import re

from labhelpers.exercises.composed import (
    containers_of,
    copies_of,
    doors_of,
    file_model,
    made_at,
    passes_anywhere,
    policy_of,
    redis_of,
    service_of,
    visits_of,
    why_not_counting,
)
from labhelpers.exercises.look import seconds_of
from labhelpers.exercises.model import Look, Verdict, exercise

NAME, FOLDER, PORT = "lecture-07", "work/07/lecture", 8317
_PAGE = f"http://127.0.0.1:{PORT}"
_UP = f"In `{FOLDER}`: `docker compose up -d --wait`."
_FILE = """services:
  app:
    build: .
    image: flask-redis-07:1.0
    ports:
      - "127.0.0.1:8317:5000"
    depends_on:
      - redis

  redis:
    image: localhost:5005/lab/redis:7"""


@exercise(
    "07.repair",
    title="Repair the lecture",
    goal="Mend the file so that the application runs, built from its folder, with Redis beside it.",
    success=f"The project `{NAME}` runs, and <{_PAGE}> counts its visits.",
    hints=(
        "`docker compose config` says what is wrong, without starting anything. Mend that, then look again.",
        "`build` takes a folder: `build: .` is the one in which the file lies. `image` stands below it, as far "
        "to the left as `build`.",
        "The door: `127.0.0.1:8317` of your machine on the left, the port at which the application listens on "
        "the right (its Dockerfile says it). Redis: `localhost:5005/lab/redis:7`.",
    ),
    solution=f"name: {NAME}\n\n{_FILE}\n\n# then, in {FOLDER}:\ndocker compose up -d --wait",
    wrong={
        "image-under-build": "`build` and `image` are siblings: both stand directly below the service, and "
        "`build` says from which folder.",
        "service-name": "The name under `services:` is the address. Give Redis the name that the application asks "
        "for, or change the application.",
        "port-closed": "Under `ports` of the application: `127.0.0.1:8317` on the left, and on the right the port "
        "at which it listens inside.",
    },
)
def repair(look: Look) -> Verdict:
    """The project runs, and its page counts two visits, one after the other."""
    model = file_model(look)
    if isinstance(model, Verdict):
        return model
    every = containers_of(look)
    if not every:
        return look.not_yet("Compose accepts the file; nothing of it was started yet.", _UP)
    return why_not_counting(look, every, model) or look.passed(f"{NAME} runs, and its page counts.")


@exercise(
    "07.survive",
    title="Survive",
    goal=f"Let the count of your own project, `{NAME}`, outlive its containers. Visit its page, take the project "
    "down, start it, and visit again.",
    success=f"<{_PAGE}> has gone on counting after `down` and `up`.",
    hints=(
        "Compare with the file of the step: two parts are new, one below the service, one of its own.",
        "Below `redis`: `volumes: [visits:/data]`. And, not indented, `volumes:` with `visits:` in it.",
        "In this order: `up -d --wait`, visit the page, `down` (without `-v`), `up -d --wait`, visit again.",
    ),
    solution=f"name: {NAME}\n\n{_FILE}\n    volumes:\n      - visits:/data\n\nvolumes:\n  visits:\n"
    '    labels: ["${LAB_LABEL}"]\n\n'
    f"# then, in {FOLDER}; between the commands, visit the page:\n"
    "docker compose up -d --wait\ndocker compose down\ndocker compose up -d --wait",
    wrong={
        "anonymous": "Without a name on the left of the colon, every new container gets a new volume. Name it: "
        "`visits:/data`.",
        "down-v": "Visit the page, then `docker compose down` without `-v`, which would remove the volume too, then "
        "`up`, and visit again.",
        "wrong-path": "Redis writes to `/data`: that has to stand on the right of the colon.",
    },
)
def survive(look: Look) -> Verdict:
    """What Redis holds is more than it counted since it was started, from a volume older than the network."""
    redis = redis_of(look)
    if isinstance(redis, Verdict):
        return redis
    if not redis.mounts:
        return look.not_yet("Redis keeps its data in its own container.", "Give it a volume at `/data`.")
    here = [mount for mount in redis.mounts if mount["Destination"].rstrip("/") == "/data"]
    if not here:
        return look.wrong("wrong-path", f"Redis has something mounted at {redis.mounts[0]['Destination']}.")
    volume = str(here[0].get("Name", ""))
    if re.fullmatch(r"[0-9a-f]{64}", volume):
        return look.wrong("anonymous", "Redis has a volume at /data, and the volume has no name.")
    if not redis.running:
        return look.not_yet(f"Redis is {redis.state}.", _UP)
    held, counted = visits_of(look, redis)
    if volume:
        age = made_at(look, "volume", volume, "CreatedAt")
        network = int(made_at(look, "network", redis.networks[0], "Created"))
        # `down` leaves the volume, and `up` then makes a new network: whole seconds, as volumes have.
        if network <= age:
            # What one `up` makes is made in this order: network, volumes, containers.
            one_up = age - network < 60 and all(seconds_of(one.created) >= age for one in containers_of(look))
            if not one_up:
                return look.not_yet("The volume is there.", "Now take the project down, and start it again.")
            return look.wrong("down-v", "The volume is as young as the network: this is its first start.")
    if held <= counted:
        return look.not_yet(
            f"Redis has {held} visits, all from after its start.", "Visit the page before `down`, and after."
        )
    return look.passed("The count went on after the containers were replaced.")


@exercise(
    "07.lose-a-part",
    title="Lose a part",
    goal=f"Let the Redis of your project `{NAME}` come back by itself, and say of itself whether it works. Then let "
    "it end from inside, to see it.",
    success="Its Redis has a restart policy and a health check that fails when Redis does not answer; it has come "
    "back at least once, and the page counts.",
    hints=(
        "Both lines belong to the part that is lost: below `redis`, not below `app`.",
        "`redis-cli ping` asks the server, and fails when nobody answers. `exit 0` or `true` asks nobody.",
        "`docker compose exec redis redis-cli shutdown` ends it from inside. `docker compose kill` counts as your "
        "wish.",
    ),
    solution=f"name: {NAME}\n\n{_FILE}\n    restart: unless-stopped\n    healthcheck:\n"
    "      test: redis-cli ping\n      interval: 1s\n\n"
    f"# then, in {FOLDER}:\ndocker compose up -d --wait\ndocker compose exec redis redis-cli shutdown",
    wrong={
        "restart-elsewhere": "A policy holds for its own service only. Move the line below `redis`.",
        "check-always-passes": "Ask the server itself: `redis-cli ping` fails when no Redis answers.",
        "on-failure": "`on-failure` restarts after an exit code other than 0. A Redis that is asked to end says 0: "
        "take `always` or `unless-stopped`.",
    },
)
def lose_a_part(look: Look) -> Verdict:
    """Redis restarts by policy, its check fails where no Redis is, and it has come back once."""
    redis = redis_of(look)
    if isinstance(redis, Verdict):
        return redis
    if policy_of(redis) in ("", "no"):
        other = next((one for one in containers_of(look) if policy_of(one) not in ("", "no")), None)
        if other is not None:
            return look.wrong(
                "restart-elsewhere", f"{service_of(other)} has a restart policy, and Redis has none."
            )
        return look.not_yet("Redis has no restart policy yet.", "`restart:` says when it is started again.")
    test = (redis.raw["Config"].get("Healthcheck") or {}).get("Test") or ["NONE"]
    if test[0] == "NONE":
        return look.not_yet("Redis has no health check yet.", "`healthcheck:` with a `test:` that asks it.")
    if passes_anywhere(look, redis, test):
        return look.wrong("check-always-passes", "The health check also passes where no Redis runs.")
    if policy_of(redis) == "on-failure" and redis.state == "exited" and redis.exit_code == 0:
        return look.wrong("on-failure", "Redis ended with exit code 0, and stays down.")
    if not redis.running:
        return look.not_yet(f"Redis is {redis.state}.", "`docker compose up -d --wait` starts it.")
    if not redis.raw.get("RestartCount"):
        return look.not_yet(
            "Redis would come back, and has not had to yet.",
            "`docker compose exec redis redis-cli shutdown`.",
        )
    model = file_model(look)
    if isinstance(model, Verdict):
        return model
    return why_not_counting(look, containers_of(look), model) or look.passed(
        "Redis ended and came back by itself, its health check asks it, and the page counts."
    )


@exercise(
    "07.scale",
    title="Scale",
    goal=f"Three copies of the application of `{NAME}` behind one address. `work/07/counter/proxy.py` is yours to "
    "copy.",
    success=f"<{_PAGE}> is answered by three different containers in turn, and the page counts.",
    hints=(
        "Only one service may have port 8317: the proxy. Take `ports` away from the application.",
        "The proxy's command names the service that it passes visitors to: `python /proxy.py app 5000`.",
        "`scale: 3` below `app`, or `--scale app=3` after `up`.",
    ),
    solution="name: lecture-07\n\nservices:\n  proxy:\n    image: localhost:5005/lab/python:3.11\n    init: true\n"
    "    command: python /proxy.py app 5000\n    volumes:\n      - ./proxy.py:/proxy.py:ro\n    ports:\n"
    '      - "127.0.0.1:8317:80"\n    depends_on:\n      - app\n\n'
    "  app:\n    build: .\n    image: flask-redis-07:1.0\n    scale: 3\n    depends_on:\n      - redis\n\n"
    "  redis:\n    image: localhost:5005/lab/redis:7\n\n"
    f"# then, in {FOLDER}:\ncp ../counter/proxy.py .\ndocker compose up -d --wait",
    wrong={
        "fixed-port": "A port of your machine leads to one container. Take `ports` away from the service that has "
        "copies, and give the port to a proxy.",
        "several-doors": "Each copy has an address of its own. Visitors know one: let only a proxy have it.",
    },
)
def scale(look: Look) -> Verdict:
    """One port, and behind it three containers of one service that answer in turn."""
    model = file_model(look)
    if isinstance(model, Verdict):
        return model
    every = containers_of(look)
    copies = copies_of(every)
    if len(copies) < 2:
        return look.not_yet("No service of lecture-07 has copies yet.", "`scale: 3`, or `--scale app=3`.")
    doors = {port for one in copies for _, port, _ in one.ports}
    if doors - {0} and not all(one.running for one in copies):
        return look.wrong(
            "fixed-port", f"{len(copies)} copies of {service_of(copies[0])} want the same port."
        )
    if any(one.ports for one in copies):
        return look.wrong(
            "several-doors", f"{len(copies)} copies of {service_of(copies[0])} have a port each."
        )
    if not doors_of(every):
        return look.not_yet(
            f"Nothing of {NAME} has port {PORT} of your machine.", "That is the proxy's part."
        )
    ids = {one.id[:12] for one in copies if one.running}
    if len(ids) < 3:
        return look.not_yet(f"Of three copies, {len(ids)} run.", "`docker compose ps -a` shows them.")
    answered = {look.visit(f"{_PAGE}/who") for _ in range(2 * len(ids))} & ids
    if len(answered) < 3:
        return look.not_yet(
            f"Of three copies, {len(answered)} answer at {_PAGE}/who.", "Look at the proxy's log."
        )
    for one in copies:
        look.made(one.created, f"the container {one.name}")
    return why_not_counting(look, every, model) or look.passed("Three copies answer in turn at one address.")
