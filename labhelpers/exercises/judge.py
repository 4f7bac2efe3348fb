"""Running one check: whatever happens in it, one of three verdicts comes out."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labhelpers.engine import engine_errors
from labhelpers.errors import LabError
from labhelpers.exercises.look import Look
from labhelpers.exercises.model import Exercise
from labhelpers.exercises.verdict import Verdict


def judge(exercise: Exercise, given: Mapping[str, Any], *, folder: Path, now: float | None = None) -> Verdict:
    """Look whether an exercise is done. Never raises.

    `given`: the values that the learner fills in, by name. `folder`: where the notebook works. `now`:
    seconds since the epoch.
    """
    takes = [name for name in inspect.signature(exercise.look).parameters if name != "look"]
    if unknown := sorted(set(given) - set(takes)):
        expected = f"takes {', '.join(takes)}" if takes else "takes no values: only its id"
        return Verdict("cannot check", f"{', '.join(unknown)} is none of its values.", f"It {expected}.")
    look = Look(folder=folder, wrong_answers=exercise.wrong, now=now)
    try:
        with engine_errors(f"check {exercise.id}"):
            return exercise.look(look, **given)
    except LabError as error:
        return Verdict("cannot check", _sentence(error.found), error.fix, error=error)
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        fix = "Look whether that file can be read, and whether the disk is full."
        return Verdict("cannot check", _sentence(f"{what}{error.strerror or error}"), fix, error=error)
    except Exception as error:
        # A fault of ours must not look like one of the learner's, and must not show a traceback.
        found = f"The check itself has a fault ({type(error).__name__}: {error})."
        fix = "Please report it. The solution notebook shows how the exercise is done."
        return Verdict("cannot check", found, fix, error=error)
    finally:
        look.close()


def _sentence(text: str) -> str:
    """A clause as a sentence."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', ')')) else '.'}"
