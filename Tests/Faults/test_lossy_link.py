# SPDX-License-Identifier: Apache-2.0
"""A publisher by SRT over a link that loses 2 % of the packets: frames arrive in time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.continuity import check_one_stream, frames
from harness.http1 import get
from harness.lossy import LossyLink
from harness.metrics import total
from harness.program import Program
from harness.recorder import record
from harness.rtmp import rtmp_port
from harness.sources import Source, ffmpeg_sender
from harness.waiting import wait_until

VIDEO = "/live/video/playlist.m3u8"
LOSS, DELAY = 0.02, 0.02  # of each direction: a round trip of 40 ms
LATENCY = 200  # five round trips, in ms


@pytest.mark.timeout(120)
@pytest.mark.parametrize("mode", ["always", "never"])
def test_lost_packets_are_sent_again(mode: str, streamer: Callable[..., Program],
                                     sources: list[Source]) -> None:
    """Packets are sent again in time, or SRT would drop them; /metrics has the loss.

    At most 1 % of the frames, 10 % if they are encoded, do not follow their predecessor.
    """
    program = streamer("--host", "127.0.0.1", "--http-port", "0", "--srt", "127.0.0.1:0",
                       "--srt-latency", str(LATENCY), "--source", "srt", "--passthrough", mode,
                       "--preset", "ultrafast", defaults=False)
    link = LossyLink(rtmp_port(program, "srt"), loss=LOSS, delay=DELAY)
    try:
        sources.append(ffmpeg_sender(
            ["-f", "mpegts", "-omit_video_pes_length", "0",
             f"srt://127.0.0.1:{link.port}?streamid=live&latency={LATENCY * 1000}"]))
        wait_until(lambda: get(program.port, VIDEO, timeout=15).status == 200, 30, "a playlist")
        found = record(program.port, 15, VIDEO)
        check_one_stream(found)
        seen = [frame for frame in frames(found) if frame.clock is not None]
        steps = [round((two.clock - one.clock) * 30) for one, two in zip(seen, seen[1:])]
        delays = sorted(frame.captured - frame.clock for frame in seen)
        counters = {name: total(program.port, f"streamer_srt_{name}_packets_total")
                    for name in ("received", "lost", "retransmitted", "dropped", "overflow")}
        trip = total(program.port, "streamer_srt_round_trip_seconds")
        print(f"{mode}: {len(seen)} frames, steps {sorted(set(steps))}, "
              f"captured after drawing p50 {delays[len(delays) // 2] * 1000:.0f} ms, "
              f"max {delays[-1] * 1000:.0f} ms; {counters}, round trip {trip * 1000:.0f} ms; "
              f"the link lost {link.lost} of {link.lost + link.relayed}")
        assert len(seen) >= 300
        # An encoded stream may repeat a frame whose slot closes before it is decoded.
        assert sum(step != 1 for step in steps) <= len(steps) // (100 if mode == "always" else 10)
        assert not program.logged("source-gone") and not program.logged("irregular")
        assert counters["lost"] >= 5 and counters["retransmitted"] >= 5
        assert counters["dropped"] <= counters["received"] / 1000 and counters["overflow"] == 0
        # Within the latency, or no packet could be sent again.
        assert 2 * DELAY <= trip <= LATENCY / 1000
    finally:
        link.close()
