"""Archives and folders whose blobs can be read at any place: docker archives, OCI archives, OCI folders.

An uncompressed archive is read where it lies: its own headers first, then those of the layers inside, content
never. `docker save` of Engine 25 and later writes an OCI layout with a `manifest.json` beside it; its index
is then what counts, because it has media types and digests, and `manifest.json` gives the names.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from labhelpers import oci
from labhelpers.errors import FormatError
from labhelpers.filetree import LayerIndex, Limits, normalise, scan
from labhelpers.filetree.index import FILE, HARDLINK, SYMLINK
from labhelpers.layout.blobs import FileBlob, OpenFile
from labhelpers.layout.inflate import sniff
from labhelpers.layout.layers import StoredLayer
from labhelpers.layout.resolve import Choice, check, choose
from labhelpers.oci import Config, Descriptor, Platform

NOT_AN_IMAGE = "docker save NAME -o FILE writes an image; docker import makes one from a root filesystem."
_LINKS = 8


class Plan(NamedTuple):
    """An image that was found, before its layers are read.

    `format`: "docker" where there is a manifest.json, else "oci".
    """

    reference: str | None
    config: Config
    layers: tuple[StoredLayer, ...]
    format: str


class Files(Protocol):
    """A folder of blobs, wherever it is. Names are relative to it."""

    def get(self, name: str) -> FileBlob | None:
        """The file of that name; None if there is none. `FormatError` if it cannot be read as one."""


class FolderFiles:
    """The files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> FileBlob | None:
        """The file of that name."""
        inside = normalise(name)
        if not inside or "\0" in inside:
            return None  # a name from a manifest never leads out of the folder
        path = self._folder / inside
        if not path.is_file():
            return None
        file = OpenFile(path)
        return FileBlob(file, 0, file.size)


class ArchiveFiles:
    """The files of an uncompressed tar archive, found by its headers."""

    def __init__(self, file: OpenFile, limits: Limits) -> None:
        self._file = file
        index = scan(FileBlob(file, 0, file.size).cursor(), limits=limits)
        self._index = index
        self.names = {path: number for number, path in enumerate(index.paths)}

    def get(self, name: str) -> FileBlob | None:
        """The file of that name; links inside the archive are followed, as old engines wrote them."""
        number = find_member(self._index, self.names, name)
        if number is None:
            return None
        return FileBlob(self._file, self._index.offsets[number], self._index.sizes[number])


def find_member(index: LayerIndex, names: Mapping[str, int], name: str) -> int | None:
    """The entry that holds a file of an archive, past links; None if there is none within the archive."""
    path = normalise(name)
    for _ in range(_LINKS):
        number = names.get(path) if path is not None else None
        if number is None or path is None:
            return None
        kind = index.kinds[number]
        if kind == FILE:
            return None if index.holes(number)[0] >= 0 else number
        if kind == SYMLINK:
            path = normalise(f"{path.rpartition('/')[0]}/{index.links[number]}")
        elif kind == HARDLINK:
            path = index.links[number]
        else:
            return None
    return None


class _Blobs:
    """The documents of an OCI layout."""

    def __init__(self, files: Files, limits: Limits) -> None:
        self._files = files
        self._limits = limits

    def has(self, digest: str) -> bool:
        """Whether a blob is there."""
        return self._files.get(oci.blob_name(digest)) is not None

    def document(self, descriptor: Descriptor) -> bytes:
        """The bytes of a blob."""
        blob = self.blob(descriptor)
        return check(small(blob, self._limits), descriptor, f"blob {descriptor.digest[:19]}…")

    def blob(self, descriptor: Descriptor) -> FileBlob:
        """A blob, of the size that its descriptor says."""
        blob = self._files.get(oci.blob_name(descriptor.digest))
        if blob is None:
            raise FormatError(f"blob {descriptor.digest[:19]}… is missing")
        if blob.size != descriptor.size:
            raise FormatError(
                f"blob {descriptor.digest[:19]}… is damaged: it has {blob.size:,} bytes, "
                f"and should have {descriptor.size:,}"
            )
        return blob


def small(blob: FileBlob, limits: Limits) -> bytes:
    """All bytes of a document. `FormatError` if it is too large for one."""
    if blob.size > limits.document:
        raise FormatError(f"one of its documents has {blob.size:,} bytes, more than any tool reads")
    data = blob.read_at(0, blob.size)
    if len(data) < blob.size:
        raise FormatError("it ends early")
    return data


