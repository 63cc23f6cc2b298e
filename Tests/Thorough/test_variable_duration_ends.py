# SPDX-License-Identifier: Apache-2.0
"""Segments of variable duration end at the first key frame after the minimum."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from harness.boxes import chunks
from harness.continuity import check_one_stream, frames
from harness.idr import idr_chunks
from harness.messages import PASSED_THROUGH, VARIABLE_DURATION
from harness.recorder import record
from harness.sources import ENCODER, Source
from test_passthrough import play
from test_variable_duration_segments import UNEVEN, uneven  # noqa: F401
# GOPs of 20 frames, which do not fit into segments of 30: two make one segment.
SHORT = [*ENCODER, "-g", "20", "-keyint_min", "20"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("coding", "lengths"), [(UNEVEN, {33, 64}), (SHORT, {40})],
                         ids=["uneven", "short"])
def test_segments_end_at_the_first_key_frame_after_the_minimum(coding: list[str], lengths: set[int],
                                                               streamer,
                                                               sources: list[Source]) -> None:
    """Segments end at the first key frame after the requested second; no frame is lost."""
    program = play(streamer, sources, "udp", coding=coding)
    assert f"640x360 {PASSED_THROUGH}" in program.description()
    assert "30 frames" in program.description() and VARIABLE_DURATION in program.description()
    found = record(program.port, 8)
    check_one_stream(found)
    seen = frames(found)
    assert [round((two.clock - one.clock) * 30)
            for one, two in zip(seen, seen[1:])] == [1] * (len(seen) - 1)
    init, segments = found.init(), found.segments()
    counts = {
        number: sum(c.samples for c in chunks(data, init))
        for number, (_, data) in segments.items()
    }
    # A program that misses the first group of 20 frames begins with a segment of 44.
    first = counts.pop(min(counts))
    assert first in lengths | ({44} if coding == UNEVEN else set()), first
    assert set(counts.values()) == lengths, counts
    parts = found.parts()
    for number, (uri, data) in segments.items():
        assert idr_chunks(data)[0], f"{uri} does not begin with a key frame"
        own = [data for (parent, _), (_, data) in sorted(parts.items()) if parent == number]
        assert not own or b"".join(own) == data, uri
    for playlist in found.playlists:
        # --max-gop 4 s plus the requested second (RFC 8216bis §4.4.3.1), constant.
        assert playlist.target_duration == 5
        for segment in playlist.segments:
            # §4.4.4.9: a part lasts at least 85 % of the target, except the last of its segment.
            assert all(
                part.duration >= playlist.part_target * 85 / 100 for part in segment.parts[:-1])
            # Durations are printed in whole microseconds.
            whole = sum(part.duration for part in segment.parts)
            assert not segment.parts or abs(whole - segment.duration) <= Decimal("0.000001")
    # The first number is that of the wall clock; then one more per segment, of a second or more.
    assert 0 <= time.time() - max(segments) < 60
