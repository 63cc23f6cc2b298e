# SPDX-License-Identifier: Apache-2.0
"""Splices and segments: which one is at a splice or nearest to it; the tags of --cue-tags."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program
from harness.sources import clip
from harness.transport import Transport, splice_insert
from harness.waiting import wait_until
from test_events import TOKEN, post
from test_metadata import SPLICE_SCHEME, Viewed, attribute, milliseconds, watch

# Key frames 0, 20 and 64 of every 97 frames: GOPs of 20, 44 and 33 frames. Segments have at least
# 30 frames, so key frame 20 of 97 begins none.
UNEVEN = "expr:if(mod(n,97),eq(mod(n,97),20)+eq(mod(n,97),64),1)"
BEGINS, WITHIN = 3 * 97 + 64, 4 * 97 + 20


@pytest.mark.timeout(90)
def test_variable_duration_segment_begins_at_a_splice(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """If the one before has its minimum duration; else the log names the nearest one."""
    port = free_port()
    stream = Transport(tmp_path / "source.ts", 18, "-force_key_frames", UNEVEN, group=300)
    for event, frame in enumerate((BEGINS, WITHIN), 1):
        section = splice_insert(event, stream.stamps[frame], out=True, seconds=1)
        stream.splice(frame - 60, section)
    program = streamer("--input", f"udp://127.0.0.1:{port}", "--passthrough", "always",
                       "--playlist-length", "20", "--admin-token", TOKEN, "--host", "127.0.0.1",
                       "--http-port", "0", defaults=False, within=20)
    wait = stream.send(port)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200,
               20, "a playlist")
    viewed = Viewed(program)
    watch(viewed, seconds=20)
    wait()
    first, second = sorted({message.ticks for message in viewed.of(SPLICE_SCHEME)})
    assert (second - first) * 30 == (WITHIN - BEGINS) * viewed.scale
    assert {first, second} <= viewed.keys
    assert first in viewed.pdt and second not in viewed.pdt, (first, second, sorted(viewed.pdt))
    line = next(line for line in viewed.ranges if '"splice-1-' in line)
    assert abs(milliseconds(str(attribute(line, "START-DATE"))) - viewed.pdt[first]) <= 1
    # The segment of key frame 64 + 33 begins 20 frames before the second splice.
    told = [entry.message for entry in program.logged("splice-key")]
    assert len(told) == 2 and all("at a key frame" in text for text in told), told
    assert ", where segment" in told[0] and "begins 666 ms before it" in told[1], told


def test_cue_tags_are_at_the_nearest_segments(streamer: Callable[..., Program]) -> None:
    """With --cue-tags: before the segments of a break, and before the one after it."""
    program = streamer("--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN,
                       "--cue-tags", "--playlist-length", "12")
    path = "/live/video/playlist.m3u8"
    wait_until(lambda: get(program.port, path).status == 200, 15, "a playlist")
    begin = round(time.time()) + 3
    for late, section in ((400, splice_insert(7, None, out=True, seconds=2.3)),
                          (2700, splice_insert(7, None, out=False))):
        post(program, json.dumps({"scte35": f"0x{section.hex()}"}),
             f"?time={begin * 1000 + late}")

    def ended() -> str | None:
        """The playlist once it has the segment after the return."""
        text = get(program.port, path).text
        return text if f"\nsegment{begin + 4}.m4s\n" in text else None

    text = wait_until(ended, 15, "the segment after the return")
    tags: dict[int, list[str]] = {}
    waiting: list[str] = []
    for line in text.splitlines():
        if line.startswith("#EXT-X-CUE"):
            waiting.append(line.removeprefix("#EXT-X-CUE-"))
        elif line.startswith("segment"):
            number = int(line.removeprefix("segment").partition(".")[0]) - begin
            tags[number], waiting = waiting, []
    assert {number: tags[number] for number in range(-1, 5)} == {
        -1: [], 0: ["OUT:2.3"], 1: ["OUT-CONT:ElapsedTime=0.6,Duration=2.3"],
        2: ["OUT-CONT:ElapsedTime=1.6,Duration=2.3"], 3: ["IN"], 4: []}, text
    assert text.count("EXT-X-DATERANGE") == 2


@pytest.mark.timeout(60)
def test_splice_of_a_request_is_near_a_key_frame(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """A splice of the API keeps its time in passed-through video; the log names the nearest one."""
    program = streamer("--input", str(clip(tmp_path / "film.mp4", 4)), "--loop", "--passthrough",
                       "always", "--admin-token", TOKEN, "--host", "127.0.0.1", "--http-port",
                       "0", defaults=False, within=20)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8").status == 200, 20, "live")
    asked = round(time.time() * 1000) + 2300
    section = splice_insert(7, None, out=True, seconds=2)
    event = post(program, json.dumps({"scte35": f"0x{section.hex()}"}), f"?time={asked}")
    assert milliseconds(event["time"]) == asked
    line = program.wait_logged("splice-key", "key frame of the source", within=8).message
    found = re.search(r"segment,? (\d+),? begins(?: (\d+) ms (before|after) it)?", line)
    assert found, line
    distance = int(found[2] or 0) * (1 if found[3] == "after" else -1)

    def dates() -> list[int] | None:
        """The dates of the segments, once the next one is complete."""
        listed = parse(get(program.port, "/live/video/playlist.m3u8").text).segments
        return [one.milliseconds() for one in listed if one.uri] \
            if listed[-1].msn > int(found[1]) else None

    nearest = min((date - asked for date in wait_until(dates, 8, "the next segment")), key=abs)
    # The frame at or after the time is compared.
    assert abs(nearest - distance) <= 34 or abs(nearest) > 465, (line, nearest)
