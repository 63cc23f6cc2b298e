# SPDX-License-Identifier: Apache-2.0
"""Publishers by RTMP whose timestamps are extended, and wrap at 2^32 ms (49.7 days)."""

from __future__ import annotations

import pytest

from harness.continuity import check_one_stream, frames
from harness.flvrelay import FLVRelay
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.recorder import record
from harness.rtmp import HOST, rtmp_port
from harness.sources import Source
from harness.waiting import wait_until

VIDEO = "/live/video/playlist.m3u8"


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("bits", "form"), [
    # From 0xFFFFFF on, a chunk header has an extended timestamp (section 5.3.1.3).
    (24, {}), (32, {}), (32, {"differences": True, "exact": True}),
], ids=["24", "32", "32-differences"])
def test_no_frame_is_lost_at_a_wrap(bits: int, form: dict[str, bool], streamer,
                                    sources: list[Source]) -> None:
    """Timestamps pass 2^24 or 2^32: no discontinuity, no repeated and no missing frame."""
    program = streamer(*HOST, defaults=False)
    wrap = 2**bits
    relay = FLVRelay(rtmp_port(program), wrap - 8000, **form)
    sources.append(relay)
    wait_until(lambda: get(program.port, VIDEO, timeout=15).status == 200, 20, "a playlist")
    assert PASSED_THROUGH in program.description()
    wait_until(lambda: relay.sent > wrap - 2500, 15, "the time before the wrap")
    assert relay.sent < wrap - 1000, "the stream began too late for this test"
    found = record(program.port, 6)
    assert relay.sent > wrap + 2000
    check_one_stream(found)
    clocks = [frame.clock for frame in frames(found)]
    assert len(clocks) >= 120 and None not in clocks
    steps = [round((two - one) * 30) for one, two in zip(clocks, clocks[1:])]
    assert steps == [1] * len(steps)
    if not form:
        audio = record(program.port, 2, "/live/audio/playlist.m3u8")
        check_one_stream(audio)
    assert len(program.logged("source-open")) == 1 and not program.logged("source-gone")
