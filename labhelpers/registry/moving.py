"""Pushing to a registry of ours and pulling from it: watched as it goes, and accounted for afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import requests

from labhelpers.engine.transfer import Event, Verb, transfer
from labhelpers.errors import EngineError, EngineUnreachable, LabError, RegistryError, UsageError
from labhelpers.reference import Reference, parse
from labhelpers.registry.api import Stored
from labhelpers.registry.lesson import LessonRegistry
from labhelpers.registry.traffic import Traffic, traffic
from labhelpers.units import human
from labhelpers.wait import wait_until

_PATIENCE = 60.0  # seconds that the log of a request may take to be written
_WHOLE = ("Pushed", "Layer already exists", "Pull complete", "Already exists")


@dataclass(frozen=True)
class LayerState:
    """Where a layer is. `status`: as the engine says it; `done` of `total` bytes, where it counts them."""

    layer: str
    status: str
    done: int | None = None
    total: int | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing more is to be done for it."""
        return self.status in _WHOLE or self.status.startswith("Mounted from")

    @property
    def share(self) -> float | None:
        """How much of it is through, 0 to 1; None where that is not known."""
        if self.whole:
            return 1.0
        if self.done is None or not self.total:
            return None
        return min(1.0, self.done / self.total)


class Way:
    """An image under way: its layers in the order in which the engine named them."""

    def __init__(self) -> None:
        self.layers: dict[str, LayerState] = {}

    def feed(self, event: Event) -> bool:
        """Take one event; whether a layer came to another state (and not only a little further)."""
        # "Pulling from site-06" comes with the tag in the place of a layer.
        if not event.layer or event.status.startswith("Pulling from"):
            return False
        before = self.layers.get(event.layer)
        self.layers[event.layer] = LayerState(event.layer, event.status, event.done, event.total)
        return before is None or before.status != event.status


class Part(NamedTuple):
    """One blob of an image. `how`: "travelled", "already there", or "linked" (held by another repository)."""

    digest: str
    size: int
    how: str


@dataclass(frozen=True)
class Moved:
    """What a push or a pull came to, by the registry's own log.

    `reference`: the image; `image`: as the registry holds it; `layers`, `config`: its parts. An image that
    has the same layer twice has it here once.
    """

    verb: Verb
    reference: Reference
    image: Stored
    layers: tuple[Part, ...]
    config: Part

    @property
    def digest(self) -> str:
        """The digest of the image's manifest: its identity."""
        return self.image.digest

    @property
    def travelled(self) -> tuple[Part, ...]:
        """The layers that travelled."""
        return tuple(part for part in self.layers if part.how == "travelled")

    @property
    def size(self) -> int:
        """Bytes of layers that travelled, as they were sent: compressed."""
        return sum(part.size for part in self.travelled)

    @property
    def sentence(self) -> str:
        """The count, in words that are the same on every machine."""
        total, moved = len(self.layers), len(self.travelled)
        linked = sum(part.how == "linked" for part in self.layers)
        rest = total - moved - linked
        # The one who lacks nothing: the registry in a push, the engine in a pull.
        where = "in the registry" if self.verb == "push" else "in the engine"
        words = [f"{moved} of {total} {'layer' if total == 1 else 'layers'} travelled"]
        words += [f"{rest} {'was' if rest == 1 else 'were'} already {where}"] if rest else []
        words += (
            [f"{linked} {'was' if linked == 1 else 'were'} linked from another repository"] if linked else []
        )
        return f"{self.reference.familiar}: {', '.join(words)}."

    def __repr__(self) -> str:
        return f"{self.sentence} {human(self.size)}, {self.digest}"


