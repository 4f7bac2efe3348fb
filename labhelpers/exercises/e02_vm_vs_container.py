"""The exercises of notebook 02: measure both, resize a container while it runs, one kernel."""

from __future__ import annotations

import math
import re

from labhelpers.engine.limits import limits_in
from labhelpers.exercises.model import Look, Verdict, blank, exercise, prediction
from labhelpers.measure import Comparison

_ENOUGH = 3  # of fewer numbers a median says nothing
_NEAR = 0.02  # a ratio that was rounded is still right
_CONTAINER = "elastic-02"
_BEFORE, _WANTED, _HOLDS = 64 << 20, 96 << 20, 40 << 20
_BOOT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BOOT_ID_PATH = "/proc/sys/kernel/random/boot_id"

prediction(
    "02.ratio",
    question="How many times longer does the virtual machine take to its first line?",
    options={"a": "About as long: less than 2 times.", "b": "2 to 5 times.", "c": "More than 5 times."},
    truth=lambda ratio: "a" if ratio < 2 else "b" if ratio <= 5 else "c",
    because="The machine boots a kernel of its own first; the container's process starts on one that runs.",
)
prediction(
    "02.kernel",
    question="Which kernel does a program see in a virtual machine made of the image?",
    options={
        "a": "The host's, as in a container.",
        "b": "The one in the image.",
        "c": "One that belongs to the machine, neither the host's nor the image's.",
    },
    truth="c",
    because="An image holds no kernel: a container uses the host's, and a machine must bring its own.",
)


@exercise(
    "02.measure",
    title="Measure",
    goal="From `measured`, work out how many times longer the virtual machine takes to its first line.",
    success="`ratio` is the machine's median start divided by the container's, from at least 3 runs each.",
    hints=(
        '`measured.spread(kind, what).median` is a median: kind is `"container"` or `"machine"`, and '
        "`lambda run: run.start` says what.",
        "The warm-up, run 0, is in `measured.rows()` and in no median: leave it out on both sides.",
    ),
    solution="""slow = measured.spread("machine", lambda run: run.start).median
quick = measured.spread("container", lambda run: run.start).median
ratio = slow / quick""",
    wrong={
        "too-few": "A median needs at least 3 runs: set `RUNS` to 3 or more, and measure again.",
        "cold-with-warm": "One of your two numbers is the warm-up, run 0: compare runs that count with each other.",
        "upside-down": "That is the container's time divided by the machine's: turn it round.",
    },
)
def measure(look: Look, measured: object = None, ratio: object = None) -> Verdict:
    """The ratio of the medians, of runs that count."""
    if blank(measured) or blank(ratio):
        return look.not_yet("There is no ratio yet.", "Fill in `ratio` from your own `measured`.")
    if not isinstance(measured, Comparison):
        return look.not_yet(
            "`measured` is not what `compare` returned.", "Run the cell with `compare` again."
        )
    try:
        said = float(ratio)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return look.not_yet("`ratio` is not a number.", "Divide one median by the other.")
    if min(len(measured.of("container")), len(measured.of("machine"))) < _ENOUGH:
        return look.wrong("too-few", f"There are fewer than {_ENOUGH} runs of each.")
    container = measured.spread("container", lambda run: run.start).median
    machine = measured.spread("machine", lambda run: run.start).median
    if any(
        math.isclose(said, right, rel_tol=_NEAR) for right in (machine / container, measured.ratio.median)
    ):
        return look.passed("The ratio is that of two medians, of runs that count on both sides.")
    first = {run.kind: run.start for run in measured.runs if run.number == 0}
    mixed = [first.get("machine", 0) / container, machine / first.get("container", math.inf)]
    if any(math.isclose(said, wrong, rel_tol=_NEAR) for wrong in mixed):
        return look.wrong("cold-with-warm", "A first start is compared with later ones.")
    if math.isclose(said, container / machine, rel_tol=_NEAR):
        return look.wrong("upside-down", "The ratio is upside down.")
    return look.not_yet("That is not the ratio of the two medians.", "`table(measured)` shows both medians.")


