"""Several containers as one application: the real `docker compose` behind a small interface."""

from __future__ import annotations

from labhelpers.compose.model import Model, Service, State, read_model
from labhelpers.compose.picture import Picture
from labhelpers.compose.project import Project, compose_files
from labhelpers.compose.trouble import in_short

__all__ = ["Model", "Picture", "Project", "Service", "State", "compose_files", "in_short", "read_model"]
