from __future__ import annotations

import pytest

from labhelpers.errors import WaitTimeout
from labhelpers.wait import wait_until


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_returns_what_the_probe_found_without_sleeping_first() -> None:
    clock = Clock()
    assert wait_until(lambda: "yes", 5, what="it", clock=clock, sleep=clock.sleep) == "yes"
    assert clock.slept == []


def test_asks_again_until_it_is_there() -> None:
    clock = Clock()
    answers = iter([None, 0, "", "ready"])
    assert wait_until(lambda: next(answers), 5, what="it", every=1, clock=clock, sleep=clock.sleep) == "ready"
    assert clock.slept == [1, 1, 1]


def test_gives_up_after_the_time_with_the_log_of_what_did_not_come() -> None:
    clock = Clock()
    with pytest.raises(WaitTimeout) as caught:
        wait_until(
            lambda: None,
            3,
            what="the engine",
            fix="Look.",
            log=lambda: "line 1\nline 2",
            every=1,
            clock=clock,
            sleep=clock.sleep,
        )
    assert caught.value.message == "Could not wait for the engine: it was not ready after 3 s. Look."
    assert caught.value.log == "line 1\nline 2"
    assert clock.now == 3


def test_a_probe_that_fails_ends_the_waiting() -> None:
    def probe() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        wait_until(probe, 5, what="it")


def test_something_there_at_the_last_moment_counts() -> None:
    clock = Clock()
    assert wait_until(lambda: clock.now >= 3, 3, what="it", every=1, clock=clock, sleep=clock.sleep)
