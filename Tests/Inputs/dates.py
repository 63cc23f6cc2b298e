# SPDX-License-Identifier: Apache-2.0
"""The dates of segments agree with the durations of those before them, also over lost frames."""

from __future__ import annotations

from collections.abc import Iterable

from follow import Kept

# Dates are printed in milliseconds, and follow the clock of a source by 300 ppm.
TOLERANCE = 0.002


def faults_of(segments: Iterable[Kept]) -> list[str]:
    """Segments within a period that end before or after the date of the next one.

    Beside a gap (EXT-X-GAP) media may end before that date, and the gap too: frames are lost there.
    EXTINF is that of the parts. None ends after the date.
    """
    listed = sorted(segments, key=lambda one: one.number)
    faults = []
    for one, after in zip(listed, listed[1:]):
        if after.is_discontinuous or after.number != one.number + 1 \
                or one.date is None or after.date is None:
            continue
        off = after.date - one.date - one.duration
        if one.is_gap != after.is_gap and 0 < off < after.duration:
            continue
        if abs(off) > TOLERANCE + one.duration * 0.0003:
            faults.append(f"segment {one.number} of {one.duration} s is followed after "
                          f"{after.date - one.date:.3f} s")
    return faults[:3]