def find(
    files: Files,
    *,
    prefer: str | None,
    name: str | None,
    platform: Platform | None,
    limits: Limits,
) -> Plan:
    """The image in a folder or an archive.

    `prefer`: "docker" or "oci" for the format that was asked for, None for what is there. `name`: which
    image, where there are several. `FormatError` if it holds none, or several.
    """
    index, manifest = files.get("index.json"), files.get("manifest.json")
    if index is None and manifest is None:
        raise FormatError("it holds neither a manifest.json nor an index.json: it is no image", NOT_AN_IMAGE)
    if prefer == "docker" and manifest is None:
        raise FormatError(
            "it holds no manifest.json: it is an OCI layout", "Say oci-archive: or oci: instead."
        )
    if prefer == "oci" and index is None:
        raise FormatError("it holds no index.json: it is a docker archive", "Say docker-archive: instead.")
    items = docker_manifest(small(manifest, limits)) if manifest is not None else []
    if index is None:
        return docker_plan(items, files, name=name, platform=platform, limits=limits)
    layout = files.get("oci-layout")
    if layout is not None:
        version = oci.document(small(layout, limits), "oci-layout")
        if not isinstance(version, dict) or not str(version.get("imageLayoutVersion", "")).startswith("1."):
            raise FormatError("its OCI layout has a version that nobody knows")
    blobs = _Blobs(files, limits)
    descriptors = oci.parse_index(small(index, limits))
    choice = choose(descriptors, blobs, name=name, platform=platform, limits=limits)
    layers = tuple(
        StoredLayer(blobs.blob(layer), oci.compression(layer.media_type), diff_id, layer.digest)
        for layer, diff_id in zip(choice.manifest.layers, _diff_ids(choice), strict=True)
    )
    return Plan(reference_of(choice, items), choice.config, layers, "docker" if items else "oci")


def _diff_ids(choice: Choice) -> tuple[str, ...]:
    return same_count(choice.config, len(choice.manifest.layers))


def same_count(config: Config, layers: int) -> tuple[str, ...]:
    """The diff ids of a config. `FormatError` if there are more or fewer than layers."""
    if len(config.diff_ids) != layers:
        raise FormatError(
            f"its config lists {len(config.diff_ids)} diff ids and its manifest {layers} layers: "
            "one of them is damaged"
        )
    return config.diff_ids


def reference_of(choice: Choice, items: list[dict[str, Any]]) -> str | None:
    """The name of an image of an OCI layout: from a manifest.json beside it, else its annotation."""
    config = choice.manifest.config.digest
    for item in items:
        if item["Config"] == oci.blob_name(config) and item["RepoTags"]:
            return str(item["RepoTags"][0])
    return familiar(choice.name)


def familiar(name: str | None) -> str | None:
    """An annotation's name as people write it (`docker.io/library/x:1` is `x:1`)."""
    if name is None:
        return None
    for prefix in ("docker.io/library/", "docker.io/"):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def docker_manifest(data: bytes) -> list[dict[str, Any]]:
    """The items of a manifest.json, their fields checked. `FormatError` if it is none."""
    found = oci.document(data, "manifest.json")
    if not isinstance(found, list) or not found:
        raise FormatError("manifest.json lists no images")
    items = []
    for item in found:
        if not isinstance(item, dict) or not isinstance(item.get("Config"), str):
            raise FormatError("manifest.json names no config")
        layers, tags = item.get("Layers") or [], item.get("RepoTags") or []
        if not isinstance(layers, list) or not all(isinstance(layer, str) for layer in layers):
            raise FormatError("manifest.json lists layers that are no names")
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise FormatError("manifest.json lists tags that are no names")
        items.append({"Config": item["Config"], "Layers": layers, "RepoTags": tags})
    return items


def docker_plan(
    items: list[dict[str, Any]],
    files: Files,
    *,
    name: str | None,
    platform: Platform | None,
    limits: Limits,
) -> Plan:
    """The image of a docker archive; its layers are sniffed, because the format has no media types."""
    item = choose_item(items, name)
    blob = files.get(item["Config"])
    if blob is None:
        raise FormatError(f"its config {item['Config'][:80]!r} is not in the archive")
    config = oci.parse_config(small(blob, limits))
    if platform is not None and not config.platform.serves(platform):
        raise FormatError(
            f"it is an image for {config.platform}, not for {platform}", "Leave --platform out."
        )
    layers = []
    for layer, diff_id in zip(item["Layers"], same_count(config, len(item["Layers"])), strict=True):
        found = files.get(layer)
        if found is None:
            raise FormatError(f"its layer {layer[:80]!r} is not in the archive")
        layers.append(StoredLayer(found, sniff(found.read_at(0, 4)), diff_id, blob_digest(layer)))
    return Plan(item["RepoTags"][0] if item["RepoTags"] else None, config, tuple(layers), "docker")


def blob_digest(name: str) -> str | None:
    """The digest of a blob by its name in an OCI layout; None for any other name."""
    algorithm, _, encoded = name.removeprefix("blobs/").partition("/")
    digest = f"{algorithm}:{encoded}"
    return digest if name.startswith("blobs/") and oci.is_digest(digest) else None


def choose_item(items: list[dict[str, Any]], name: str | None) -> dict[str, Any]:
    """The one image of a manifest.json that is meant. `FormatError` if none or several fit."""
    tags = [tag for item in items for tag in item["RepoTags"]]
    fix = f"Add one of these after a colon: {', '.join(tags[:10])}." if tags else ""
    if name is not None:
        items = [item for item in items if name in item["RepoTags"] or f"{name}:latest" in item["RepoTags"]]
        if not items:
            raise FormatError(f"it holds no image named {name!r}", fix)
    if len({(item["Config"], *item["Layers"]) for item in items}) > 1:
        raise FormatError(f"it holds {len(items)} images", fix)
    return items[0]
