"""Notebook 00: is everything ready?"""

from __future__ import annotations

from labhelpers.doctor import examine
from labhelpers.engine import connect
from labhelpers.errors import EngineError, EngineNotFound
from labhelpers.exercises.model import Look, Verdict, exercise
from labhelpers.registry.server import PORT, listening


@exercise(
    "00.ready",
    title="Ready",
    goal="Bring everything that the workshop needs to ✓.",
    success="No line of the doctor has a ✗. A line with – may stay.",
    hints=(
        "Most lines are mended by leaving JupyterLab (Ctrl-C in the window where you started it) and running "
        "`./lab up` again: it sets up what is missing, and leaves alone what is there.",
        "If the engine is missing or does not answer, everything below it is red too. Start with the first ✗ in "
        "the list.",
    ),
    solution="# in the window where you started the workshop: Ctrl-C, then\n./lab up\n./lab doctor",
    wrong={
        "no-engine": "Leave JupyterLab and run `./lab up`: on Debian and Ubuntu it brings an engine. Elsewhere start "
        "Docker Desktop, or install Docker or Podman, and run it then.",
        "engine-silent": "An engine is named, or was there, and does not answer. Start it (Docker Desktop, the "
        "service, or `./lab up`); if it is not the one that you want, look at the variable `DOCKER_HOST`.",
        "disk-full": "Free some space, in the folder that the doctor names. `docker system df` shows what the engine "
        "holds.",
        "port-taken": f"Another program has the class registry's port. `ss -ltnp 'sport = :{PORT}'` shows which; end "
        "it, then run `./lab up` again.",
        "image-missing": "Leave JupyterLab and run `./lab up` again: it builds the images that are missing.",
    },
)
def ready(look: Look) -> Verdict:
    """Every line of the doctor's that is needed is green; else the first thing that keeps others from it."""
    try:
        registry = look.registry
        lines = {line.name: line for line in examine() if line.ok is False}
        if not lines:
            return look.passed("Everything that the workshop needs is here.")
        # What the doctor saw may be the trace of an engine that went away while it looked.
        connect().close()
        if "disk" in lines:
            return look.wrong("disk-full", lines["disk"].detail)
        if "class registry" in lines and listening(PORT) and registry.container() is None:
            return look.wrong("port-taken", f"Something else listens at port {PORT}.")
    except EngineNotFound as error:
        return look.wrong("no-engine", f"No engine: {error.found}.")
    except EngineError as error:
        return look.wrong("engine-silent", f"The engine does not answer: {error.found}.")
    if "stock images" in lines and "class registry" not in lines:
        return look.wrong("image-missing", f"Images: {lines['stock images'].detail}.")
    first = next(iter(lines.values()))
    return look.not_yet(f"{first.name}: {first.detail}.", first.fix)
