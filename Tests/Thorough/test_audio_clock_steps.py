# SPDX-License-Identifier: Apache-2.0
"""A step of the clock is a Discontinuity in all renditions."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import avsync
from harness.audio import Track
from harness.clockstep import ClockStep
from harness.tunein import next_segments
from test_audio_setups import SMALL


@pytest.mark.timeout(60)
@pytest.mark.parametrize("step_ms", [300, 5000, -400])
def test_pl_21_clock_step_is_a_discontinuity_in_all_renditions(step_ms: int, streamer,
                                                               tmp_path: Path) -> None:
    """PL-21: a step of the wall clock is a Discontinuity at the same segment of video and audio."""
    step = ClockStep(tmp_path)
    program = streamer(*SMALL, "--audio", "tone", env=step.env)
    video, audio = Track(program.port, "video"), Track(program.port, "audio")
    next_segments(program.port, 1)
    before = video.playlist().last_complete
    step.set(step_ms * 1_000_000)
    next_segments(program.port, 4)
    pair = video.playlist(), audio.playlist()
    found = [{s.msn: (s.discontinuity, s.gap) for s in p.segments if s.msn > before} for p in pair]
    both = set(found[0]) & set(found[1])
    assert len(both) >= 3
    assert {n: found[0][n] for n in both} == {n: found[1][n] for n in both}
    assert sum(mark for mark, _ in found[1].values()) == 1
    assert pair[0].tags["EXT-X-DISCONTINUITY-SEQUENCE"] == pair[1].tags[
        "EXT-X-DISCONTINUITY-SEQUENCE"]
    starts = [{s.msn: s.milliseconds() for s in p.segments} for p in pair]
    assert all(-22 < starts[1][n] - starts[0][n] <= 0 for n in both)
    # The beep follows the flash, and the flash follows the wall clock.
    later = sorted(n for n in both if not found[1][n][1])[-3:]
    media = [track.header(p) + b"".join(track.get(f"segment{n}.m4s") for n in later)
             for track, p in zip((video, audio), pair)]
    marks = avsync.marks(*media)
    assert marks and all(abs(mark.offset) < 0.001 for mark in marks), marks
