"""Sample images as files: docker archives, OCI archives and OCI folders, with every compression."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labhelpers import oci
from labhelpers.samples.build import Layered, layer_tar, make_config

_SUFFIX = {"tar": "", "gzip": "+gzip", "zstd": "+zstd"}


def compress(data: bytes, how: str) -> bytes:
    """Bytes as a layer of this kind stores them: "tar", "gzip" or "zstd"; the same for the same bytes."""
    if how == "gzip":
        return gzip.compress(data, 6, mtime=0)
    if how == "zstd":
        try:
            from compression import zstd  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            from backports import zstd
        packed: bytes = zstd.compress(data)
        return packed
    return data


def outer_tar(files: Mapping[str, bytes]) -> bytes:
    """An archive of files, in the order given."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _tars(layers: Sequence[Layered | bytes]) -> list[bytes]:
    return [layer if isinstance(layer, bytes) else layer_tar(layer) for layer in layers]


def docker_files(
    layers: Sequence[Layered | bytes],
    *,
    compression: str = "tar",
    tags: Sequence[str] = ("sample:1",),
    **config: Any,
) -> dict[str, bytes]:
    """The files of a docker archive as engines before 25 wrote it.

    Layers are contents, or whole tar archives.
    """
    tars = _tars(layers)
    document = make_config(tars, **config)
    name = oci.sha256(document).partition(":")[2] + ".json"
    files = {f"{number:064x}/layer.tar": compress(tar, compression) for number, tar in enumerate(tars)}
    manifest = [{"Config": name, "RepoTags": [*tags] or None, "Layers": [*files]}]
    return {**files, name: document, "manifest.json": json.dumps(manifest).encode()}


def docker_archive(layers: Sequence[Layered | bytes], **options: Any) -> bytes:
    """A docker archive; options as `docker_files`."""
    return outer_tar(docker_files(layers, **options))


def oci_files(
    layers: Sequence[Layered | bytes],
    *,
    compression: str = "tar",
    name: str | None = None,
    beside: bool = False,
    **config: Any,
) -> dict[str, bytes]:
    """The files of an OCI layout.

    `beside` adds the manifest.json that `docker save` writes since Engine 25.
    """
    files, manifest = oci_image(layers, compression=compression, **config)
    descriptor = {**manifest, "annotations": {oci.NAME: name} if name else {}}
    files["index.json"] = index([descriptor])
    files["oci-layout"] = json.dumps({"imageLayoutVersion": "1.0.0"}).encode()
    if beside:
        document = json.loads(files[oci.blob_name(manifest["digest"])])
        item = {
            "Config": oci.blob_name(document["config"]["digest"]),
            "RepoTags": [name] if name else None,
            "Layers": [oci.blob_name(layer["digest"]) for layer in document["layers"]],
        }
        files["manifest.json"] = json.dumps([item]).encode()
    return files


def oci_image(
    layers: Sequence[Layered | bytes], *, compression: str = "tar", **config: Any
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The blobs of one image, and its manifest's descriptor."""
    tars = _tars(layers)
    files: dict[str, bytes] = {}
    blobs = [
        put(
            files, compress(tar, compression), f"application/vnd.oci.image.layer.v1.tar{_SUFFIX[compression]}"
        )
        for tar in tars
    ]
    document = put(files, make_config(tars, **config), oci.CONFIG_TYPES[0])
    body = {"schemaVersion": 2, "mediaType": oci.MANIFEST_TYPES[0], "config": document, "layers": blobs}
    return files, put(files, json.dumps(body).encode(), oci.MANIFEST_TYPES[0])


def put(files: dict[str, bytes], data: bytes, media_type: str) -> dict[str, Any]:
    """Add a blob; its descriptor."""
    digest = oci.sha256(data)
    files[oci.blob_name(digest)] = data
    return {"mediaType": media_type, "digest": digest, "size": len(data)}


def index(descriptors: Sequence[Mapping[str, Any]]) -> bytes:
    """An index of these manifests."""
    body = {"schemaVersion": 2, "mediaType": oci.INDEX_TYPES[0], "manifests": [*descriptors]}
    return json.dumps(body).encode()


def oci_archive(layers: Sequence[Layered | bytes], **options: Any) -> bytes:
    """An OCI archive; options as `oci_files`."""
    return outer_tar(oci_files(layers, **options))


def oci_folder(folder: Path, layers: Sequence[Layered | bytes], **options: Any) -> Path:
    """An OCI layout written to `folder`; options as `oci_files`."""
    for name, data in oci_files(layers, **options).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
