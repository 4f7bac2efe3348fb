"""Several containers as one application: the real `docker compose` behind a small interface."""

from __future__ import annotations

from labhelpers.compose.model import Model, Service, State
from labhelpers.compose.picture import Picture
from labhelpers.compose.project import Project

__all__ = ["Model", "Picture", "Project", "Service", "State"]
