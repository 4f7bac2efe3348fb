"""Archives that come as a stream: what an engine saves, and compressed archives. One pass, nothing stored.

A stream's manifest may come last, so every file in it that looks like a layer is indexed while it passes, and
every small one is kept; which of them make the image is decided at the end. Contents of files are hashed on
the way, because coming back for those that must be compared would cost the whole stream again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from labhelpers import oci
from labhelpers.errors import FormatError
from labhelpers.filetree import (
    DEFAULT_LIMITS,
    LayerIndex,
    Reader,
    StreamCursor,
    StreamReader,
    normalise,
    scan,
)
from labhelpers.filetree.cursor import BLOCK, LimitedReader
from labhelpers.filetree.extended import read_extended
from labhelpers.filetree.header import ZERO, checked, number, short_name
from labhelpers.filetree.index import FILE
from labhelpers.filetree.names import text
from labhelpers.filetree.packed import Packed
from labhelpers.layout.archive import (
    NOT_AN_IMAGE,
    blob_digest,
    choose_item,
    docker_manifest,
    find_member,
    reference_of,
    same_count,
)
from labhelpers.layout.blobs import StreamBlob
from labhelpers.layout.inflate import InflateReader, sniff
from labhelpers.layout.layers import Hashes, Options, StoredLayer, Watched, check_digests
from labhelpers.layout.resolve import check, choose
from labhelpers.oci import Config, Descriptor, Platform

_KEPT = 64 << 20


@dataclass(slots=True)
class Member:
    """A file of the archive: a document (`data`) or a layer (`index`, `how`), or what is wrong with it.

    `digest`, `diff_id`: what was computed while it passed, None where it was not asked for.
    """

    size: int
    data: bytes | None = None
    index: LayerIndex | None = None
    how: str = "tar"
    digest: str | None = None
    diff_id: str | None = None
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class StreamedLayer:
    """A layer of the image that was found, with what is known about it."""

    stored: StoredLayer
    packed: Packed
    size: int
    path: str


@dataclass(slots=True)
class StreamedArchive:
    """What passed: the outer archive's own index, and its files by name."""

    outer: LayerIndex
    members: dict[str, Member] = field(default_factory=dict)

    def get(self, name: str) -> Member | None:
        """The file of that name, past links inside the archive."""
        names = {path: number for number, path in enumerate(self.outer.paths)}
        number = find_member(self.outer, names, name)
        return None if number is None else self.members.get(self.outer.paths[number])

    def has(self, digest: str) -> bool:
        """Whether a blob is there."""
        return self.get(oci.blob_name(digest)) is not None

    def document(self, descriptor: Descriptor) -> bytes:
        """The bytes of a document."""
        member = self.get(oci.blob_name(descriptor.digest))
        if member is None or member.data is None:
            raise FormatError(f"blob {descriptor.digest[:19]}… is missing")
        return check(member.data, descriptor, f"blob {descriptor.digest[:19]}…")

    def text(self, name: str, what: str) -> bytes:
        """The bytes of a document by its name."""
        member = self.get(name)
        if member is None or member.data is None:
            raise FormatError(f"its {what} {name[:80]!r} is not in the archive")
        return member.data


class _Walk(StreamCursor):
    """The outer archive's cursor: hands each file's content to a reader before it is passed over."""

    def __init__(self, reader: Reader, visit: Callable[[Reader, int], Member]) -> None:
        super().__init__(reader, digest=False)
        self._visit = visit
        self.found: dict[int, Member] = {}

    def skip(self, size: int) -> None:
        """Visit the next `size` bytes, and move past their padding."""
        inside = LimitedReader(self._reader, size)
        self.found[self.at] = self._visit(inside, size)
        inside.drain()
        self.at += size - inside.left
        if inside.left:
            raise FormatError(f"it ends in the middle of an entry (byte {self.at:,})")
        self._pad(size)


def read_archive(reader: Reader, options: Options) -> StreamedArchive:
    """Everything in an archive that could belong to an image. `FormatError` if it is no archive.

    Reads to the archive's end, which need not be the stream's.
    """
    kept = 0

    def visit(inside: Reader, size: int) -> Member:
        nonlocal kept
        start = inside.peek(BLOCK)
        how = sniff(start)
        if how != "tar" or (len(start) == BLOCK and (start == ZERO or checked(start))):
            return _layer(inside, size, how, options)
        kept += size if size <= options.limits.document else 0
        if size > options.limits.document or kept > _KEPT:
            return Member(size, wrong="it is neither a layer nor a document")
        return Member(size, data=inside.take(size))

    walk = _Walk(reader, visit)
    outer = scan(walk, limits=options.limits)
    members = {
        path: walk.found.get(offset) or Member(0, data=b"")
        for path, kind, offset in zip(outer.paths, outer.kinds, outer.offsets, strict=True)
        if kind == FILE
    }
    return StreamedArchive(outer, members)


