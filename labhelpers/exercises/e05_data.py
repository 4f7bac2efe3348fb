"""Notebook 05: data at run time."""

from __future__ import annotations

import os
from typing import Any

from labhelpers.exercises.model import Look, Verdict, exercise
from labhelpers.exercises.seen import Container

REPORT = "report-05:1.0"


@exercise(
    "05.data",
    title="Data at run time",
    goal="Run `report-05:1.0` twice, as it is: as container `north-05` with `north.ini`, as `south-05` with `south.ini`.",
    success="`work/05/report/results` holds `north.txt` and `south.txt`, written by these two containers from the one "
    "image, and they belong to you.",
    hints=(
        "Two mounts for each container: your `.ini` file to `/config/settings.ini`, your `results` to `/results`. Leave "
        "`--rm` out: the check looks at the containers.",
        'Outside first, with the whole path: `-v "$PWD/work/05/report/north.ini:/config/settings.ini"`.',
        "`-u $(id -u):$(id -g)` runs it as you. An earlier attempt still has the name? `docker rm -f north-05`.",
    ),
    solution="cd work/05/report\nfor station in north south; do\n"
    "  docker run --name $station-05 -u $(id -u):$(id -g) \\\n"
    '    -v "$PWD/$station.ini:/config/settings.ini:ro" -v "$PWD/results:/results" \\\n    report-05:1.0\ndone',
    wrong={
        "rebuilt": "The image itself holds a setting, or the containers come from two images. Run `report-05:1.0` as it "
        "is, and bring the setting with `-v`: one image, many runs.",
        "results-inside": "The results were written into the container's own layer, and are gone with it. Mount your "
        "folder `results` at `/results`.",
        "not-yours": "The result belongs to another user, the one that the process ran as. Remove the container and the "
        "file, and run it with `-u $(id -u):$(id -g)`.",
        "reversed": "Outside first, inside last: left of the colon the whole path on your machine, right of it the path "
        "in the container. `docker inspect` shows them under Mounts.",
    },
)
def data(look: Look) -> Verdict:
    """Two containers of one unchanged image got two settings and wrote two files, which the learner owns."""
    image = look.image(REPORT)
    if image is None:
        return look.not_yet(f"There is no image {REPORT} yet.", "The cell of this step builds it.")
    runs = {station: look.container(f"{station}-05") for station in ("north", "south")}
    for station, run in runs.items():
        if run is None:
            return look.not_yet(
                f"There is no container {station}-05 yet.", "Run it with that name, without --rm."
            )
        if problem := _problem(look, station, run, image):
            return problem
    return look.passed("One image, two settings, two results, and both are yours.")


def _problem(look: Look, station: str, run: Container, image: dict[str, Any]) -> Verdict | None:
    """What is wrong with the run for one station, or None."""
    inside = {mount["Destination"].rstrip("/"): mount for mount in run.mounts}
    if any(
        mount["Source"].rstrip("/") in ("/config/settings.ini", "/results", "/config") for mount in run.mounts
    ):
        return look.wrong("reversed", f"{run.name} has {_mounted(run)}.")
    if run.image_id != image["Id"] or not any(place.startswith("/config") for place in inside):
        if run.exit_code == 0:
            return look.wrong("rebuilt", f"{run.name} found a setting in its image.")
        return look.not_yet(
            f"{run.name} got no setting: {_mounted(run)}.", "It looks for /config/settings.ini."
        )
    if run.running:
        return look.not_yet(f"{run.name} is still running.", "It ends by itself.")
    if "/results" not in inside or inside["/results"].get("Type") != "bind":
        return look.wrong("results-inside", f"{run.name} has {_mounted(run)}.")
    result = look.folder / f"work/05/report/results/{station}.txt"
    if not result.is_file():
        where = inside["/results"]["Source"]
        return look.not_yet(
            f"{run.name} ended with exit code {run.exit_code}; there is no {station}.txt in your results.",
            f"Its /results is {where}. `docker logs {run.name}` shows what it said.",
        )
    if result.stat().st_uid != os.getuid():
        return look.wrong(
            "not-yours", f"{station}.txt belongs to user {result.stat().st_uid}, and you are {os.getuid()}."
        )
    if f"station {station}" not in result.read_text(errors="replace"):
        return look.not_yet(
            f"{station}.txt does not report on {station}.", f"Which setting did {run.name} get?"
        )
    return None


def _mounted(run: Container) -> str:
    """The mounts of a container in words."""
    return ", ".join(f"{m['Source']} at {m['Destination']}" for m in run.mounts) or "no mount"
