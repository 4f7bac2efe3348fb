"""A project as a picture and in words: what belongs together, and how each part is."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape

from labhelpers.compose.drawing import Look, draw
from labhelpers.compose.model import Model, Service, State

_WHEN = {
    "service_started": "has started",
    "service_healthy": "is healthy",
    "service_completed_successfully": "has done its work",
}


class Picture:
    """Services, networks, volumes and ports of a project: a drawing in a notebook, sentences elsewhere.

    `command`: the command that the file was read with.
    """

    def __init__(self, model: Model, states: Sequence[State], command: str) -> None:
        self.model = model
        self.states = tuple(states)
        self.command = command

    def of(self, service: str) -> list[State]:
        """The containers of one service."""
        return [state for state in self.states if state.service == service]

    def words(self) -> list[str]:
        """All that the drawing shows, a line for each part."""
        model = self.model
        counts = [
            f"{len(parts)} {kind if len(parts) == 1 else kind + 's'}"
            for kind, parts in (
                ("service", model.services),
                ("network", model.networks),
                ("volume", model.volumes),
            )
        ]
        lines = [f"{model.name}: {', '.join(counts)}"]
        lines += [f"- {service.name}: {'; '.join(self._service(service))}" for service in model.services]
        for network in model.networks:
            lines.append(
                f"- network {network}: {_among(s.name for s in model.services if network in s.networks)}"
            )
        for volume in model.volumes:
            uses = [s.name for s in model.services if any(m.source == volume for m in s.mounts)]
            lines.append(f"- volume {volume}: {_among(uses)}")
        return lines

    def _service(self, service: Service) -> list[str]:
        said = [in_words(self.of(service.name))]
        said.append(f"built from {service.built}" if service.built else f"image {service.image}")
        said += [f"{port.address} leads to its port {port.target}" for port in service.ports]
        said += [f"{mount.target} is {_source(mount.kind, mount.source)}" for mount in service.mounts]
        said += [f"starts when {other} {_WHEN.get(how, how)}" for other, how in service.needs]
        if service.restart not in ("", "no"):
            said.append(f"restart: {service.restart}")
        return said

    def __repr__(self) -> str:
        return "\n".join(self.words())

    def svg(self, *, dark: bool = False) -> str:
        """The drawing, by itself; its title and description say what it shows."""
        looks = [
            Look(service, in_words(found := self.of(service.name)), _kind(found))
            for service in self.model.services
        ]
        return draw(self.model, looks, description=". ".join(self.words()), dark=dark)

    def _repr_html_(self) -> str:
        light, dark = (_address(self.svg(dark=dark)) for dark in (False, True))
        mark = f"lab-project-{hashlib.sha256(light.encode()).hexdigest()[:12]}"
        # As an image, so that its style reaches nothing else. Without styles the light one stays.
        style = f'<style>body[data-jp-theme-light="false"] img.{mark} {{ content: url("{dark}") }}</style>'
        items = "".join(f"<li>{escape(line.removeprefix('- '))}</li>" for line in self.words())
        return (
            f'{style}<img class="{mark}" src="{light}" alt="{escape(". ".join(self.words()))}" '
            f'style="max-width: 100%"><details><summary>The picture in words</summary><ul>{items}</ul>'
            f"Asked with <code>{escape(self.command)}</code> and "
            "<code>docker compose ps --all</code></details>"
        )


def in_words(states: Sequence[State]) -> str:
    """How a service is: its containers' states, counted when there are several."""
    if not states:
        return "not there"
    if len(states) == 1:
        return states[0].words
    said = [state.words for state in states]
    return f"{len(said)} copies: " + ", ".join(f"{said.count(one)} {one}" for one in dict.fromkeys(said))


def _kind(states: Sequence[State]) -> str:
    """Which colour: the worst of its containers decides. The words beside it say the same."""
    if not states:
        return "none"
    if all(state.well for state in states):
        return "good"
    bad = any(
        state.state == "dead" or state.health == "unhealthy" or (state.state == "exited" and state.exit_code)
        for state in states
    )
    return "bad" if bad else "some"


def _source(kind: str, source: str) -> str:
    if kind == "volume":
        return f"the volume {source}" if source else "a volume without a name"
    return f"the folder or file {source} of the machine" if kind == "bind" else "memory"


def _among(names: Iterable[str]) -> str:
    return ", ".join(names) or "nobody"


def _address(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
