"""The exercises of notebook 07, in every state that learners bring about.

All states share one image, whose layers the build cache keeps.
"""

from __future__ import annotations

import re
from pathlib import Path

from exercises.bench import Bench
from exercises.case import Case, Do

from labhelpers.web import visit

SOURCE = Path(__file__).parents[2] / "notebooks/src/07_compose.py"
LECTURE = "work/07/lecture"
REDIS = "  redis:\n    image: localhost:5005/lab/redis:7\n"
APP = "  app:\n    build: .\n    image: flask-redis-07:1.0\n"
PORTS = '    ports:\n      - "127.0.0.1:8317:5000"\n'
AFTER = "    depends_on:\n      - redis\n"
VOLUME = "    volumes:\n      - visits:/data\n"
VOLUMES = "volumes:\n  visits:\n"
RESTART = "    restart: unless-stopped\n"
CHECK = "    healthcheck:\n      test: redis-cli ping\n      interval: 1s\n"
PROXY = (
    "  proxy:\n    image: localhost:5005/lab/python:3.11\n    init: true\n    command: python /proxy.py app 5000\n"
    '    volumes:\n      - ./proxy.py:/proxy.py:ro\n    ports:\n      - "127.0.0.1:8317:80"\n    depends_on:\n'
    "      - app\n"
)
UP = f"cd {LECTURE}; docker compose up -d --wait"
REDIS_ONLY = f"{UP} redis"
DOWN = "docker compose down"
SLIDE = """name: lecture-07
services:
  app:
    build:
      image: takacsmark/flask-redis:1.0
    ports:
      - 5000:5000
  redis:
    image: redis:7-alpine
"""
# Until the container came back: the engine waits a moment before it starts one again.
ENDS = f"""{UP}
docker compose exec -T redis redis-cli shutdown || true
for try in $(seq 120); do
  docker inspect --format '{{{{.RestartCount}}}} {{{{.State.Status}}}}' lecture-07-redis-1 | grep -q '1 running' && break
  sleep 0.5
done"""