def move(
    registry: LessonRegistry,
    verb: Verb,
    name: str,
    *,
    watch: Callable[[Way, bool], None] = lambda way, changed: None,
) -> Moved:
    """Push or pull an image, and say what travelled.

    `watch` is called after each event with how far all layers are, and whether one came to another state.
    UsageError for a name that does not lead to this registry or an image that is not there; RegistryError
    if the registry is gone, full, or asks for a login.
    """
    reference = parse(name)
    tried = f"{verb} {reference.familiar}"
    if reference.host not in (registry.address, f"127.0.0.1:{registry.port}"):
        new = f"{registry.address}/{reference.path.removeprefix('library/')}:{reference.tag or 'latest'}"
        raise UsageError(
            tried,
            f"its name leads to {reference.host}, and this registry is at {registry.address}",
            f"Give it a name that leads here: docker tag {name} {new}" if verb == "push" else f"Say {new}.",
        )
    if verb == "push" and not registry.engine.has_image(name):
        raise UsageError(tried, "the engine has no image of that name", "docker image ls shows those it has.")
    before = len(registry.access_log()) if registry.container() else 0
    way = Way()
    try:
        for event in transfer(registry.engine, verb, reference, registry.login_of()):
            if event.status.startswith("Retrying"):
                _give_up_where_it_is_hopeless(registry, tried)
            watch(way, way.feed(event))
    except EngineUnreachable:
        raise
    except EngineError as error:
        if not registry.api.answers() and way.layers and any(one.whole for one in way.layers.values()):
            raise _gone(registry, tried) from error
        if registry.container() and registry.has_run_full():
            raise _full(tried) from error
        found, fix = registry.words(error.found)
        raise RegistryError(tried, found, fix) from error
    return _account(registry, verb, reference, before, way)


def _give_up_where_it_is_hopeless(registry: LessonRegistry, tried: str) -> None:
    """The engine tries each layer five times, and says nothing of why: the registry knows."""
    if not registry.api.answers():
        raise _gone(registry, tried)
    if registry.has_run_full():
        raise _full(tried)


def _full(tried: str) -> RegistryError:
    return RegistryError(
        tried,
        "the registry is full: it has no room for a layer",
        "Remove what it no longer needs, or start one that can hold more.",
    )


def _gone(registry: LessonRegistry, tried: str) -> RegistryError:
    return RegistryError(
        tried,
        f"the registry at {registry.address} stopped answering in the middle",
        f"Start it again (docker start {registry.name}) and repeat: layers that arrived are not sent twice.",
    )


def _account(registry: LessonRegistry, verb: Verb, reference: Reference, before: int, way: Way) -> Moved:
    """Read the registry's own log from where it stood before, once all that belongs to this is in it."""
    tried = f"{verb} {reference.familiar}"
    image = registry.manifest(reference.path, reference.digest or reference.tag or "latest")
    if image is None:
        raise RegistryError(tried, "the registry does not show it", f"Look at docker logs {registry.name}")
    expected = {
        one.layer for one in way.layers.values() if one.status in ("Pull complete", "Download complete")
    }
    # A request of our own is the mark: what was answered before it stands before it in the log.
    mark = secrets.token_hex(8)
    try:
        registry.api.get(f"/v2/?mark={mark}")
    except requests.RequestException as error:
        raise _gone(registry, tried) from error

    def written() -> Traffic | None:
        log = registry.access_log()[before:]
        if not any(one.query.get("mark") == [mark] for one in log):
            return None
        seen = traffic(log, reference.path)
        if verb == "push":
            # With the containerd store the engine asks for the manifest, and sends none that is there.
            return seen if {image.digest, reference.tag or "latest"} & {*seen.put, *seen.asked} else None
        short = {digest.partition(":")[2][:12] for digest in seen.fetched}
        return seen if expected <= short else None

    try:
        seen = wait_until(written, _PATIENCE, what=f"the log of {registry.name}")
    except LabError as late:
        raise RegistryError(
            tried, "the registry's log does not show it", f"See: docker logs {registry.name}"
        ) from late
    moved = seen.sent if verb == "push" else seen.fetched

    def part(digest: str, size: int) -> Part:
        if digest in moved:
            return Part(digest, size, "travelled")
        return Part(digest, size, "linked" if digest in seen.linked else "already there")

    layers = {layer.digest: part(layer.digest, layer.size) for layer in image.layers}
    config = part(image.config.digest, image.config.size)
    return Moved(verb, reference, image, tuple(layers.values()), config)
