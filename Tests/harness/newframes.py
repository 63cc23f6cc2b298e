# SPDX-License-Identifier: Apache-2.0
"""Waits until a player shows new frames, or is as late as before: events, not bounds of times."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from harness.waiting import wait_until

# [shown ms, burned clock or None, ...] of each shown frame, as the probe records them.
Sample = Sequence[Any]
Samples = Callable[[], Sequence[Sample]]
# The longest wait for frames, s; a player that does not recover has none.
WITHIN = 90.0
# The frames of two seconds at 30 frames per second.
FRAMES = 60


def wait_frames(samples: Samples, since: float, count: int = FRAMES, late: float = float("inf"),
                within: float = WITHIN) -> list[Sample]:
    """Waits until `count` different frames drawn after `since` were shown; returns those.

    `since` is in Unix ms. A frame counts if it was shown at most `late` ms after it was drawn.
    """
    def drawn() -> list[Sample]:
        found = {one[1]: one for one in samples()
                 if one[1] is not None and one[1] > since and one[0] - one[1] <= late}
        return list(found.values()) if len(found) >= count else []

    return wait_until(drawn, within, f"{count} frames that were drawn after the fault",
                      interval=0.2)


def latency(samples: Sequence[Sample]) -> float:
    """The median time from the drawing of frames to their display, ms."""
    return median(one[0] - one[1] for one in samples if one[1] is not None)


def wait_near(samples: Samples, since: float, near: float, count: int = FRAMES,
              within: float = WITHIN) -> float:
    """Waits until the newest `count` frames in a row are at most `near` ms late (the median).

    Each tenth of them has to be, so that none of these frames stood still. Returns the seconds from
    `since` (Unix ms) to the first of them.
    """
    def found() -> list[Sample]:
        newest = [one for one in samples() if one[1] is not None and one[0] > since][-count:]
        step = max(1, count // 10)
        groups = [newest[at:at + step] for at in range(0, len(newest), step)]
        is_near = len(newest) == count and all(latency(group) <= near for group in groups)
        return newest if is_near else []

    newest = wait_until(found, within, f"{count} frames at most {near:.0f} ms late", interval=0.2)
    return (newest[0][0] - since) / 1000


def now() -> float:
    """The time, Unix ms."""
    return time.time() * 1000
