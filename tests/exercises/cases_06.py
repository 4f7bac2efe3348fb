"""The exercises of notebook 06, in every state that learners bring about."""

from __future__ import annotations

from exercises.case import Case, Do

HOST = "localhost:8306"
SITE = "localhost:5005/lab/site:1.0"
REGISTRY = """docker run -d --name registry-06 -p 127.0.0.1:8306:5000 --label $LAB_LABEL \\
  localhost:5005/lab/registry:2
until curl -sf http://127.0.0.1:8306/v2/ > /dev/null; do sleep 0.1; done"""


def build(version: str, name: str) -> str:
    """Build a version of the lesson's page under a name."""
    return f"""mkdir -p work/06
echo "<html><h1>Version {version}</h1></html>" > work/06/page.html
printf 'FROM {SITE}\\nCOPY page.html /srv/template.html\\n' > work/06/Dockerfile
docker build -q --provenance=false --label $LAB_LABEL -t {name} work/06"""


LETTER = f"""docker build -q --provenance=false --label $LAB_LABEL -t letter-06:1 - <<'END'
FROM {SITE}
LABEL lesson=letter-06
ENV LETTER="Dear registry"
END"""
TAG = f"docker tag letter-06:1 {HOST}/letter-06:1"
PUSH = f"docker push -q {HOST}/letter-06:1"
PULL = f"docker pull -q {HOST}/letter-06:1"
REMOVE = f"docker image rm letter-06:1 {HOST}/letter-06:1"
PUSHED = f"""{REGISTRY}
{build("1", f"{HOST}/site-06:1")}
docker push -q {HOST}/site-06:1
{build("2", f"{HOST}/site-06:2")}
docker push -q {HOST}/site-06:2"""
THIRD = f"{build('3', f'{HOST}/site-06:3')}\ndocker push -q {HOST}/site-06:3"
MOVED = f"""{PUSHED}
docker tag {HOST}/site-06:1 {HOST}/site-06:stable; docker push -q {HOST}/site-06:stable
docker tag {HOST}/site-06:2 127.0.0.1:8306/site-06:stable; docker push -q 127.0.0.1:8306/site-06:stable"""
DIGEST = f"""digest=$(docker image inspect --format '{{{{index .RepoDigests 0}}}}' {HOST}/site-06:%s)
docker run -d --name pinned-06 $digest"""
CONFIG = """config=$(curl -s -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \\
  -H 'Accept: application/vnd.oci.image.manifest.v1+json' \\
  http://127.0.0.1:8306/v2/site-06/manifests/1 | python3 -c 'import json, sys
print(json.load(sys.stdin)["config"]["digest"])')"""
RIGHT = "europe-west6-docker.pkg.dev/sea-lab/lectures/site-06:1.0"


def named(name: str) -> str:
    """Give the lesson's first image another name; its repository ends in -06."""
    return f"docker tag {HOST}/site-06:1 {name}"


