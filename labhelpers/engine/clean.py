"""Removing what the workshop made in an engine: by its label, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from labhelpers.engine.client import Engine, engine_errors
from labhelpers.errors import EngineError
from labhelpers.labels import COMPOSE_PROJECT, WORKSHOP


@dataclass
class Removed:
    """What was removed, by name, and what could not be, with the reason."""

    containers: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = [
            f"{len(names)} {kind if len(names) != 1 else kind[:-1]}"
            for kind, names in vars(self).items()
            if kind != "kept"
        ]
        return ", ".join(counts)


def clean(engine: Engine, session: str) -> Removed:
    """Remove every container, network, volume and image with this session's label.

    And the networks and volumes of Compose projects all of whose containers have it: Compose labels what
    it makes with the project's name, and with ours only where the file says so. A thing that something
    foreign uses is kept, and named in `kept`. Raises EngineUnreachable.
    """
    api = engine.api
    only: dict[str, str | list[str] | bool] = {"label": f"{WORKSHOP}={session}"}
    removed = Removed()

    def attempt(kind: list[str], name: str, remove: object, **options: bool) -> bool:
        try:
            with engine_errors(f"remove {name}"):
                remove(**options)  # type: ignore[operator]
        except EngineError as error:
            if type(error) is not EngineError:
                raise
            removed.kept.append(f"{name}: {error.found}")
            return False
        kind.append(name)
        return True

    with engine_errors("look for what the workshop made"):
        containers = api.containers.list(all=True, filters=only, ignore_removed=True)
    projects = _projects(engine, containers)
    for container in containers:
        # With its anonymous volumes: they have no label, but they are this container's.
        attempt(removed.containers, str(container.name), container.remove, force=True, v=True)
    with engine_errors("look for what the workshop made"):
        networks, volumes = api.networks.list(filters=only), api.volumes.list(filters=only)
        for project in projects:
            theirs = {"label": f"{COMPOSE_PROJECT}={project}"}
            networks += [one for one in api.networks.list(filters=theirs) if one not in networks]
            volumes += [one for one in api.volumes.list(filters=theirs) if one not in volumes]
    for network in networks:
        attempt(removed.networks, str(network.name), network.remove)
    for volume in volumes:
        attempt(removed.volumes, volume.name, volume.remove)
    _images(engine, only, removed)
    return removed


def _projects(engine: Engine, ours: list[Any]) -> list[str]:
    """The Compose projects that have containers of ours, and of nobody else."""
    with engine_errors("look for Compose projects"):
        every = engine.api.containers.list(all=True, filters={"label": COMPOSE_PROJECT}, ignore_removed=True)
    known = {container.id for container in ours}
    foreign = {container.labels[COMPOSE_PROJECT] for container in every if container.id not in known}
    return sorted({c.labels[COMPOSE_PROJECT] for c in every if c.id in known} - foreign)


def _images(engine: Engine, only: dict[str, str | list[str] | bool], removed: Removed) -> None:
    """Images, children before their parents: as long as a round removes some, another may remove more."""
    failed: dict[str, str] = {}
    while True:
        with engine_errors("look for the workshop's images"):
            images = engine.api.images.list(filters=only)
        progress = False
        failed = {}
        for image in images:
            for name in image.tags or [str(image.id)]:
                try:
                    with engine_errors(f"remove the image {name}"):
                        engine.api.images.remove(name)
                except EngineError as error:
                    if type(error) is not EngineError:
                        raise
                    failed[name] = error.found
                else:
                    removed.images.append(name)
                    progress = True
        if not progress:
            removed.kept += [f"{name}: {why}" for name, why in failed.items()]
            return
