"""Learn containers on a real engine. The names here are the public ones; everything else may change."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Name -> module. Loaded on first use, so that `import labhelpers` stays quick.
_PUBLIC = {
    "Analysis": "labhelpers.analysis.waste",
    "Engine": "labhelpers.engine",
    "Image": "labhelpers.image",
    "LabError": "labhelpers.errors",
    "Layer": "labhelpers.image",
    "LayerExplorer": "labhelpers.widgets.layer_explorer",
    "Machine": "labhelpers.vm",
    "Project": "labhelpers.compose",
    "Registry": "labhelpers.widgets.registry",
    "analyse": "labhelpers.analysis.waste",
    "check": "labhelpers.exercises.desk",
    "compare": "labhelpers.measure",
    "connect": "labhelpers.engine",
    "density": "labhelpers.measure",
    "doctor_panel": "labhelpers.widgets.doctor",
    "explore": "labhelpers.widgets.layer_explorer",
    "hint": "labhelpers.exercises.desk",
    "life_cycle": "labhelpers.widgets.life_cycle",
    "live_limits": "labhelpers.widgets.limits",
    "mascot": "labhelpers.widgets.teammate",
    "matrix": "labhelpers.widgets.matrix",
    "open_image": "labhelpers.sources",
    "predict": "labhelpers.exercises.desk",
    "progress": "labhelpers.exercises.desk",
    "sample_image": "labhelpers.samples",
    "solution": "labhelpers.exercises.desk",
    "shared_layers": "labhelpers.widgets.shared",
    "teammate": "labhelpers.widgets.teammate",
    "visit": "labhelpers.web",
    "withdraw": "labhelpers.widgets.teammate",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