CASES = [
    Case(
        "06.push-pull",
        before=f"{REGISTRY}\n{LETTER}",
        solution=f"{TAG}; {PUSH}; {REMOVE}; {PULL}",
        other={
            "another-name": f"docker tag letter-06:1 {HOST}/team/letter-06:2; docker push -q {HOST}/team/letter-06:2"
            f"; docker image rm letter-06:1 {HOST}/team/letter-06:2; docker pull -q {HOST}/team/letter-06:2",
            "after-a-pull-too-early": f"{TAG}; {PUSH}; {PULL}; {REMOVE}; {PULL}",
            "pushed-again-afterwards": f"{TAG}; {PUSH}; {REMOVE}; {PULL}; {PUSH}",
        },
        wrong={
            "no-registry-part": "docker tag letter-06:1 team/letter-06:1",
            "another-image": f"docker pull -q {SITE}; docker tag {SITE} {HOST}/letter-06:1; {PUSH}",
            "not-removed": [
                f"{TAG}; {PUSH}; {PULL}",
                f"{TAG}; {PUSH}; docker image rm {HOST}/letter-06:1; {PULL}",
            ],
        },
        also={
            "tagged-only": TAG,
            "pushed-only": f"{TAG}; {PUSH}",
            "removed-and-not-pulled": f"{TAG}; {PUSH}; {REMOVE}",
            "deleted-alone": "docker image rm letter-06:1",
            "registry-stopped": f"{TAG}; {PUSH}; {REMOVE}; {PULL}; docker stop -t 0 registry-06",
            "built-again-instead": f"{TAG}; {PUSH}; {REMOVE}; {LETTER}\n{TAG}",
        },
    ),
    Case(
        "06.travelled",
        before=PUSHED,
        untouched={"layers": None},
        solution=Do(THIRD, given={"layers": 1}),
        other={
            "as-text": Do(THIRD, given={"layers": "1"}),
            "repeated": Do(f"{THIRD}; docker push -q {HOST}/site-06:3", given={"layers": 1}),
            "two-new-layers": Do(
                f"{build('3', f'{HOST}/site-06:3')}; echo more > work/06/more\n"
                "echo 'COPY more /more' >> work/06/Dockerfile\n"
                f"docker build -q --provenance=false --label $LAB_LABEL -t {HOST}/site-06:3 work/06\n"
                f"docker push -q {HOST}/site-06:3",
                given={"layers": 2},
            ),
        },
        wrong={
            "all-of-them": Do(THIRD, given={"layers": 5}),
            "none": Do(THIRD, given={"layers": 0}),
        },
        also={
            "not-pushed": Do(build("3", f"{HOST}/site-06:3"), given={"layers": 1}),
            "not-filled-in": Do(THIRD, given={"layers": None}),
            "unchanged": Do(
                f"docker tag {HOST}/site-06:2 {HOST}/site-06:3; docker push -q {HOST}/site-06:3",
                given={"layers": 1},
            ),
            "another-number": Do(THIRD, given={"layers": 3}),
        },
    ),
    Case(
        "06.pin",
        before=MOVED,
        solution=DIGEST % "1",
        other={
            "removed-and-pulled-by-digest": "digest=$(docker image inspect --format '{{index .RepoDigests 0}}' "
            f"{HOST}/site-06:1); docker image rm {HOST}/site-06:1; docker pull -q $digest\n"
            "docker create --name pinned-06 $digest; docker start pinned-06",
        },
        wrong={
            "by-tag": [
                f"docker run -d --name pinned-06 {HOST}/site-06:1",
                f"docker run -d --name pinned-06 {HOST}/site-06:stable",
            ],
            "config-digest": [
                f"docker run -d --name pinned-06 $(docker image inspect --format '{{{{.Id}}}}' {HOST}/site-06:1)",
                f"{CONFIG}; ! docker run -d --name pinned-06 {HOST}/site-06@$config",
            ],
            "moved-already": DIGEST % "2",
        },
        also={
            "moved-back": f"docker tag {HOST}/site-06:1 {HOST}/site-06:stable; docker push -q {HOST}/site-06:stable; "
            + DIGEST % "1",
            "ended": f"{DIGEST % '1'}; docker stop -t 0 pinned-06",
        },
    ),
    Case(
        "06.cloud-name",
        before=build("1", f"{HOST}/site-06:1"),
        solution=named(RIGHT),
        other={"after-a-wrong-one": f"{named('eu.gcr.io/sea-lab/site-06:1.0')}; {named(RIGHT)}"},
        wrong={
            "retired": [
                named("eu.gcr.io/sea-lab/lectures/site-06:1.0"),
                named("gcr.io/sea-lab/site-06:1.0"),
            ],
            "no-region": named("docker.pkg.dev/sea-lab/lectures/site-06:1.0"),
            "no-repository": named("europe-west6-docker.pkg.dev/sea-lab/site-06:1.0"),
        },
        also={
            "no-tag": named(RIGHT.removesuffix(":1.0")),
            "another-project": named("europe-west6-docker.pkg.dev/another/lectures/site-06:1.0"),
            "another-image": f"docker pull -q {SITE}; docker tag {SITE} {RIGHT}",
        },
        lasting="a name has no age",
    ),
]
