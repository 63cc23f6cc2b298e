# SPDX-License-Identifier: Apache-2.0
"""Pass-through with real senders: every frame, in time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.boxes import timescale
from harness.continuity import check_one_stream, frames
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.ports import free_port
from harness.program import Program, run_to_end
from harness.recorder import record
from harness.runs import longest
from harness.sources import Source, ffmpeg_sender, rtsp_server
from harness.supervisor import is_bound
from harness.tunein import fetch
from harness.waiting import wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0"]
HEVC = [
    "-c:v", "libx265", "-preset", "ultrafast", "-tune", "zerolatency", "-b:v", "1500k",
    "-x265-params", "log-level=none:keyint=30:min-keyint=30:scenecut=0:bframes=0:open-gop=0"
]
# CRA pictures at group starts, without leading pictures.
CRA = [*HEVC[:-1], HEVC[-1].replace("open-gop=0", "open-gop=1")]


def play(streamer: Callable[..., Program], sources: list[Source], kind: str, *more: str,
         group: int = 30, coding: list[str] | None = None) -> Program:
    """A source of `kind`, and a streamer that plays it."""
    port = free_port()
    url = {"rtsp": f"rtsp://127.0.0.1:{port}/x", "rtmp": f"rtmp://127.0.0.1:{port}/live/x",
           "udp": f"udp://127.0.0.1:{port}"}[kind]
    if kind == "rtsp":
        sources.append(rtsp_server(port))
    else:
        to = ["-f", "mpegts", f"{url}?pkt_size=1316"
              ] if kind == "udp" else ["-f", "flv", "-listen", "1", url]
        sources.append(ffmpeg_sender([*(coding or []), *to], group=group))
        if kind == "rtmp":
            wait_until(lambda: is_bound(port), 10, "the listener of ffmpeg")
    program = streamer("--input", url, *HOST, *more, defaults=False, within=25)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    return program


def wait_steady(program: Program) -> None:
    """Waits for four segments without a Discontinuity: a sender may stumble at its start."""
    def is_steady() -> bool:
        text = get(program.port, "/live/video/playlist.m3u8").text
        return text.count("#EXTINF") >= 4 and "DISCONTINUITY\n" not in text

    wait_until(is_steady, 60, "four segments without a Discontinuity")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["rtsp", "rtmp", "hevc", "cra"])
def test_every_frame_passes_through_in_time(kind: str, streamer, sources: list[Source]) -> None:
    """No frame is lost or late; the grid has no hole; segments begin with a key frame."""
    coding = {"hevc": HEVC, "cra": CRA}.get(kind)
    program = play(streamer, sources, "udp" if coding else kind, coding=coding)
    assert f"640x360 {PASSED_THROUGH}" in program.description()
    wait_steady(program)
    found = record(program.port, 5)
    check_one_stream(found)
    seen = frames(found)
    clocks = [frame.clock for frame in seen]
    assert len(seen) >= 90 and None not in clocks
    assert [round((two - one) * 30)
            for one, two in zip(clocks, clocks[1:])] == [1] * (len(clocks) - 1)
    delays = sorted(frame.captured - frame.clock for frame in seen)
    p50 = delays[len(delays) // 2] * 1000
    print(f"{kind}: capture time after the burned clock: p50 {p50:.1f} ms")
    # Frames are captured before the fifth one after them is drawn: none waits for others.
    assert longest(one.captured < after.clock for one, after in zip(seen, seen[5:])) >= 30
    ahead = {round(frame.captured - frame.frame_time, 1) for frame in seen}
    assert max(ahead) - min(ahead) < 0.11, "media time leaves the capture time"
    assert timescale(found.init()) == 90000
    master = get(program.port, "/live/manifest.mpd").text
    assert ('codecs="hvc1.' if coding else 'codecs="avc1.') in master


@pytest.mark.timeout(60)
def test_groups_of_two_seconds_are_the_segments(streamer, sources: list[Source]) -> None:
    """GOPs of two seconds are the segments; numbers count two seconds each."""
    program = play(streamer, sources, "udp", group=60)
    playlist = fetch(program.port)
    assert playlist.target_duration == 2
    last = playlist.segments[-1]
    assert abs(last.msn - last.milliseconds() / 2000) < 4
    assert all(abs(segment.duration - 2) < 0.001 for segment in playlist.segments)


@pytest.mark.parametrize(("flags", "words"), [
    (["--test-src"], "--input"), (["--input", "udp://127.0.0.1:1", "--overlay", "x"], "--overlay"),
    (["--input", "udp://127.0.0.1:1", "--bitrate", "700"], "--bitrate")])
def test_passthrough_always_refuses_encoder_flags(flags: list[str], words: str) -> None:
    """--passthrough always together with a flag for the encoder is refused at the start."""
    status, lines = run_to_end([*flags, "--passthrough", "always", *HOST], defaults=False)
    assert status == 2 and len(
        lines) == 1 and "--passthrough always" in lines[0] and words in lines[0], lines
