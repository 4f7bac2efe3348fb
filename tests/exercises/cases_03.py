"""The exercises of notebook 03, in every state that learners bring about."""

from __future__ import annotations

from exercises.case import Case, Do

SITE = "localhost:5005/lab/site:1.0"
BOX = "localhost:5005/lab/busybox:1"
RUN = "docker run -d --name mysite-03"
PULL = f"docker pull -q {SITE}"
WEB = f"docker run -d --name web-03 -p 127.0.0.1:8303:80 -e AUTHOR=Ada {SITE}"
OWN = f"""docker build -q -t own-site-03 --label $LAB_LABEL - <<'END'
FROM {SITE}
ENV AUTHOR=Grace
END
"""
BROKEN = (
    f"docker run -d --name broken-03 {BOX} sh -c 'cat /etc/settings.ini || exit 3'; docker wait broken-03"
)
FOUND = {"exit_code": 3, "missing_file": "/etc/settings.ini", "folder": "/var/www"}
TASKS = f"""docker run --name task1-03 --label lesson=cleanup-03 -d {BOX} sleep 900
docker run --name task2-03 --label lesson=cleanup-03 {BOX} true
docker run --name keep-03 {BOX} true"""

CASES = [
    Case(
        "03.find-fault",
        before=f"{PULL}; {WEB}",
        solution=f'{RUN} -p 127.0.0.1:8313:80 -e AUTHOR="Grace" {SITE}',
        other={
            "another-name-and-order": f"docker run --env AUTHOR='Ada <Lovelace> & co' -dp 8313:80 --name hers-03 {SITE}",
            "create-then-start": f"docker create --name mysite-03 -p 127.0.0.1:8313:80 -e AUTHOR=Grace {SITE}"
            "; docker start mysite-03",
            "beside-a-failed-copy": f"{RUN} -p 127.0.0.1:8313:80 -e AUTHOR=Grace {SITE}; "
            f"! docker run -d --name mysite2-03 -p 127.0.0.1:8313:80 {SITE}",
            "by-digest": f"{RUN} -p 127.0.0.1:8313:80 -e AUTHOR=Grace "
            f"$(docker image inspect --format '{{{{.Id}}}}' {SITE})",
        },
        wrong={
            "no-port": f"{RUN} -e AUTHOR=Grace {SITE}",
            "ports-reversed": [
                f"{RUN} -p 127.0.0.1:8380:8313 -e AUTHOR=Grace {SITE}",
                f"{RUN} -p 127.0.0.1:8313:8313 -e AUTHOR=Grace {SITE}",
            ],
            "built-in-name": f"{OWN} {RUN} -p 127.0.0.1:8313:80 own-site-03",
            "exited": [
                f"{RUN} -p 127.0.0.1:8313:80 -e AUTHOR=Grace {SITE}; docker stop mysite-03",
                f"{RUN} -p 127.0.0.1:8313:80 -e AUTHOR=Grace {SITE} false; docker wait mysite-03",
            ],
            "port-held": f"docker run -d --name first-try-03 -p 127.0.0.1:8313:80 {SITE}; "
            f"! {RUN} -p 127.0.0.1:8313:80 -e AUTHOR=Grace {SITE}",
        },
        also={
            "no-name": f"{RUN} -p 127.0.0.1:8313:80 {SITE}",
            "name-not-replaced": f"{RUN} -p 127.0.0.1:8313:80 -e AUTHOR='your name' {SITE}",
            "another-port": f"{RUN} -p 127.0.0.1:8315:80 -e AUTHOR=Grace {SITE}",
            "another-image": f"{RUN} -p 127.0.0.1:8313:80 -e AUTHOR=Grace {BOX} httpd -f -p 80",
        },
    ),
    Case(
        "03.two-copies",
        after=["03.find-fault"],
        solution=f"docker run -d --name mysite2-03 -p 127.0.0.1:8314:80 {SITE}",
        other={
            "another-name": f"docker run -d --name twin-03 -p 8314:80 -e AUTHOR=Grace {SITE}",
        },
        wrong={
            "same-port": f"! docker run -d --name mysite2-03 -p 127.0.0.1:8313:80 {SITE}",
            "second-image": f"{OWN} docker run -d --name mysite2-03 -p 127.0.0.1:8314:80 own-site-03",
            "one-container": f"docker rm -f mysite-03; {RUN} -p 127.0.0.1:8313:80 -p 127.0.0.1:8314:80 "
            f"-e AUTHOR=Grace {SITE}",
        },
        also={
            "second-leads-nowhere": f"docker run -d --name mysite2-03 -p 127.0.0.1:8314:81 {SITE}",
        },
    ),
    Case(
        "03.inspect",
        before=f"{PULL}; {WEB}; {BROKEN}; docker run --name sleeper-03 {BOX} sh -c 'exit 137' || true",
        untouched={"exit_code": None, "missing_file": "…", "folder": "…"},
        solution=Do(given=FOUND),
        other={"as-text": Do(given={"exit_code": "3", "missing_file": "/etc/settings.ini", "folder": "www"})},
        wrong={
            "ran-again": [
                Do("docker start broken-03; docker wait broken-03", given=FOUND),
                Do(BROKEN.replace("broken-03", "broken2-03"), given=FOUND),
            ],
            "another-log": [
                Do(given={**FOUND, "exit_code": 137}),
                Do(given={**FOUND, "missing_file": "/etc/hosts"}),
            ],
        },
        also={
            "half": Do(given={**FOUND, "folder": "…"}),
            "another-folder": Do(given={**FOUND, "folder": "/var/lib"}),
            "strange-values": Do(given={"exit_code": [3], "missing_file": 3, "folder": {}}),
        },
    ),
    Case(
        "03.clean-up",
        before=TASKS,
        solution="docker rm -f $(docker ps -aq --filter label=lesson=cleanup-03)",
        other={
            "stop-and-prune": "docker stop -t 0 task1-03; docker container prune -f --filter label=lesson=cleanup-03",
            "one-by-one": "docker kill task1-03; docker rm task1-03 task2-03",
        },
        wrong={
            "stopped-only": "docker stop -t 0 task1-03",
            "removed-other": ["docker rm -f task1-03 task2-03 keep-03", "docker rm -f keep-03 task1-03"],
        },
        also={"only-one": "docker rm -f task1-03"},
    ),
]
