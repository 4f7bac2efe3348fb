"""A second opinion on `./lab layers --json`: the specification in its own words, slow and obvious.

Nothing of the package's is used: the archive is read by tarfile, a file system is a dict of paths, and a
file's content is an object that its names share.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Content:
    """The bytes of a regular file, stored once."""

    data: bytes
    path: str
    layer: int
    why: str = ""
    by: str = ""
    gone_in: int = -1


@dataclass(eq=False)
class File:
    """What a name stands for. `kind`: "dir", "file", "link" (symbolic) or "other"."""

    kind: str
    content: Content | None = None
    linked: bool = False


@dataclass
class Disk:
    """A file system on which layers are laid."""

    names: dict[str, File] = field(default_factory=dict)
    layer: int = 0

    def below(self, path: str) -> list[str]:
        """All names below a folder."""
        return [name for name in self.names if not path or name.startswith(path + "/")]

    def drop(self, path: str, why: str, by: str) -> None:
        """Take one name away."""
        file = self.names.pop(path)
        content = file.content
        # Where several names of it go in one layer, the one that it is stored under tells why.
        if content is not None and (not file.linked or content.gone_in != self.layer):
            content.why, content.by = why, by
            content.gone_in = content.gone_in if file.linked else self.layer

    def through_link(self, path: str) -> bool:
        """Whether a folder of this path is a symbolic link."""
        return any(self.names[up].kind == "link" for up in parents(path) if up in self.names)

    def make_parents(self, path: str) -> None:
        """Make the folders above a name."""
        for up in parents(path):
            if up in self.names and self.names[up].kind != "dir":
                self.drop(up, "replaced", up)
            self.names.setdefault(up, File("dir"))

    def put(self, path: str, file: File) -> None:
        """Let a name stand for something else, and make the folders above it."""
        self.make_parents(path)
        before = self.names.get(path)
        if before is not None and not before.kind == file.kind == "dir":
            if before.kind == "dir":
                for name in self.below(path):
                    self.drop(name, "shadowed", path)
            self.drop(path, "replaced", path)
        if before is None or path not in self.names:
            self.names[path] = file


def parents(path: str) -> list[str]:
    """The folders above a path, the highest first."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def normal(name: str) -> str | None:
    """A name without `.`, `..` and slashes to spare; None if it leaves the root."""
    parts: list[str] = []
    for part in name.split("/"):
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def report(archive: bytes) -> dict[str, Any]:
    """The JSON of the only image of an archive, but for `source` and `reference`."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as outer:
        blobs = {entry.name: outer.extractfile(entry).read() for entry in outer if entry.isreg()}
    if "index.json" in blobs:
        descriptor = json.loads(blobs["index.json"])["manifests"][0]
        manifest = json.loads(blobs["blobs/" + descriptor["digest"].replace(":", "/")])
        config = blobs["blobs/" + manifest["config"]["digest"].replace(":", "/")]
        stored = [blobs["blobs/" + layer["digest"].replace(":", "/")] for layer in manifest["layers"]]
        digests = [layer["digest"] for layer in manifest["layers"]]
    else:
        item = json.loads(blobs["manifest.json"])[0]
        config = blobs[item["Config"]]
        stored = [blobs[name] for name in item["Layers"]]
        digests = [None] * len(stored)
    opened = [gzip.decompress(blob) if blob[:2] == b"\x1f\x8b" else blob for blob in stored]
    found = replay(opened)
    parsed = json.loads(config)
    steps, empty, number = [], [], 0
    for step in parsed.get("history", []):
        if step.get("empty_layer"):
            empty.append({"after_layer": number - 1 if number else None, "created_by": step["created_by"]})
        else:
            steps.append(step["created_by"])
            number += 1
    for layer, blob, tar, digest, step in zip(found["layers"], stored, opened, digests, steps, strict=True):
        layer["diff_id"] = "sha256:" + hashlib.sha256(tar).hexdigest()
        layer["digest"], layer["compressed_size"], layer["created_by"] = digest, len(blob), step
    found["config_digest"] = "sha256:" + hashlib.sha256(config).hexdigest()
    found["platform"] = parsed["os"] + "/" + parsed["architecture"]
    found["empty_history"] = empty
    return found


def replay(layers: list[bytes]) -> dict[str, Any]:
    """What the layers alone say."""
    disk = Disk()
    contents: list[Content] = []
    rows: list[dict[str, Any]] = []
    reclaimable: list[dict[str, Any]] = []
    unsafe: list[dict[str, Any]] = []
    for number, tar in enumerate(layers):
        disk.layer = number
        before = dict(disk.names)
        mine: list[Content] = []
        unsafe += [{"path": path, "layer": number} for path in apply(disk, tar, mine)]
        contents += mine
        old = {path: file for path, file in before.items() if file.kind != "dir"}
        new = {path: file for path, file in disk.names.items() if file.kind != "dir"}
        rows.append(
            {
                "index": number,
                "size": sum(len(content.data) for content in mine),
                "added": len(new.keys() - old.keys()),
                "removed": len(old.keys() - new.keys()),
                "modified": sum(old[path] is not new[path] for path in new.keys() & old.keys()),
            }
        )
        alive = {file.content for file in disk.names.values()}
        for content in [content for content in contents if content not in alive]:
            contents.remove(content)
            why = content.why
            if why == "replaced" and content.layer == number:
                why = "duplicate"
            elif why == "replaced":
                now = disk.names.get(content.by)
                same = now is not None and now.content is not None and now.content.data == content.data
                why = "metadata" if same else "replaced"
            reclaimable.append(
                {
                    "path": "/" + content.path,
                    "size": len(content.data),
                    "stored_in": content.layer,
                    "hidden_in": number,
                    "reason": why,
                }
            )
    reclaimable = [item for item in reclaimable if item["size"]]
    reclaimable.sort(key=lambda item: (-item["size"], item["path"], item["stored_in"]))
    for row in rows:
        row["reclaimable_size"] = sum(
            item["size"] for item in reclaimable if item["stored_in"] == row["index"]
        )
    size = sum(row["size"] for row in rows)
    live = sum(len(content.data) for content in contents)
    return {
        "size": size,
        "live_size": live,
        "reclaimable_size": size - live,
        "efficiency": live / size if size else 1.0,
        "files": sum(file.kind != "dir" for file in disk.names.values()),
        "layers": rows,
        "reclaimable": reclaimable,
        "unsafe": unsafe,
    }


def apply(disk: Disk, tar: bytes, mine: list[Content]) -> list[str]:
    """Lay one layer on the disk; `mine` gets the contents it stores. The unsafe names."""
    unsafe: list[tuple[int, str]] = []
    entries: list[tuple[int, str, tarfile.TarInfo, bytes]] = []
    whiteouts: list[tuple[int, str, str]] = []
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        for place, entry in enumerate(archive):
            name = normal(entry.name)
            if name is None:
                unsafe.append((place, entry.name))
                continue
            folder, _, last = name.rpartition("/")
            if last == ".wh..wh..opq" or (last.startswith(".wh.") and not last.startswith(".wh..wh.")):
                whiteouts.append((place, folder, last))
            elif not any(part.startswith(".wh..wh.") for part in name.split("/")):
                file = archive.extractfile(entry) if entry.isreg() else None
                entries.append((place, name, entry, file.read() if file else b""))
    doubtful: list[tuple[int, str]] = []
    # By name before opaque ones: the text leaves the order open where both hide one file.
    for place, folder, last in sorted(whiteouts, key=lambda it: it[2] == ".wh..wh..opq"):
        if folder and (folder not in disk.names or disk.names[folder].kind != "dir"):
            doubtful.append((place, f"{folder}/{last}"))
            continue
        victim = f"{folder}/{last[4:]}" if folder else last[4:]
        if last == ".wh..wh..opq":
            for path in disk.below(folder):
                disk.drop(path, "opaque", path)
        elif victim in disk.names:
            for path in [*disk.below(victim), victim]:
                disk.drop(path, "removed", path)
    waiting: list[tuple[File, str, str]] = []
    for place, name, entry, data in entries:
        if not name:
            continue
        if disk.through_link(name):
            unsafe.append((place, name))
        elif entry.isdir():
            disk.put(name, File("dir"))
        elif entry.issym():
            disk.put(name, File("link"))
        elif entry.islnk():
            target = normal(entry.linkname)
            if target is None:
                unsafe.append((place, name))
                continue
            if disk.through_link(target):
                unsafe.append((place, name))
                continue
            disk.make_parents(name)
            found = disk.names.get(target)
            if found is not None and found.kind == "dir":
                found = None  # no file has that name
            link = File(found.kind, found.content, True) if found else File("other")
            disk.put(name, link)
            if found is None:
                waiting.append((link, name, target))
        elif entry.isreg():
            content = Content(data, name, disk.layer)
            mine.append(content)
            disk.put(name, File("file", content))
        else:
            disk.put(name, File("other"))
    for link, name, target in waiting:
        if target in disk.names and disk.names[target].kind != "dir" and disk.names.get(name) is link:
            disk.names[name] = File(disk.names[target].kind, disk.names[target].content, True)
    # A whiteout does nothing where no folder was; it passes through a link if there is one in what comes out.
    unsafe += [(place, path) for place, path in doubtful if disk.through_link(path)]
    return [path for _, path in sorted(unsafe)]
