"""What is begun and not yet written down must not be left behind by a signal."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from labhelpers.jupyter import _signals_wait


@pytest.fixture
def handled() -> Iterator[None]:
    """SIGINT as in a terminal; a run in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("handled")
def test_a_signal_is_not_lost_and_waits_for_the_end_of_the_block() -> None:
    done = []

    def begin() -> None:
        with _signals_wait():
            signal.raise_signal(signal.SIGINT)
            done.append("written down")

    with pytest.raises(KeyboardInterrupt):
        begin()
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("handled")
def test_an_error_in_the_block_goes_through() -> None:
    with pytest.raises(OSError, match="no program"), _signals_wait():
        raise OSError("no program")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_ignored_stays_ignored() -> None:
    """Programs that are started take that over."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with _signals_wait():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