def _layer(inside: Reader, size: int, how: str, options: Options) -> Member:
    hashes = Hashes(
        hashlib.sha256() if how != "tar" or options.verify else None,
        hashlib.sha256() if options.verify else None,
    )
    below = Watched(inside, hashes.see_blob)
    try:
        if how == "tar":
            reader: Reader = Watched(below, hashes.see_layer)
        else:
            reader = InflateReader(below, how, limits=options.limits, see=hashes.see_layer)
        index = scan(StreamCursor(reader), limits=options.limits)
        reader.drain()
    except FormatError as error:
        return Member(size, wrong=str(error), how=how)
    return Member(
        size,
        index=index,
        how=how,
        digest=f"sha256:{hashes.blob.hexdigest()}" if hashes.blob else None,
        diff_id=f"sha256:{hashes.layer.hexdigest()}" if hashes.layer else None,
    )


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """An image that was found in a stream. `format` as in `archive.Plan`."""

    reference: str | None
    config: Config
    layers: tuple[StreamedLayer, ...]
    format: str


def find(
    archive: StreamedArchive,
    *,
    prefer: str | None,
    name: str | None,
    platform: Platform | None,
    options: Options,
    reopen: Callable[[], Reader],
    trusted: bool = False,
) -> StreamPlan:
    """The image in a stream that has passed.

    `prefer`, `name`, `platform` as for archives on disk. `reopen` gives the same stream again, for content.
    `trusted`: whoever wrote the stream vouches for its diff ids. `FormatError` if it holds none, or several.
    """
    index, manifest = archive.get("index.json"), archive.get("manifest.json")
    if index is None and manifest is None:
        raise FormatError("it holds neither a manifest.json nor an index.json: it is no image", NOT_AN_IMAGE)
    if prefer == "docker" and manifest is None:
        raise FormatError("it holds no manifest.json: it is an OCI layout", "Say oci-archive: instead.")
    if prefer == "oci" and index is None:
        raise FormatError("it holds no index.json: it is a docker archive", "Say docker-archive: instead.")
    items = docker_manifest(archive.text("manifest.json", "manifest")) if manifest is not None else []
    build = _Build(archive, options, reopen, trusted)
    if index is None:
        item = choose_item(items, name)
        config = oci.parse_config(archive.text(item["Config"], "config"))
        if platform is not None and not config.platform.serves(platform):
            raise FormatError(
                f"it is an image for {config.platform}, not for {platform}", "Leave --platform out."
            )
        diff_ids = same_count(config, len(item["Layers"]))
        layers = [
            build.layer(path, diff, None, "") for path, diff in zip(item["Layers"], diff_ids, strict=True)
        ]
        return StreamPlan(item["RepoTags"][0] if item["RepoTags"] else None, config, tuple(layers), "docker")
    descriptors = oci.parse_index(archive.text("index.json", "index"))
    choice = choose(descriptors, archive, name=name, platform=platform, limits=options.limits)
    diff_ids = same_count(choice.config, len(choice.manifest.layers))
    layers = [
        build.layer(oci.blob_name(layer.digest), diff_id, layer, oci.compression(layer.media_type))
        for layer, diff_id in zip(choice.manifest.layers, diff_ids, strict=True)
    ]
    return StreamPlan(reference_of(choice, items), choice.config, tuple(layers), "docker" if items else "oci")


@dataclass(frozen=True, slots=True)
class _Build:
    archive: StreamedArchive
    options: Options
    reopen: Callable[[], Reader]
    trusted: bool

    def layer(self, path: str, diff_id: str, descriptor: Descriptor | None, how: str) -> StreamedLayer:
        archive = self.archive
        names = {name: number for number, name in enumerate(archive.outer.paths)}
        number = find_member(archive.outer, names, path)
        member = None if number is None else archive.members[archive.outer.paths[number]]
        if number is None or member is None:
            raise FormatError(f"its layer {path[:80]!r} is not in the archive")
        if descriptor is not None and descriptor.size != member.size:
            raise FormatError(
                f"a layer is damaged: it has {member.size:,} bytes, and should have {descriptor.size:,}"
            )
        if descriptor is not None and how != member.how:
            raise FormatError(f"a layer's media type says {how}, and its bytes are {member.how}")
        index = member.index
        if index is None and not member.wrong:
            data = member.data or b""
            index = scan(StreamCursor(StreamReader(iter([data]))), limits=self.options.limits)
        if index is None:
            raise FormatError(f"a layer cannot be read: {member.wrong}")
        digest = descriptor.digest if descriptor else blob_digest(path)
        real, size = archive.outer.paths[number], member.size
        stored = StoredLayer(member_blob(self.reopen, real, size), member.how, diff_id, digest, self.trusted)
        check_digests(stored, member.digest, member.diff_id)
        blobs = (member.digest,) if member.digest and member.how != "tar" else ()
        return StreamedLayer(stored, Packed(index=index, blobs=blobs), size, real)


def member_blob(reopen: Callable[[], Reader], path: str, size: int) -> StreamBlob:
    """One file of a stream, found again by its name whenever its bytes are wanted."""

    def fetch() -> Iterator[bytes]:
        inside = _find_again(reopen(), path)
        while part := inside.some(1 << 20):
            yield bytes(part)

    return StreamBlob(size, fetch)


def _find_again(reader: Reader, path: str) -> Reader:
    cursor = StreamCursor(reader, digest=False)
    while (block := cursor.block()) and block != ZERO and checked(block):
        block, extended, _ = read_extended(cursor, block, DEFAULT_LIMITS)
        size = number(block[124:136]) if extended.size is None else extended.size
        name = extended.name if extended.name is not None else short_name(block)
        if block[156] in b"0\0" and normalise(text(name)) == path:
            return LimitedReader(reader, size)
        if block[156] in b"0\0":
            cursor.skip(size)
    raise FormatError("the archive has changed since it was opened")
