# SPDX-License-Identifier: Apache-2.0
"""Streams of a configuration whose file has ended, or whose source is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.configuration import stream, write
from harness.http1 import get
from harness.metrics import total
from harness.ports import free_port
from harness.program import Program
from harness.sources import clip
from harness.tunein import fetch, next_segments
from harness.waiting import pause, wait_until


@pytest.mark.timeout(60)
def test_ended_file_is_served_while_others_continue(streamer: Callable[..., Program],
                                                    tmp_path: Path) -> None:
    """A file that ends: ENDLIST, its window stays available, and the other streams continue."""
    clip(tmp_path / "clip.mp4", 3, size="320x180")
    path = write(
        tmp_path,
        [stream("a"),
         stream("f", input="clip.mp4", playlistLength=6, segmentDuration=0.5)])
    program = streamer("-c", str(path), defaults=False)
    ended = "/f/video/playlist.m3u8"
    wait_until(lambda: fetch(program.port, path=ended).ended, 15, "the end of the file")
    pause(4, "the window must stay available for a playlist length after the end")
    playlist = fetch(program.port, path=ended)
    assert get(program.port, f"/f/video/{playlist.segments[-1].uri}").status == 200
    assert total(program.port, "streamer_stream_state", stream="f", state="ended") == 1
    assert program.process.poll() is None and not fetch(program.port,
                                                        path="/a/video/playlist.m3u8").ended


def test_requests_for_a_missing_source_are_refused_at_once(streamer: Callable[..., Program],
                                                           tmp_path: Path) -> None:
    """After an attempt that failed, requests are 503 with the reason; other streams play.

    A stream that cannot start is retried every 10 s and logged once, with its key path.
    """
    path = write(tmp_path, [stream("a"), stream("late", input=f"rtsp://127.0.0.1:{free_port()}/x"),
                            stream("broken", input=str(tmp_path / "nowhere.ts"))])
    program = streamer("-c", str(path), defaults=False)
    wait_until(lambda: "refuses the connection" in get(
        program.port, "/late/playlist.m3u8", timeout=30).text, 30, "the reason")
    path_of_other = "/a/video/playlist.m3u8"
    before = fetch(program.port, path=path_of_other).segments[-1].msn
    for _ in range(5):
        response = get(program.port, "/late/playlist.m3u8", timeout=30)
        assert response.status == 503 and 1 <= int(response.headers["retry-after"]) <= 10
    # Five holds would last 40 segments of the other stream.
    assert fetch(program.port, path=path_of_other).segments[-1].msn < before + 30
    next_segments(program.port, 8, path_of_other)
    pause(program.started + 11 - time.monotonic(), "one more try, after 10 s, is not logged again")
    logged = [entry.message for entry in program.entries if "nowhere.ts" in entry.message]
    assert len(logged) == 1 and "[2].input" in logged[0], logged
