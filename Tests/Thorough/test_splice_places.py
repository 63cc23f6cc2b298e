# SPDX-License-Identifier: Apache-2.0
"""Splices and segments: the tags of --cue-tags."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from harness.http1 import get
from harness.program import Program
from harness.transport import splice_insert
from harness.waiting import wait_until
from test_events import TOKEN, post


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
