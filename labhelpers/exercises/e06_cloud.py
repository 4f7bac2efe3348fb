"""Notebook 06: name it for the cloud."""

from __future__ import annotations

from labhelpers import reference
from labhelpers.errors import ImageError
from labhelpers.exercises.model import Look, Verdict, exercise

HOST, SITE = "localhost:8306", "site-06"
REGION, PROJECT, REPOSITORY = "europe-west6", "sea-lab", "lectures"


@exercise(
    "06.cloud-name",
    title="Name it for the cloud",
    goal="Give `localhost:8306/site-06:1` the name under which it would go to Artifact Registry: project `sea-lab`, "
    "region `europe-west6`, repository `lectures`, image `site-06`, tag `1.0`.",
    success="The engine has the image under that name: `docker image ls` shows it.",
    hints=(
        "The parts stand in this order: REGION-docker.pkg.dev / PROJECT / REPOSITORY / IMAGE : TAG.",
        "`docker tag localhost:8306/site-06:1 …` gives the name. Nothing is sent: for that you would need an account.",
    ),
    solution="docker tag localhost:8306/site-06:1 europe-west6-docker.pkg.dev/sea-lab/lectures/site-06:1.0",
    wrong={
        "retired": "Names at gcr.io belong to Container Registry, which was shut down on 18 March 2025. Today the "
        "host is `REGION-docker.pkg.dev`.",
        "no-region": "The region is a part of the host: `REGION-docker.pkg.dev`.",
        "no-repository": "Between the project and the image stands a repository, which you create once.",
    },
)
def cloud_name(look: Look) -> Verdict:
    """The engine has an image under the name that Artifact Registry wants."""
    names = look.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    found = [one for name in sorted(names) if (one := _cloud(name))]
    if not found:
        return look.not_yet("No image has a name at Artifact Registry yet.", "`docker tag` gives it one.")
    right = f"{REGION}-docker.pkg.dev/{PROJECT}/{REPOSITORY}/{SITE}:1.0"
    if right in [str(one) for one in found]:
        if look.image_id(right) != look.image_id(f"{HOST}/{SITE}:1"):
            return look.not_yet("The name is right, but leads to another image.", f"Tag {HOST}/{SITE}:1.")
        return look.passed(f"{right} is where it would be pushed to.")
    one = found[0]
    if one.host.endswith("gcr.io"):
        return look.wrong("retired", f"{one} is a name at gcr.io.")
    if not one.host.endswith("-docker.pkg.dev"):
        return look.wrong("no-region", f"{one.host} names no region.")
    parts = one.path.split("/")
    if REPOSITORY not in parts or len(parts) < 3:
        return look.wrong("no-repository", f"{one} has no repository {REPOSITORY}.")
    return look.not_yet(f"{one} is not that name yet.", "Compare it part by part with the goal.")


def _cloud(name: str) -> reference.Reference | None:
    """A name at Google's registries, taken apart; None for any other."""
    try:
        found = reference.parse(name)
    except ImageError:
        return None  # "<none>:<none>", which is no name
    return found if found.host.endswith(("pkg.dev", "gcr.io")) else None
