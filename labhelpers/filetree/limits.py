"""How much an image may claim before it is refused."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Bounds against hostile images; generous for honest ones. All sizes are bytes.

    `entries`: files, folders and links of one image, folders that are only implied included.
    `names`: all path and link text of one image, which is what memory is spent on.
    `path`: one path (PATH_MAX of Linux: no engine could create a longer one). `depth`: names in one path.
    `document`: a manifest, an index or a configuration. `header`: one PAX or GNU long-name header
    (as Go's archive/tar, which engines use).
    `expanded`, `ratio`: a compressed layer may expand to `expanded` whatever its size (an empty disk image
    of some GB is legal, and compresses a thousand times), and beyond that by `ratio` at most.
    """

    entries: int = 3_000_000
    names: int = 512 << 20
    path: int = 4096
    depth: int = 256
    document: int = 8 << 20
    header: int = 1 << 20
    expanded: int = 4 << 30
    ratio: int = 200


DEFAULT_LIMITS = Limits()
