"""From an index to one image: by name, by platform, past attestations, with every document held to its
digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from labhelpers import oci
from labhelpers.errors import FormatError
from labhelpers.filetree import Limits
from labhelpers.oci import Config, Descriptor, Manifest, Platform

_MOST_INDEXES = 50  # nested in each other, too: each is opened once


class Documents(Protocol):
    """Where the small blobs of an image are found."""

    def has(self, digest: str) -> bool:
        """Whether a blob is there. Archives may hold some platforms of an index only."""

    def document(self, descriptor: Descriptor) -> bytes:
        """The bytes of a blob, held to its descriptor. `FormatError` if it is missing or differs."""


class Choice(NamedTuple):
    """One image of an index: its name there, if it has one, its manifest and its config."""

    name: str | None
    digest: str
    manifest: Manifest
    config: Config


def check(data: bytes, descriptor: Descriptor, what: str) -> bytes:
    """The bytes, if they are what the descriptor says. `FormatError` if they are not."""
    if len(data) != descriptor.size:
        raise FormatError(
            f"{what} is damaged: it has {len(data):,} bytes, and should have {descriptor.size:,}"
        )
    algorithm = descriptor.digest.partition(":")[0]
    if algorithm == "sha256":
        found = oci.sha256(data)
    else:
        import hashlib  # other algorithms are legal, and rare

        found = f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"
    if found != descriptor.digest:
        raise FormatError(
            f"{what} is damaged: its digest is {found[:19]}…, and should be {descriptor.digest[:19]}…"
        )
    return data


def choose(
    index: Iterable[Descriptor],
    documents: Documents,
    *,
    name: str | None = None,
    platform: Platform | None = None,
    limits: Limits,
) -> Choice:
    """The one image that is meant.

    `name`: a reference or a digest to look for; None if there is but one. `platform`: None for this
    machine's, or for the only one there is. `FormatError` (with what there is) if none or several fit.
    """
    index = tuple(index)
    found = [*_manifests(index, documents, {}, set())]
    if not found:
        for descriptor in index:
            if not descriptor.is_attestation and not documents.has(descriptor.digest):
                documents.document(descriptor)  # says what is missing
        raise FormatError("it holds no image", "Attestations and artifacts are no images; name one that is.")
    if name is not None:
        named = [item for item in found if _is_named(item[0], item[1], name)]
        if not named:
            names = sorted({item[0] for item in found if item[0]})
            raise FormatError(f"it holds no image named {name!r}", _there_is(names))
        found = named
    if len({item[1].digest for item in found}) > 1:
        found = _by_platform(found, documents, platform)
    shown, descriptor = found[0]
    manifest = oci.parse_manifest(documents.document(descriptor))
    config = oci.parse_config(documents.document(manifest.config))
    if platform is not None and not config.platform.serves(platform):
        raise FormatError(
            f"it is an image for {config.platform}, not for {platform}", "Leave --platform out."
        )
    return Choice(shown, descriptor.digest, manifest, config)


def _manifests(
    index: Iterable[Descriptor], documents: Documents, inherited: Mapping[str, str], seen: set[str]
) -> Iterable[tuple[str | None, Descriptor]]:
    """Every image below an index, with its name. An index that was seen is not opened again: no loops."""
    for descriptor in index:
        if descriptor.is_attestation or not documents.has(descriptor.digest):
            continue
        notes = {**inherited, **descriptor.annotations}
        if _is_index(descriptor, documents):
            if descriptor.digest not in seen:
                seen.add(descriptor.digest)
                if len(seen) > _MOST_INDEXES:
                    raise FormatError("its indexes are nested without end")
                inside = oci.parse_index(documents.document(descriptor))
                yield from _manifests(inside, documents, notes, seen)
        elif descriptor.media_type in ("", *oci.MANIFEST_TYPES):
            yield notes.get(oci.CONTAINERD_NAME) or notes.get(oci.NAME), descriptor


def _is_index(descriptor: Descriptor, documents: Documents) -> bool:
    if descriptor.media_type:
        return descriptor.media_type in oci.INDEX_TYPES
    return oci.is_index(documents.document(descriptor))


def _is_named(shown: str | None, descriptor: Descriptor, name: str) -> bool:
    if name.removeprefix("@") == descriptor.digest or shown == name:
        return True
    return shown is not None and (shown.endswith("/" + name) or shown.rpartition(":")[2] == name)


def _by_platform(
    found: list[tuple[str | None, Descriptor]], documents: Documents, wanted: Platform | None
) -> list[tuple[str | None, Descriptor]]:
    """Those for one platform. Descriptors may leave it out; then the config tells."""
    platforms = {item[1].digest: _platform_of(item[1], documents) for item in found}
    different = set(map(str, platforms.values()))
    meant = wanted or oci.host_platform()
    fitting = [item for item in found if platforms[item[1].digest].serves(meant)]
    if len({item[1].digest for item in fitting}) == 1:
        return fitting
    names = sorted({item[0] for item in found if item[0]})
    if not fitting:
        if len(different) == 1 and wanted is None:
            raise FormatError(f"it holds {len(platforms)} images", _there_is(names))
        raise FormatError(
            f"it holds no image for {meant}", f"Choose with --platform: {', '.join(sorted(different))}."
        )
    exact = [item for item in fitting if platforms[item[1].digest] == meant]
    if len({item[1].digest for item in exact}) == 1:
        return exact
    if len({platforms[item[1].digest] for item in fitting}) > 1:
        choices = ", ".join(sorted({str(platforms[item[1].digest]) for item in fitting}))
        raise FormatError(f"several of its images are for {meant}", f"Choose with --platform: {choices}.")
    raise FormatError(f"it holds {len({item[1].digest for item in fitting})} images", _there_is(names))


def _platform_of(descriptor: Descriptor, documents: Documents) -> Platform:
    if descriptor.platform is not None:
        return descriptor.platform
    manifest = oci.parse_manifest(documents.document(descriptor))
    return oci.parse_config(documents.document(manifest.config)).platform


def _there_is(names: list[str]) -> str:
    if not names:
        return "Name it by its digest, as PATH:@sha256:…"
    return f"Add one of these after a colon: {', '.join(names[:10])}{' …' if len(names) > 10 else ''}."
