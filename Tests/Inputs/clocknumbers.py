# SPDX-License-Identifier: Apache-2.0
"""The numbers of segments of one duration are those of the clock."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from follow import Kept

# Capture times have jitter, and dates follow the clock of the source.
TOLERANCE = 0.25
# Segments after an irregularity until their numbers are those of the clock again.
SETTLES = 3


def faults_of(segments: Iterable[Kept]) -> list[str]:
    """Numbers that are not that of the time, for more than some segments, and longer segments."""
    found = {one.number: one for one in segments}
    listed = sorted((one for one in found.values() if not one.is_gap and one.date is not None),
                    key=lambda one: one.number)
    if not listed:
        return []
    # The last segment of a period, and one that has lost frames, are shorter than the others.
    durations = [one.duration for one in listed]
    duration, wrong = statistics.mode(durations), 0
    if max(durations) > duration + 0.002:
        return [f"segments of {duration} and {max(durations)} s"]
    for one in listed:
        off = (one.date or 0) - one.number * duration
        wrong = 0 if -TOLERANCE <= off <= duration + TOLERANCE else wrong + 1
        if wrong > SETTLES:
            return [f"segment {one.number} of {duration} s begins {off:.3f} s after its time"]
    return []
