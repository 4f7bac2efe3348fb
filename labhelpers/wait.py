"""Waiting for something to become ready, without guessing how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from labhelpers.errors import WaitTimeout

T = TypeVar("T")


def wait_until(
    probe: Callable[[], T | None],
    timeout: float,
    *,
    what: str,
    fix: str = "",
    log: Callable[[], str] = lambda: "",
    every: float = 0.1,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Call `probe` until it returns something true, and return that.

    `timeout` and `every` are seconds. An exception of the probe ends the waiting: a probe says "not yet"
    by returning nothing. Raises WaitTimeout with what `log` returns when it takes too long.
    """
    end = clock() + timeout
    while True:
        answer = probe()
        if answer:
            return answer
        if clock() >= end:
            raise WaitTimeout(f"wait for {what}", f"it was not ready after {timeout:g} s", fix, log=log())
        sleep(every)
