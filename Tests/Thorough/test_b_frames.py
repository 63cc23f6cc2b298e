# SPDX-License-Identifier: Apache-2.0
"""H.264 with B-frames, passed through: composition offsets, order, instants and players."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import datetime

import pytest

from harness.boxes import chunks, find, timescale
from harness.continuity import check_one_stream, frames
from harness.frames import clocks_of
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program
from harness.recorder import record
from harness.rtmp import publish, rtmp_port
from harness.sources import Source, ffmpeg_sender
from harness.waiting import wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0"]
PLAYLIST = "/live/video/playlist.m3u8"
# The defaults of x264, with B-frames that refer to each other, apart from the effort.
B_FRAMES = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-b:v", "1500k"]


def play(kind: str, streamer: Callable[..., Program], sources: list[Source],
         *more: str) -> Program:
    """A program that passes a source of `kind` with B-frames through."""
    if kind == "udp":
        url = f"udp://127.0.0.1:{free_port()}"
        sources.append(ffmpeg_sender([*B_FRAMES, "-f", "mpegts", url + "?pkt_size=1316"]))
        program = streamer("--input", url, *HOST, *more, defaults=False, within=25)
    elif kind == "srt":
        program = streamer("--srt", "127.0.0.1:0", *HOST, *more, defaults=False)
        port = rtmp_port(program, "srt")
        sources.append(ffmpeg_sender([
            *B_FRAMES, "-f", "mpegts", f"srt://127.0.0.1:{port}?latency=60000&streamid=live"]))
    else:
        program = streamer("--rtmp", "127.0.0.1:0", *HOST, *more, defaults=False)
        sources.append(publish(rtmp_port(program), "live", options=B_FRAMES))
    wait_until(lambda: get(program.port, PLAYLIST, timeout=15).status == 200, 25, "a playlist")
    assert PASSED_THROUGH in program.log_text(), program.log_text()
    return program


def shifts(chunk: bytes) -> list[int]:
    """The composition offsets of a chunk, in ticks; 0 if it has none."""
    found = []
    for run in find(chunk, "moof/traf/trun"):
        if int.from_bytes(run[1:4], "big") & 0x800 == 0:
            found.append(0)
            continue
        assert run[0] == 1, "signed offsets need version 1"
        found.append(struct.unpack_from(">i", run, len(run) - 4)[0])
    return found


@pytest.mark.timeout(90)
@pytest.mark.parametrize("kind", ["udp", "srt", "rtmp"])
def test_each_frame_is_presented_at_its_time(kind: str, streamer: Callable[..., Program],
                                             sources: list[Source]) -> None:
    """Frames in order and without a hole; segments cover the same time in both orders."""
    program = play(kind, streamer, sources, "--admin-token", "sesame-open-sesame")
    assert "ms later" in program.wait_logged("b-frames", within=5).message
    [stream] = json.loads(get(program.port, "/api/streams", headers={
        "Authorization": "Bearer sesame-open-sesame"}).text)
    assert 0.06 < stream["bFrameDelay"] < 0.2, stream
    found = record(program.port, 4, PLAYLIST)
    check_one_stream(found)
    shown = frames(found)
    clocks = [frame.clock for frame in shown]
    assert len(clocks) >= 90 and None not in clocks
    steps = {round((two - one) * 30) for one, two in zip(clocks, clocks[1:])}
    assert steps == {1}, steps
    init, segments = found.init(), found.segments()
    frame = timescale(init) // 30
    for number, (_, media) in segments.items():
        times = [c.tfdt for c in chunks(media, init)]
        presented = [time + shift for time, shift in zip(times, [
            s for c in chunks(media, init) for s in shifts(c.data)])]
        assert sorted(presented) == times, f"segment {number} is not closed"
        assert presented[0] == times[0] and max(presented) - min(presented) == 29 * frame
        assert presented != times, "no B-frames"
    # A still of an instant is the frame that is presented then.
    playlist = get(program.port, PLAYLIST).text
    uri = parse(playlist).segments[-1].uri
    media = get(program.port, f"/live/video/{uri}").body
    begin = program_date(playlist, uri)
    own = clocks_of(init + media)
    for index in (0, 1, 2, 3, 7, 29):
        still = get(program.port, f"/live/at/{begin + (index + 0.5) / 30:.4f}.jpg")
        assert still.status == 200, still.text
        assert clocks_of(still.body) == [own[index]], index
    document = json.loads(get(program.port, f"/live/at/{begin + 2.5 / 30:.4f}").text)
    assert abs(document["frameTime"] / 1e9 - begin - 2 / 30) < 0.001


def program_date(playlist: str, uri: str) -> float:
    """The EXT-X-PROGRAM-DATE-TIME of the segment, seconds since 1970."""
    lines = playlist.splitlines()
    at = lines.index(uri)
    text = next(line for line in reversed(lines[:at])
                if line.startswith("#EXT-X-PROGRAM-DATE-TIME:"))
    return datetime.fromisoformat(text.partition(":")[2].replace("Z", "+00:00")).timestamp()
