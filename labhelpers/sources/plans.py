"""What was found in a stream, kept beside the indexes of its layers, so that it need not pass again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labhelpers import oci
from labhelpers.errors import FormatError
from labhelpers.filetree import Reader
from labhelpers.layout.layers import Options, StoredLayer, mark_of
from labhelpers.layout.stream import StreamedLayer, StreamPlan, member_blob


def keep(key: str, plan: StreamPlan, options: Options) -> None:
    """Keep a plan under `key`, which must say where it came from so that nothing else has the same."""
    if options.cache is None:
        return
    layers = []
    for layer in plan.layers:
        stored = layer.stored
        options.cache.store(stored.diff_id, layer.packed, trusted=stored.trusted)
        layers.append(
            {
                "diff_id": stored.diff_id,
                "digest": stored.digest,
                "how": stored.how,
                "size": layer.size,
                "path": layer.path,
                "trusted": stored.trusted,
                "mark": mark_of(stored, layer.packed.index, layer.packed.index.digests),
            }
        )
    note = {
        "config": plan.config.document.decode("utf-8", "surrogateescape"),
        "reference": plan.reference,
        "format": plan.format,
        "layers": layers,
    }
    options.cache.store_note(key, note)


def recall(key: str, options: Options, reopen: Callable[[], Reader]) -> StreamPlan | None:
    """The plan that was kept, if it and all its layers are still there and whole; None otherwise."""
    if options.cache is None or options.verify:
        return None
    note = options.cache.load_note(key)
    try:
        return _recall(note, options, reopen)
    except (KeyError, TypeError, AttributeError, ValueError, FormatError):
        return None


def _recall(note: Any, options: Options, reopen: Callable[[], Reader]) -> StreamPlan | None:
    assert options.cache is not None
    config = oci.parse_config(note["config"].encode("utf-8", "surrogateescape"))
    layers = []
    for kept in note["layers"]:
        size, path, trusted = int(kept["size"]), str(kept["path"]), kept["trusted"] is True
        digest = None if kept["digest"] is None else str(kept["digest"])
        stored = StoredLayer(
            member_blob(reopen, path, size), str(kept["how"]), str(kept["diff_id"]), digest, trusted
        )
        packed = options.cache.load(stored.diff_id, trusted=trusted)
        if packed is None or mark_of(stored, packed.index, packed.index.digests) != kept["mark"]:
            return None
        layers.append(StreamedLayer(stored, packed, size, path))
    reference = None if note["reference"] is None else str(note["reference"])
    return StreamPlan(reference, config, tuple(layers), str(note["format"]))
