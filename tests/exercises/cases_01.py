"""The exercise of notebook 01, with every number that learners come up with."""

from __future__ import annotations

from exercises.case import Case, Do

CASES = [
    Case(
        "01.matrix",
        untouched={"without": None, "with_box": None},
        solution=Do(given={"without": 5 * 8, "with_box": 5 + 8}),
        other={
            "as-text": Do(given={"without": " 40", "with_box": "13"}),
            "as-float": Do(given={"without": 40.0, "with_box": 13}),
        },
        wrong={
            "added": [Do(given={"without": 13, "with_box": 13}), Do(given={"without": 13, "with_box": 5})],
            "multiplied": [
                Do(given={"without": 40, "with_box": 40}),
                Do(given={"without": 39, "with_box": "40"}),
            ],
            "swapped": Do(given={"without": 13, "with_box": 40}),
        },
        also={
            "half": Do(given={"without": 40, "with_box": None}),
            "the-shops-numbers": Do(given={"without": 42, "with_box": 13}),
            "second-is-off": Do(given={"without": 40, "with_box": 12}),
            "strange-values": Do(given={"without": [40], "with_box": float("nan")}),
            "endless": Do(given={"without": float("inf"), "with_box": 13}),
        },
        no_engine="it is about two numbers",
        lasting="a thought holds longer than a day",
    ),
]