@exercise(
    "02.resize",
    title="Resize live",
    goal="Give `elastic-02` 96 MB of memory and one whole CPU, while it runs.",
    success="The same container, started once, has a memory limit of 96 MB (`96m`) and 1 CPU.",
    hints=(
        "`docker update` takes the flags of `docker run` that set limits, and the name of a running container.",
        "The flags are `--memory` and `--cpus`. Nothing is stopped, and nothing is run again.",
    ),
    solution="docker update --memory 96m --cpus 1 elastic-02",
    wrong={
        "restarted": "A restart ends the program. `docker update` changes the limits while it runs: run the cell "
        "that makes the container again, then update it.",
        "recreated": "This is a new container: what the old one held is gone. Run the cell that makes it again, then "
        "update that one.",
        "another-container": "The limits of another container were changed: name `elastic-02` last.",
        "below-use": "The program holds 40 MB. A limit below that is refused, or ends the program.",
    },
)
def resize(look: Look) -> Verdict:
    """Other limits, and the program has not noticed."""
    found = look.container(_CONTAINER)
    if found is None:
        return look.not_yet("There is no elastic-02.", "Run the cell above: it makes the container.")
    limits = limits_in(found.raw["HostConfig"])
    memory, cpus = limits.memory, limits.cpus
    begun = re.findall(r"^begun with (\d+)", look.docker("logs", _CONTAINER), re.MULTILINE)
    if 0 < memory < _HOLDS or (not found.running and found.raw["State"].get("OOMKilled")):
        return look.wrong("below-use", "The memory limit is below what the program holds.")
    if len(begun) > 1 or not found.running:
        return look.wrong("restarted", "The program in elastic-02 was ended and begun again.")
    if begun and int(begun[0]) != _BEFORE:
        return look.wrong("recreated", "The program began with another limit than that of the cell above.")
    if memory == _WANTED and math.isclose(cpus, 1):
        return look.passed("96 MB and one CPU, and the program has run through.")
    if memory == _BEFORE and math.isclose(cpus, 0.5):
        others = [one for one in look.containers("name=-02$") if one.raw["Name"].strip("/") != _CONTAINER]
        if any(limits_in(one.raw["HostConfig"]).memory == _WANTED for one in others):
            return look.wrong("another-container", "Another container has 96 MB now.")
        return look.not_yet("elastic-02 still has 64 MB and half a CPU.", "Change both while it runs.")
    return look.not_yet(
        f"elastic-02 has {memory / (1 << 20):g} MB and {cpus:g} CPU.",
        "96 MB is written `96m`; one CPU is `1`.",
    )


@exercise(
    "02.one-kernel",
    title="One kernel",
    goal="Read the boot id in a container, in a second container, and in the virtual machine.",
    success="The two containers say the same, and the machine says something else.",
    hints=(
        f"The boot id is in the file `{_BOOT_ID_PATH}`: `cat` shows it, inside each of them.",
        'For the machine: `machine.run("cat …").output`. For a container, keep what a command prints with '
        "`first = !docker run …`; its text is then `first[0]`.",
    ),
    solution=f"""first = !docker run --rm localhost:5005/lab/busybox:1 cat {_BOOT_ID_PATH}
second = !docker run --rm localhost:5005/lab/python:3.11 cat {_BOOT_ID_PATH}
container, another, guest = first[0], second[0], machine.run("cat {_BOOT_ID_PATH}").output""",
    wrong={
        "machine-only": "Both ids are the machine's: read the other two in containers, with `docker run`.",
        "not-a-machine": "All three are the same kernel's: the third must be read inside the virtual machine.",
    },
)
def one_kernel(look: Look, container: object = None, another: object = None, guest: object = None) -> Verdict:
    """The containers' boot id is the host's; the machine's is its own."""
    given = [container, another, guest]
    if any(blank(one) for one in given):
        return look.not_yet(
            "Not all three boot ids are there.", "Fill in `container`, `another` and `guest`."
        )
    ids = [str(one[0] if isinstance(one, list) and one else one).strip() for one in given]
    if not all(_BOOT_ID.fullmatch(one) for one in ids):
        return look.not_yet("Not all three are boot ids.", f"`cat {_BOOT_ID_PATH}` prints one.")
    image = "localhost:5005/lab/busybox:1"
    host = look.once(image, "cat", _BOOT_ID_PATH).strip()
    if ids[2] == host:
        return look.wrong("not-a-machine", "The third boot id is the host's.")
    if ids[2] in ids[:2]:
        return look.wrong("machine-only", "A container's boot id is said to be the machine's.")
    if ids[:2] != [host, host]:
        return look.not_yet("A container's boot id is not what a container says now.", "Read it again.")
    return look.passed("Two containers, one kernel; the machine has booted its own.")
