# SPDX-License-Identifier: Apache-2.0
"""Waiting in tests: for an event, with a limit; or for a duration, with its reason."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def wait_until(condition: Callable[[], Value], within: float, what: str,
               interval: float = 0.02) -> Value:
    """Waits until `condition()` is true and returns its value; AssertionError after `within` s."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {within} s"
        time.sleep(interval)  # polling interval: the only sleep of a wait for an event
    return value


def pause(seconds: float, reason: str) -> None:
    """Lets `seconds` pass, for tests whose subject is a duration: an outage, a rate, a silence."""
    assert reason
    time.sleep(max(0.0, seconds))
