# SPDX-License-Identifier: Apache-2.0
"""Runs of events in their order: chunks that are sent one by one arrive before the next exists.

A slow machine shortens the runs. A program that holds events back until several exist has none.
"""

from __future__ import annotations

from collections.abc import Iterable


def longest(flags: Iterable[bool]) -> int:
    """The greatest number of successive true values."""
    found = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        found = max(found, run)
    return found
