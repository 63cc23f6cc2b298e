# SPDX-License-Identifier: Apache-2.0
"""Waiting in tests: for an event, with a limit; or for a duration, with its reason."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")
# The interval of a wait that is not given one: a twentieth of the time waited, in these bounds.
SHORTEST, LONGEST = 0.02, 0.1
# A busy machine stops a process for seconds: no wait for an event is shorter.
LEAST_LIMIT = 10


def wait_until(condition: Callable[[], Value], within: float, what: str,
               interval: float | None = None) -> Value:
    """Waits until `condition()` is true and returns its value.

    AssertionError after `within` s, but not before LEAST_LIMIT: how soon something happens is no
    verdict of a test.
    """
    start, limit = time.monotonic(), max(within, LEAST_LIMIT)
    while not (value := condition()):
        waited = time.monotonic() - start
        assert waited < limit, f"{what}: not within {limit} s"
        # The only sleep of a wait for an event. To ask for metrics every 20 ms takes 8.5 % of a
        # processor, every 100 ms 3 %.
        time.sleep(min(LONGEST, max(SHORTEST, waited / 20)) if interval is None else interval)
    return value


def not_before(start: float, seconds: float, what: str) -> None:
    """Asserts that `seconds` have passed since `start`, a time.monotonic() of before the cause.

    The limits of the program are bounded from below by this: a slow machine only adds to the time.
    """
    passed = time.monotonic() - start
    assert passed >= seconds, f"{what}: after {passed:.2f} s, before {seconds} s"


def seen_once(attempt: Callable[[], bool], tries: int, what: str) -> None:
    """Asserts that one of `tries` attempts shows `what`.

    A program without the property never shows it, and a busy machine may hide it. An example is a
    message that arrives before the next one is published.
    """
    assert any(attempt() for _ in range(tries)), f"{what}: not in {tries} attempts"


def pause(seconds: float, reason: str) -> None:
    """Lets `seconds` pass, for tests whose subject is a duration: an outage, a rate, a silence."""
    assert reason
    time.sleep(max(0.0, seconds))
