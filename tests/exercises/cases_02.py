"""The exercises of notebook 02, in every state that learners bring about."""

from __future__ import annotations

from exercises.case import Case, Do

from labhelpers.measure import Comparison, Run
from labhelpers.process import run

BOX = "localhost:5005/lab/busybox:1"
PROGRAM = (
    "limit=$(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null); "
    'echo "begun with $limit"; dd if=/dev/zero of=/dev/shm/held bs=1M count=40 2>/dev/null; '
    'echo "holds 40 MB"; sleep 3600'
)
ELASTIC = f"docker run -d --name elastic-02 --memory 64m --cpus 0.5 {BOX} sh -c '{PROGRAM}'"
BESIDE = f"docker run -d --name beside-02 --memory 64m --cpus 0.5 {BOX} sleep 3600"
# The program tells what it began with; whoever looks at its log must wait for that.
MADE = f"{ELASTIC}; {BESIDE}; until docker logs elastic-02 | grep -q holds; do sleep 0.1; done"
UPDATE = "docker update --memory 96m --cpus 1"


def measured(runs: int) -> Comparison:
    """Measurements with numbers that are known: 0.5 s against 2 s, the first start 1 s and 9 s."""
    made = []
    for number in range(runs + 1):
        one, two = (0.5, 2.0) if number else (1.0, 9.0)
        made += [
            Run("container", number, one, 10**6, 10**6, 1, "6.1", "a" * 36),
            Run("machine", number, two, 10**8, 10**8, 40, "6.2", str(number) * 36),
        ]
    return Comparison(BOX, tuple(made), "tcg", "emulation", {"container": 0, "machine": 1}, 10**8)


def boot_id() -> str:
    """This machine's, as every container sees it; the engine's machine and the tests' are the same here."""
    return run(["cat", "/proc/sys/kernel/random/boot_id"], tried="read the boot id").strip()


HOST, GUEST = boot_id(), "01234567-89ab-cdef-0123-456789abcdef"
FIVE = measured(5)
TYPED = "the numbers are handed over by the learner, and do not age"

CASES = [
    Case(
        "02.measure",
        untouched={"measured": FIVE, "ratio": None},
        solution=Do(given={"measured": FIVE, "ratio": 4.0}),
        other={
            "rounded": Do(given={"measured": FIVE, "ratio": 4.03}),
            "as-text": Do(given={"measured": FIVE, "ratio": "4"}),
        },
        wrong={
            "too-few": Do(given={"measured": measured(2), "ratio": 4.0}),
            "cold-with-warm": [
                Do(given={"measured": FIVE, "ratio": 18.0}),
                Do(given={"measured": FIVE, "ratio": 2.0}),
            ],
            "upside-down": Do(given={"measured": FIVE, "ratio": 0.25}),
        },
        also={
            "another-number": Do(given={"measured": FIVE, "ratio": 7}),
            "strange-values": Do(given={"measured": [1], "ratio": {}}),
            "no-number": Do(given={"measured": FIVE, "ratio": {}}),
        },
        no_engine="what was measured is handed over, and nothing else is asked",
        lasting=TYPED,
    ),
    Case(
        "02.resize",
        before=MADE,
        solution=f"{UPDATE} elastic-02",
        other={
            "one-after-the-other": "docker update --memory 96m elastic-02; docker update --cpus 1 elastic-02",
            "by-quota": "docker update --memory 100663296 --memory-swap 200m elastic-02;"
            " docker update --cpus 1.0 elastic-02",
        },
        wrong={
            "restarted": [
                f"{UPDATE} elastic-02; docker restart -t 0 elastic-02;"
                " until [ $(docker logs elastic-02 | grep -c begun) = 2 ]; do sleep 0.1; done",
                f"docker stop -t 0 elastic-02; {UPDATE} elastic-02",
            ],
            "recreated": "docker rm -f elastic-02; "
            + ELASTIC.replace("--memory 64m --cpus 0.5", "--memory 96m --cpus 1")
            + "; until docker logs elastic-02 | grep -q begun; do sleep 0.1; done",
            "another-container": f"{UPDATE} beside-02",
            # Where the kernel refuses such an update the state is that of a container made so.
            "below-use": "docker rm -f elastic-02; " + ELASTIC.replace("64m", "24m"),
        },
        also={
            "only-memory": "docker update --memory 96m elastic-02",
            "too-much": "docker update --memory 128m --cpus 1 elastic-02",
            "no-container": "docker rm -f elastic-02",
        },
    ),
    Case(
        "02.one-kernel",
        untouched={"container": "…", "another": "…", "guest": "…"},
        before=f"docker pull -q {BOX}",
        solution=Do(given={"container": HOST, "another": HOST, "guest": GUEST}),
        other={"as-lists": Do(given={"container": [HOST], "another": [HOST], "guest": f"{GUEST}\n"})},
        wrong={
            "machine-only": [
                Do(given={"container": GUEST, "another": GUEST, "guest": GUEST}),
                Do(given={"container": HOST, "another": GUEST, "guest": GUEST}),
            ],
            "not-a-machine": Do(given={"container": HOST, "another": HOST, "guest": HOST}),
        },
        also={
            "half": Do(given={"container": HOST, "another": "…", "guest": GUEST}),
            "no-ids": Do(given={"container": 1, "another": [], "guest": {}}),
            "older": Do(given={"container": GUEST, "another": GUEST, "guest": GUEST[::-1].replace("f", "e")}),
        },
        lasting=TYPED,
    ),
]
