"""Notebook 04: count, copy on write, the leaked secret."""

from __future__ import annotations

import posixpath
from typing import Any

from labhelpers.analysis.changes import versions
from labhelpers.errors import ProcessError, UsageError
from labhelpers.exercises.built import built, layers_of, newer_steps, steps_of
from labhelpers.exercises.model import Look, Verdict, blank, exercise
from labhelpers.filetree.index import FILE
from labhelpers.image import Image
from labhelpers.sources import default_cache, open_image
from labhelpers.units import human, parse_size

_LARGEST_READ = 1_000_000  # bytes; a secret does not hide in what is larger


@exercise(
    "04.count",
    title="Count",
    goal="Build it as `count-04:1.0`, with the folder `work/04/count` as its context, and read its history.",
    success="`layers` is the number of layers that it adds to those of `first-04:1.0`, and `largest` the bytes of "
    "the largest of them.",
    hints=(
        "The command is that of step 1 with other names. Then `docker history count-04:1.0`: which lines came new, "
        "and which of them are more than 0 bytes?",
        "`RUN`, `COPY` and `ADD` make layers. `ENV`, `EXPOSE`, `USER` and `CMD` write into the configuration.",
    ),
    solution="docker build -t count-04:1.0 work/04/count\ndocker history count-04:1.0",
    wrong={
        "settings-counted": "`ENV`, `EXPOSE`, `USER` and `CMD` store no file: they are the thin lines in the explorer, "
        "without a box. Count the boxes that came new.",
        "base-counted": "The layers of `first-04:1.0` were there before. Count what stands above them.",
        "size-of-more": "That is the size of more than one layer. `largest` asks for the one layer that stores the most.",
    },
)
def count(look: Look, layers: Any = None, largest: Any = None) -> Verdict:
    """The two numbers are those of the image that was built, above the layers of first-04:1.0."""
    base, image = look.image("first-04:1.0"), built(look, "count-04:1.0")
    if base is None or image is None:
        missing = "first-04:1.0" if base is None else "count-04:1.0"
        return look.not_yet(
            f"There is no image {missing} yet.", "`docker build` makes it, `docker images` shows it."
        )
    steps = newer_steps(look, image, base)
    if steps is None:
        return look.not_yet("count-04:1.0 does not stand on first-04:1.0 as it is now.", "Build it again.")
    if blanks := [name for name, value in {"layers": layers, "largest": largest}.items() if blank(value)]:
        return look.not_yet(
            f"Not filled in yet: {' and '.join(blanks)}.", "`docker history count-04:1.0` tells both."
        )
    sizes = [step.size for step in steps if step.layer is not None]
    said, total = str(layers).strip(), len(image["RootFS"]["Layers"])
    if said != str(len(sizes)):
        found = f"{said} is not the number of layers that came new"
        if said in (str(total), str(total - 1)):
            return look.wrong("base-counted", f"{found}: count-04:1.0 has {total} in all.")
        if said in map(str, range(len(sizes) + 1, len(steps) + 2)):
            return look.wrong("settings-counted", f"{found}: {len(steps)} instructions stand below FROM.")
        return look.not_yet(f"{found}.", "Count the lines with more than 0 bytes.")
    try:
        size = parse_size(str(largest))
    except UsageError:
        return look.not_yet(f"{largest} is no number of bytes.", "Write 1500, or '1.5 kB'.")
    if human(size) != human(max(sizes)):
        found = (
            f"No new layer is {human(size)} large"
            if size not in sizes
            else f"{human(size)} is not the largest"
        )
        if human(size) in (human(sum(sizes)), human(int(image["Size"]))):
            return look.wrong("size-of-more", f"{found}.")
        return look.not_yet(f"{found}.", "Look at the column SIZE of `docker history`.")
    return look.passed(f"{len(sizes)} layers came new, the largest of {human(max(sizes))}.")


@exercise(
    "04.copy-on-write",
    title="Copy on write",
    goal="Look at `/page.txt`, `/made.txt` and `/data/log.txt` in `writer-04`. Each lives in another place: a layer of "
    "the image, a volume, the writable layer.",
    success="`path` is the one that lies in the writable layer.",
    hints=(
        "One command of this step lists what a writable layer holds.",
        "`docker diff writer-04`. A line that only names a folder says that something in it or on it is new.",
    ),
    solution="docker diff writer-04",
    wrong={
        "lower-layer": "Nobody has written to it in this container, so it is read from the image. `docker diff` shows "
        "what was written.",
        "mounted": "A volume is mounted there: what is written goes into the volume, past the writable layer. That is "
        "why it outlives the container.",
    },
)
def copy_on_write(look: Look, path: Any = None) -> Verdict:
    """The path is a file of writer-04 that was added or changed in its writable layer."""
    found = look.container("writer-04")
    if found is None or not found.running:
        return look.not_yet("writer-04 does not run.", "The cell above the exercise starts it.")
    if blank(path):
        return look.not_yet("Not filled in yet: path.", "`docker diff` says what a container wrote.")
    asked = posixpath.normpath("/" + str(path).strip().strip("'\"").lstrip("/"))
    written = {line[2:] for line in look.docker("diff", "writer-04").splitlines() if line[:2] in ("A ", "C ")}
    mounts = [str(mount["Destination"]).rstrip("/") for mount in found.raw["Mounts"]]
    if any(asked == mount or asked.startswith(f"{mount}/") for mount in mounts):
        return look.wrong("mounted", f"{asked} lies below a folder that is mounted.")
    try:
        look.docker("exec", "writer-04", "test", "-f", asked)
    except ProcessError as failed:
        if failed.status != 1:
            raise
        return look.not_yet(f"writer-04 has no file {asked}.", "Name one of the three, with its whole path.")
    if asked in written:
        return look.passed(f"{asked} lies in the writable layer of writer-04; the image keeps its own.")
    return look.wrong("lower-layer", f"writer-04 has not written to {asked}.")


