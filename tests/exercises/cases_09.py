"""The exercises of notebook 09, in every state that learners bring about."""

from __future__ import annotations

from exercises.bench import Bench
from exercises.case import Case, Do

from labhelpers import mascot, teammate

HOST = "localhost:5005/class"
BASE = "FROM localhost:5005/lab/site:1.0"
COPY = "COPY page.html /srv/template.html"
FILL = 'RUN sed -i "s/@BUILDER@/$BUILDER/" /srv/template.html'
WHOLE = f'{BASE}\nARG BUILDER="nobody yet"\n{COPY}\n{FILL}\n'
BUILD = "docker build -q --provenance=false %s -t %s ."
ADA, ROBIN = f"{HOST}/ada-09:1.0", f"{HOST}/robin-09:1.0"
PUSH = f"docker push -q {ADA}"
ME, BOTH = {"me": "ada"}, {"me": "ada", "mate": "robin"}
RUN = "docker run -d --name theirs-09 -p 127.0.0.1:8309:80 -e AUTHOR=ada"


def page(bench: Bench) -> None:
    """The learner's page, as the notebook writes it."""
    mascot("whale").write(bench.folder / "page.html")


def shipped(
    dockerfile: str = WHOLE, *, options: str = "--build-arg BUILDER=ada", name: str = ADA, then: str = PUSH
) -> Do:
    """Build from a Dockerfile under a name, and then do what is to be done with it."""
    return Do(f"{BUILD % (options, name)}\n{then}", files={"Dockerfile": dockerfile}, given=ME)


def meet(bench: Bench) -> None:
    """The teammate has shipped, by the notebook's own helper."""
    page(bench)
    teammate("robin")


def run(*commands: str) -> Do:
    """Build and run what has to be, and ask with both pseudonyms."""
    return Do("\n".join(commands), files={"Dockerfile": WHOLE}, given=BOTH)


CASES = [
    Case(
        "09.ship",
        before=Do(call=page),
        untouched=ME,
        solution=shipped(),
        other={
            "tagged-afterwards-name-in-the-dockerfile": shipped(
                f"{BASE}\n{COPY}\nRUN sed -i s/@BUILDER@/Ada/ /srv/template.html\n",
                options="",
                name="mine-09",
                then=f"docker tag mine-09 {ADA}; {PUSH}",
            ),
        },
        wrong={
            "no-registry-part": shipped(name="ada-09:1.0", then=""),
            "no-tag": shipped(name=f"{HOST}/ada-09", then=f"docker push -q {HOST}/ada-09"),
            "not-pushed": [
                shipped(then=""),
                # An image was shipped, and built again: the registry has the old one.
                Do(
                    f"{BUILD % ('', ADA)}\n{PUSH}\n{BUILD % ('--build-arg BUILDER=ada', ADA)}",
                    files={"Dockerfile": WHOLE},
                    given=ME,
                ),
            ],
            "no-page": shipped(f"{BASE}\nCOPY page.html /srv/page.html\n", options=""),
            "no-name": [
                shipped(options=""),
                shipped(f"{BASE}\n{COPY}\n", options=""),
                shipped(f"{BASE}\n{COPY}\nARG BUILDER\n{FILL}\n", options=""),
            ],
            "runner-baked-in": shipped(f"{WHOLE}RUN sed -i s/@AUTHOR@/ada/ /srv/template.html\n"),
        },
        also={
            "somebody-elses-name": shipped(options="--build-arg BUILDER=eve"),
            "no-pseudonym": Do(given={"me": "Ada Lovelace"}),
        },
    ),
    Case(
        "09.run",
        before=Do(call=meet),
        untouched=BOTH,
        solution=run(f"docker pull -q {ROBIN}", f"{RUN} {ROBIN}"),
        other={
            "by-digest-on-all-addresses-of-the-machine": run(
                f"docker pull -q {ROBIN}",
                "docker create --name theirs-09 -p 8309:80 -e AUTHOR=Ada \\\n"
                f"  $(docker image inspect --format '{{{{index .RepoDigests 0}}}}' {ROBIN})",
                "docker start theirs-09",
            ),
        },
        wrong={
            "own-image": run(BUILD % ("--build-arg BUILDER=ada", ADA), f"{RUN} {ADA}"),
            "wrong-port": [
                run(f"docker run -d --name theirs-09 -e AUTHOR=ada -p 127.0.0.1:8319:80 {ROBIN}"),
                run(f"docker run -d --name theirs-09 -e AUTHOR=ada -p 127.0.0.1:8309:8080 {ROBIN}"),
                run(f"docker run -d --name theirs-09 -e AUTHOR=ada {ROBIN}"),
            ],
            "no-mascot": [
                run(f"{RUN} localhost:5005/lab/site:1.0"),
                # Their name on the learner's page: it is not what they shipped.
                run(BUILD % ("--build-arg BUILDER=robin", "rebuilt-09"), f"{RUN} rebuilt-09"),
            ],
            # The teammate forgot the build argument, and shipped.
            "no-builder": run(
                BUILD % ("", ROBIN), f"docker push -q {ROBIN}", f"{RUN} -e BUILDER=robin {ROBIN}"
            ),
            "no-runner": run(f"docker run -d --name theirs-09 -p 127.0.0.1:8309:80 {ROBIN}"),
        },
        also={
            "another-teammate": Do(f"{RUN} {ROBIN}", given={"me": "ada", "mate": "nobody-there"}),
            "ended": run(f"{RUN} {ROBIN}", "docker stop -t 0 theirs-09"),
        },
    ),
]
