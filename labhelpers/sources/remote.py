"""Images in a registry, read without an engine: every blob is held to its digest, and only the indexes are
kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from labhelpers import oci, reference
from labhelpers.errors import FormatError
from labhelpers.image import Image
from labhelpers.layout.archive import same_count
from labhelpers.layout.blobs import StreamBlob
from labhelpers.layout.layers import Meter, Options, StoredLayer, load_layer
from labhelpers.layout.names import Source
from labhelpers.layout.resolve import check, choose
from labhelpers.oci import Descriptor, Platform
from labhelpers.registry.client import RegistryClient
from labhelpers.sources.assemble import assemble


class _Documents:
    """The manifests and configs of a repository."""

    def __init__(self, client: RegistryClient) -> None:
        self._client = client
        self._known: dict[str, bytes] = {}

    def has(self, digest: str) -> bool:
        """A registry that names a blob is taken by its word; asking would cost a request each."""
        return True

    def document(self, descriptor: Descriptor) -> bytes:
        """The bytes of a document, held to its digest."""
        data = self._known.get(descriptor.digest)
        if data is None:
            manifest = descriptor.media_type in (*oci.INDEX_TYPES, *oci.MANIFEST_TYPES)
            if manifest:
                data, _ = self._client.manifest(descriptor.digest)
            else:
                data = self._client.document(descriptor.digest)
            data = self._known[descriptor.digest] = check(data, descriptor, f"blob {descriptor.digest[:19]}…")
        return data


def open_remote(source: Source, platform: Platform | None, options: Options) -> Image:
    """The image of that name in its registry.

    `RegistryError` if it cannot be had, `FormatError` if damaged.
    """
    name = reference.parse(source.name)
    client = RegistryClient(name, limit=options.limits.document)
    which = name.digest or name.tag or "latest"
    data, media_type = client.manifest(which)
    digest = oci.sha256(data)
    if name.digest and name.digest.startswith("sha256:") and digest != name.digest:
        raise FormatError(f"the manifest is damaged: its digest is {digest[:19]}…")
    kind = oci.INDEX_TYPES[0] if oci.is_index(data, media_type) else oci.MANIFEST_TYPES[0]
    documents = _Documents(client)
    documents._known[digest] = data
    choice = choose(
        [Descriptor(kind, digest, len(data))], documents, platform=platform, limits=options.limits
    )
    layers = [
        StoredLayer(
            StreamBlob(layer.size, _fetcher(client, layer)),
            oci.compression(layer.media_type),
            diff_id,
            layer.digest,
            remote=True,
        )
        for layer, diff_id in zip(
            choice.manifest.layers, same_count(choice.config, len(choice.manifest.layers)), strict=True
        )
    ]
    if options.task is not None:
        options.task.update(total=sum(layer.size for layer in choice.manifest.layers))
    meter = Meter(options.task)
    loaded = [(stored, *load_layer(stored, options, meter)) for stored in layers]
    return assemble(source, source.name, choice.config, loaded)


def _fetcher(client: RegistryClient, layer: Descriptor) -> Callable[[], Iterator[bytes]]:
    return partial(_fetch, client, layer)


def _fetch(client: RegistryClient, layer: Descriptor) -> Iterator[bytes]:
    """A blob of the size that its descriptor says; more is not read, less is an error."""
    passed = 0
    for chunk in client.blob(layer.digest):
        passed += len(chunk)
        if passed > layer.size:
            break
        yield chunk
    if passed != layer.size:
        raise FormatError(f"a layer is damaged: {passed:,} bytes came, and {layer.size:,} should have")
