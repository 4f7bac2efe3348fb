"""The label that says: the workshop made this, and may remove it."""

from __future__ import annotations

# Value: the session, one for each folder of workshop data (see labhelpers.engine.session).
WORKSHOP = "org.labhelpers.workshop"
# On stock images: the digest of the recipe that made them, so that a changed recipe is noticed.
RECIPE = "org.labhelpers.recipe"
# What a thing is for ("class-registry", "stock"), for people who look.
ROLE = "org.labhelpers.role"
# Compose's own, on all that it makes: the name of the project.
COMPOSE_PROJECT = "com.docker.compose.project"
# On containers that go with the process that made them: its name as an owner (see labhelpers.owners).
OWNER = "org.labhelpers.owner"