def written(name: str) -> str:
    """A file as the notebook writes it."""
    text = re.sub(r"^# ?", "", SOURCE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = re.search(rf"^cat > {name} <<'END'\n(.*?)^END$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)


FILES = {f"{LECTURE}/{name}": written(name) for name in ("app.py", "Dockerfile", "proxy.py")}


def project(*services: str, rest: str = "", sh: str = UP, call: object = None) -> Do:
    """The learner's file with these services, and what is done with it."""
    text = f"name: lecture-07\nservices:\n{''.join(services)}{rest}"
    return Do(sh, files={f"{LECTURE}/compose.yaml": text}, call=call)  # type: ignore[arg-type]


def visited_then(*commands: str) -> object:
    """Visit the page, run commands in the project's folder, and visit it again."""

    def call(bench: Bench) -> None:
        assert "Visits:" in visit("http://127.0.0.1:8317", wait=30)
        bench.sh("; ".join([f"cd {LECTURE}", *commands]))
        assert "Visits:" in visit("http://127.0.0.1:8317", wait=30)

    return call


BEFORE = Do(files=FILES)

CASES = [
    Case(
        "07.repair",
        before=BEFORE,
        solution=project(APP, PORTS, AFTER, REDIS),
        other={
            "another-name-for-redis-and-long-forms": project(
                "  web:\n    build:\n      context: .\n    environment: [FLASK_ENV=development]\n    ports:\n"
                "      - target: 5000\n        published: 8317\n    depends_on: [store]\n",
                "  store:\n    image: localhost:5005/lab/redis:7\n",
                sh=f'sed -i \'s/Redis("redis"/Redis("store"/\' {LECTURE}/app.py; {UP} --build',
            ),
        },
        wrong={
            "image-under-build": Do(
                f"cd {LECTURE}; ! docker compose up -d", files={f"{LECTURE}/compose.yaml": SLIDE}
            ),
            "service-name": project(APP, PORTS, REDIS.replace("  redis:", "  store:")),
            "port-closed": [project(APP, REDIS), project(APP, PORTS.replace(":5000", ":8317"), REDIS)],
        },
        also={
            "not-started": project(APP, PORTS, REDIS, sh=""),
            "starts-for-long": project(APP, "    init: true\n    command: sleep 900\n", PORTS, REDIS),
            "another-project": Do(files={f"{LECTURE}/compose.yaml": f"services:\n{REDIS}"}),
            "redis-is-down": project(APP, PORTS, AFTER, REDIS, sh=f"{UP}; docker compose kill redis"),
        },
    ),
    Case(
        "07.survive",
        before=BEFORE,
        after=["07.repair"],
        solution=project(
            APP, PORTS, AFTER, REDIS, VOLUME, rest=VOLUMES, call=visited_then(DOWN, UP.split("; ")[1])
        ),
        other={
            "another-name-and-long-form": project(
                APP,
                PORTS,
                AFTER,
                REDIS,
                "    volumes:\n      - {type: volume, source: kept, target: /data}\n",
                rest="volumes:\n  kept:\n    name: my-visits-07\n",
                call=visited_then("docker compose rm -fs", DOWN, "docker compose up -d"),
            ),
        },
        wrong={
            "anonymous": project(REDIS, "    volumes: [/data]\n", sh=REDIS_ONLY),
            "down-v": project(
                APP, REDIS, VOLUME, rest=VOLUMES, sh=f"{UP}; docker compose down -v; docker compose up -d"
            ),
            "wrong-path": [
                project(REDIS, VOLUME.replace("/data", "/var/lib/redis"), rest=VOLUMES, sh=REDIS_ONLY),
                project(REDIS, "    volumes: [./kept:/kept]\n", sh=REDIS_ONLY),
            ],
        },
        also={"only-declared": project(REDIS, VOLUME, rest=VOLUMES, sh=REDIS_ONLY)},
    ),
    Case(
        "07.lose-a-part",
        before=BEFORE,
        after=["07.repair"],
        solution=project(APP, PORTS, AFTER, REDIS, RESTART, CHECK, sh=ENDS),
        other={
            "always-and-a-shell": project(
                APP,
                PORTS,
                AFTER,
                REDIS,
                "    restart: always\n    healthcheck:\n      test: redis-cli ping | grep PONG\n      interval: 1s\n",
                sh=ENDS,
            ),
        },
        wrong={
            "restart-elsewhere": project(APP, PORTS, RESTART, REDIS, CHECK),
            "check-always-passes": project(
                REDIS,
                RESTART,
                '    healthcheck:\n      test: ["CMD", "true"]\n      interval: 1s\n',
                sh=REDIS_ONLY,
            ),
            "on-failure": project(
                REDIS,
                RESTART.replace("unless-stopped", "on-failure"),
                CHECK,
                sh=f"{REDIS_ONLY}; docker compose exec -T redis redis-cli shutdown || true; "
                "docker wait lecture-07-redis-1",
            ),
        },
        also={
            "no-policy": project(REDIS, CHECK, sh=REDIS_ONLY),
            "no-check": project(REDIS, RESTART, sh=REDIS_ONLY),
            "never-ended": project(REDIS, RESTART, CHECK, sh=REDIS_ONLY),
            "killed": project(REDIS, RESTART, CHECK, sh=f"{REDIS_ONLY}; docker compose kill redis"),
        },
    ),
    Case(
        "07.scale",
        before=BEFORE,
        after=["07.repair"],
        solution=project(PROXY, APP, "    scale: 3\n", AFTER, REDIS),
        other={"on-the-command-line": project(PROXY, APP, AFTER, REDIS, sh=f"{UP} --scale app=3")},
        wrong={
            "fixed-port": project(
                APP, PORTS, AFTER, REDIS, sh=f"cd {LECTURE}; ! docker compose up -d --scale app=3"
            ),
            "several-doors": project(
                APP, PORTS.replace("8317:", "8317-8319:"), AFTER, REDIS, sh=f"{UP} --scale app=3"
            ),
        },
        also={
            "no-proxy": project(APP, "    scale: 3\n", AFTER, REDIS),
            "two": project(PROXY, APP, "    scale: 2\n", AFTER, REDIS),
        },
    ),
]
