"""Notebook 01: how many integrations a matrix has, and what the box changes about it."""

from __future__ import annotations

from typing import Any

from labhelpers.exercises.model import Look, Verdict, blank, exercise, prediction

SOFTWARE, MACHINES = 5, 8
_PAIRS, _ONCE = SOFTWARE * MACHINES, SOFTWARE + MACHINES


@exercise(
    "01.matrix",
    title="Matrix",
    goal="Say how many integrations that is without a box, and how many with one.",
    success='Both numbers are right. The cell `matrix(["…"], ["…"])` draws a table of any names that you give it.',
    hints=(
        "Without a box, count the cells of a table with 5 rows and 8 columns.",
        "With a box, each kind of software is packed once, and each kind of machine learns once to run boxes.",
    ),
    solution="without = 5 * 8\nwith_box = 5 + 8",
    wrong={
        "added": "Without a box every software meets every machine. Count the pairs, not the names.",
        "multiplied": "With a box nobody looks at pairs any more: a software meets the box, a machine meets the box.",
        "swapped": "The larger number is the one without a box.",
    },
)
def matrix(look: Look, *, without: Any = None, with_box: Any = None) -> Verdict:
    """Both numbers, which are typed: what is asked for is a thought, and no state of an engine."""
    if blank(without) or blank(with_box):
        return look.not_yet("One of the two numbers is still open.", "Fill in `without` and `with_box`.")
    said = (_number(without), _number(with_box))
    if None in said:
        return look.not_yet(
            "One of the two is not a whole number.", "Write numbers, or let Python reckon: `5 * 8`."
        )
    if said == (_PAIRS, _ONCE):
        return look.passed(f"{_PAIRS} without a box, {_ONCE} with one.")
    if said == (_ONCE, _PAIRS):
        return look.wrong("swapped", f"You have {said[0]} without a box, and {said[1]} with one.")
    if said[0] == _ONCE:
        return look.wrong("added", f"{_ONCE} is {SOFTWARE} + {MACHINES}.")
    if said[1] == _PAIRS:
        return look.wrong("multiplied", f"{_PAIRS} is {SOFTWARE} × {MACHINES}.")
    which = "without" if said[0] != _PAIRS else "with"
    return look.not_yet(
        f"The number {which} a box is another one.", "Draw the table with `matrix`, and count."
    )


def _number(value: Any) -> int | None:
    """A whole number from what was typed."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if number.is_integer() else None


prediction(
    "01.pairs",
    question="Six kinds of software on seven kinds of machine: how many integrations are there?",
    options={"a": "13.", "b": "42.", "c": "49."},
    truth="b",
    because="Each of the 6 kinds of software has to be made to work on each of the 7 kinds of machine: 6 × 7.",
)
prediction(
    "01.oscar",
    question="Oscar restarts the container: does he need to know that it is Python, and is Dan's data lost?",
    options={"a": "Yes, and yes.", "b": "No, and yes.", "c": "No, and no."},
    truth="c",
    because="All containers restart the same way, and a container keeps its files until it is removed.",
)
prediction(
    "01.format",
    question="Can an image be read without Docker?",
    options={"a": "No, it is Docker's own format.", "b": "Yes, its format is an open standard."},
    truth="b",
    because="Images follow the OCI specifications, and registries are asked over HTTP.",
)
prediction(
    "01.shared",
    question="Of five kinds of namespace, how many do two containers share?",
    options={"a": "None.", "b": "The network, since both are on one machine.", "c": "All."},
    truth="a",
    because="Each container gets namespaces of its own, also for the network, unless it is asked otherwise.",
)
prediction(
    "01.hotel",
    question="What does a guest of the hotel not have to itself?",
    options={"a": "A kernel.", "b": "Files.", "c": "A network address."},
    truth="a",
    because="Files and network are each container's own; the kernel is the host's, and is shared by all.",
)