@exercise(
    "04.leaked-secret",
    title="The leaked secret",
    goal="Find the layer of `vault-04:1.0` that still holds `pass.txt`, and what is in it. Then change "
    "`work/04/vault/Dockerfile` and build `vault-04:2.0`: with the same `/sum.txt`, and the password nowhere.",
    success="`layer` is the number of that layer (the base is 0), `secret` its content, and `vault-04:2.0` holds it in "
    "no layer, in no setting, in no line of its history.",
    hints=(
        '`explore("vault-04:1.0")` in the cell below: the number stands in each box, and a file that is chosen shows '
        "its content.",
        "The step above shows the line that a Dockerfile needs, and the flag of `docker build` that goes with it. Which "
        "lines are then not needed any more?",
        "`RUN --mount=type=secret,id=pass md5sum < /run/secrets/pass > /sum.txt`, and nothing copied. The file to hand "
        "over is `work/04/vault/pass.txt`.",
    ),
    solution="FROM first-04:1.0\nRUN --mount=type=secret,id=pass md5sum < /run/secrets/pass > /sum.txt\n\n"
    "docker build --secret id=pass,src=work/04/vault/pass.txt -t vault-04:2.0 work/04/vault",
    wrong={
        "other-layer": "Choose the box of each layer in the explorer: which of them adds `pass.txt`? The number stands in "
        "the box.",
        "deleted-later": "A later layer hides the file, and the layer below still stores it, as in `vault-04:1.0`. The "
        "file must not enter a layer at all.",
        "still-there": "Another name or folder hides nothing: whoever runs the image can read it. The file must not enter "
        "a layer at all.",
        "in-settings": "`ENV`, `ARG`, `LABEL` and the text of a `RUN` line are kept in the image's configuration and "
        "history: look at `docker history --no-trunc` and `docker inspect`.",
        "not-used": "The build has to read the password all the same: `/sum.txt` is to be what it is in `vault-04:1.0`.",
    },
)
def leaked_secret(look: Look, layer: Any = None, secret: Any = None) -> Verdict:
    """The answers are those of the first image, and the second has the password in nothing that it holds."""
    if built(look, "vault-04:1.0") is None:
        return look.not_yet("There is no image vault-04:1.0.", "Run the cell above the exercise.")
    first = open_image("docker-daemon:vault-04:1.0", cache=default_cache())
    holding = [one for one in first.layers if "etc/vault/pass.txt" in one.index.paths]
    if not holding:
        return look.not_yet("vault-04:1.0 is not the image of the cell above.", "Run that cell again.")
    password = _stored(first, "etc/vault/pass.txt").strip()
    if blanks := [name for name, value in {"layer": layer, "secret": secret}.items() if blank(value)]:
        return look.not_yet(f"Not filled in yet: {' and '.join(blanks)}.", "The explorer shows both.")
    if str(layer).strip() != str(holding[0].number):
        return look.wrong("other-layer", f"Layer {layer} does not store it.")
    if str(secret).strip().encode() != password:
        return look.not_yet(
            "That is not what the file holds.", "Choose the file in the explorer: it shows its text."
        )
    told = built(look, "vault-04:2.0")
    if told is None:
        return look.not_yet(
            "Found. There is no image vault-04:2.0 yet.", "Build it, without the password in it."
        )
    steps = [step.created_by for step in steps_of(look, told)]
    if password.decode() in str(told["Config"]) + str(steps):
        return look.wrong(
            "in-settings", "The configuration or the history of vault-04:2.0 holds the password."
        )
    second = open_image("docker-daemon:vault-04:2.0", cache=default_cache())
    base = look.image("first-04:1.0")
    for number, path in _holding(second, password, known=set(layers_of(base)) if base else set()):
        if any(one.layer == number and one.state == "final" for one in versions(second, path)):
            return look.wrong("still-there", f"/{path} in vault-04:2.0 holds the password.")
        return look.wrong("deleted-later", f"Layer {number} of vault-04:2.0 still stores /{path}.")
    if _stored(first, "sum.txt") != _stored(second, "sum.txt"):
        return look.wrong("not-used", "/sum.txt of vault-04:2.0 is missing, or is another one.")
    return look.passed(f"Layer {layer} of vault-04:1.0 gives it away; vault-04:2.0 holds it nowhere.")


def _stored(image: Image, path: str) -> bytes:
    """The newest content that an image stores under a path, hidden or not; b"" if there is none."""
    files = [one for one in versions(image, path) if one.entry.kind == FILE]
    return image.layers[files[-1].content_layer].content.read(files[-1].number) if files else b""


def _holding(image: Image, secret: bytes, *, known: set[str]) -> list[tuple[int, str]]:
    """The files that hold a secret, as (layer, path), the newest layer first; layers in `known` do not."""
    found = []
    for layer in reversed(image.layers):
        if layer.diff_id in known:
            continue
        for number, entry in enumerate(layer.index.entries()):
            small = entry.kind == FILE and entry.size <= _LARGEST_READ
            if small and secret in layer.content.read(number):
                found.append((layer.number, entry.path))
    return found
