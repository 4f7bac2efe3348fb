"""The documents of an image, in the OCI image specification's terms: descriptor, index, manifest, config,
history.

Docker's media types for the same documents are read too. Documents come from anybody: every field is checked
for its type before it is used, and a wrong one is a `FormatError`, never a surprise later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from labhelpers.errors import FormatError
from labhelpers.reference import is_digest as is_digest

INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
CONFIG_TYPES = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)
NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"
_LAYERS = (
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
)


class Platform(NamedTuple):
    """What an image runs on; `variant` is "" for none."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    def serves(self, wanted: Platform) -> bool:
        """Whether an image for this platform is one that was asked for.

        A variant counts only if it is given.
        """
        return (self.os, self.architecture) == (wanted.os, wanted.architecture) and (
            not wanted.variant or _variant(self) == _variant(wanted)
        )


def _variant(platform: Platform) -> str:
    return platform.variant or {"arm64": "v8", "arm": "v7"}.get(platform.architecture, "")


def parse_platform(value: str) -> Platform:
    """OS/ARCHITECTURE[/VARIANT], or ARCHITECTURE alone for Linux. `FormatError` otherwise."""
    parts = value.lower().split("/")
    if len(parts) == 1:
        parts = ["linux", *parts]
    if len(parts) > 3 or not all(part.replace(".", "").replace("_", "").isalnum() for part in parts):
        raise FormatError(f"{value!r} is no platform", "Platforms look like linux/amd64 or linux/arm/v7.")
    parts[1] = _ARCHITECTURES.get(parts[1], parts[1])
    return Platform(*parts)


_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386", "i386": "386"}


def host_platform() -> Platform:
    """The platform whose images run here: Linux containers on this machine's processor."""
    import platform  # for this question alone, and not quick to import

    name = platform.machine().lower()
    return Platform("linux", _ARCHITECTURES.get(name, name))


def blob_name(digest: str) -> str:
    """Where an image layout keeps a blob: "blobs/sha256/…"."""
    algorithm, _, encoded = digest.partition(":")
    return f"blobs/{algorithm}/{encoded}"


class Descriptor(NamedTuple):
    """What is stored where. `size` in bytes, of the blob as stored; `platform` where the index says one."""

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = MappingProxyType({})
    platform: Platform | None = None

    @property
    def is_attestation(self) -> bool:
        """Whether it describes an image rather than being one (provenance, software bills of materials)."""
        unknown = self.platform is not None and self.platform.os == "unknown"
        return unknown or self.annotations.get("vnd.docker.reference.type") == "attestation-manifest"


class History(NamedTuple):
    """One step of a build; `empty_layer` if it made no layer."""

    created_by: str
    empty_layer: bool
    created: str = ""
    comment: str = ""


class Manifest(NamedTuple):
    """One image's config and layers, base first."""

    config: Descriptor
    layers: tuple[Descriptor, ...]


class Config(NamedTuple):
    """An image's configuration.

    `digest`: of the document; `document`: as stored; `runtime`: its `config` object.
    """

    digest: str
    platform: Platform
    diff_ids: tuple[str, ...]
    history: tuple[History, ...]
    runtime: Mapping[str, Any]
    created: str = ""
    document: bytes = b""


def sha256(data: bytes) -> str:
    """The digest of a document."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def document(data: bytes, what: str) -> Any:
    """A JSON document; `what` names it in the error ("the manifest")."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise FormatError(f"{what} is not JSON") from None


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormatError(f"{what} is not a JSON object")
    return value


def _list(value: object, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise FormatError(f"{what} is not a list")
    return value


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def parse_descriptor(value: object, what: str) -> Descriptor:
    """A descriptor; `what` names it in errors."""
    found = _object(value, what)
    size = found.get("size")
    if not is_digest(found.get("digest")):
        raise FormatError(f"{what} has no digest that can be read")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise FormatError(f"{what} has no size that can be read")
    notes = found.get("annotations")
    where = found.get("platform")
    return Descriptor(
        _string(found.get("mediaType")).partition(";")[0].strip(),
        found["digest"],
        size,
        {k: v for k, v in notes.items() if isinstance(v, str)} if isinstance(notes, dict) else {},
        _platform(where) if isinstance(where, dict) else None,
    )


def _platform(value: Mapping[str, Any]) -> Platform:
    return Platform(
        _string(value.get("os")) or "unknown",
        _string(value.get("architecture")) or "unknown",
        _string(value.get("variant")),
    )


def parse_index(data: bytes) -> tuple[Descriptor, ...]:
    """The descriptors of an index, in order."""
    found = _object(document(data, "the index"), "the index")
    if "manifests" not in found:
        raise FormatError("the index has no list of manifests")
    return tuple(
        parse_descriptor(item, "an entry of the index") for item in _list(found["manifests"], "its list")
    )


def is_index(data: bytes, media_type: str = "") -> bool:
    """Whether a document is an index: by its media type, else by what it holds."""
    if media_type in INDEX_TYPES or media_type in MANIFEST_TYPES:
        return media_type in INDEX_TYPES
    found = document(data, "the manifest")
    return isinstance(found, dict) and ("manifests" in found and "config" not in found)


def parse_manifest(data: bytes) -> Manifest:
    """A manifest. `FormatError` for one that is not an image's (an artifact, Docker's schema 1)."""
    found = _object(document(data, "the manifest"), "the manifest")
    if found.get("schemaVersion") == 1 or "fsLayers" in found:
        raise FormatError("the manifest is in Docker's schema 1, which was given up in 2019")
    if "config" not in found:
        raise FormatError("the manifest names no config")
    config = parse_descriptor(found["config"], "the manifest's config")
    if config.media_type and config.media_type not in CONFIG_TYPES:
        raise FormatError(f"it holds something else than an image ({config.media_type})")
    layers = _list(found.get("layers"), "the manifest's list of layers")
    return Manifest(
        config,
        tuple(
            parse_descriptor(item, f"layer {number} of the manifest") for number, item in enumerate(layers)
        ),
    )


def parse_config(data: bytes) -> Config:
    """An image's configuration. Missing history and missing platform are legal; missing diff ids are not."""
    found = _object(document(data, "the config"), "the config")
    rootfs = _object(found.get("rootfs"), "the config's rootfs")
    diff_ids = _list(rootfs.get("diff_ids"), "the config's list of diff ids")
    if not all(map(is_digest, diff_ids)):
        raise FormatError("the config holds a diff id that is no digest")
    history = tuple(
        History(
            _string(step.get("created_by")),
            step.get("empty_layer") is True,
            _string(step.get("created")),
            _string(step.get("comment")),
        )
        for step in _list(found.get("history"), "the config's history")
        if isinstance(step, dict)
    )
    runtime = found.get("config")
    return Config(
        sha256(data),
        _platform(found),
        tuple(diff_ids),
        history,
        runtime if isinstance(runtime, dict) else {},
        _string(found.get("created")),
        data,
    )


def compression(media_type: str) -> str:
    """How a layer of this media type is stored: "tar", "gzip" or "zstd". `FormatError` if it is no layer."""
    for base in _LAYERS:
        if media_type.startswith(base):
            how = {"": "tar", "+gzip": "gzip", ".gzip": "gzip", "+zstd": "zstd", ".zstd": "zstd"}
            if (tail := media_type[len(base) :]) in how:
                return how[tail]
    raise FormatError(
        f"a layer has the media type {media_type!r}, which is no layer of an image that can be read"
    )
