# SPDX-License-Identifier: Apache-2.0
"""Playlists of the past have the events of their span, from the archive alone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.archive import hour_files
from harness.http1 import get
from harness.program import Program, stop
from harness.transport import splice_insert
from harness.waiting import wait_until
from test_events import TOKEN, post

FLAGS = ("--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN, "--dvr", "1h")


def ranges(program: Program, path: str) -> list[str]:
    """The tags EXT-X-DATERANGE of a playlist."""
    response = get(program.port, path)
    assert response.status == 200, (path, response.status, response.text)
    return [line for line in response.text.splitlines() if line.startswith("#EXT-X-DATERANGE")]


@pytest.mark.timeout(90)
def test_closed_playlist_has_the_events_of_its_span(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """After a restart the tags are those of the live playlist: data, an asset, a break."""
    flags = (*FLAGS, "--archive", str(tmp_path))
    program = streamer(*flags)
    program.wait_logged("live", "playable", within=15)
    first = int(time.time()) + 2
    base = first * 1000
    post(program, '{"goal": "1 %"}', f"?time={base + 250}")
    post(program, '{"x-asset-uri": "https://ads.example/a.m3u8", "duration": 1}',
         f"?time={base + 500}")
    for at, out in ((1000, True), (2500, False)):
        message = splice_insert(7, None, out=out).hex()
        post(program, json.dumps({"scte35": f"0x{message}"}), f"?time={base + at}")
    live = wait_until(lambda: (found if len(found := ranges(
        program, "/live/video/playlist.m3u8")) == 4 else None), 10, "the events")
    wait_until(lambda: time.time() > first + 5, 10, "the end of the span")
    stop(program)
    assert hour_files(tmp_path)
    program = streamer(*flags)
    span = f"/live/video/from/{first}/to/{first + 4}/playlist.m3u8"
    wait_until(lambda: get(program.port, span).status == 200, 15, "the archive")
    assert ranges(program, span) == live
    # A break that has begun before, and ends in the span.
    assert ranges(program, f"/live/video/from/{first + 2}/to/{first + 4}/playlist.m3u8") == [
        line for line in live if "SCTE35" in line]
    assert ranges(program, f"/live/video/from/{first + 4}/to/{first + 5}/playlist.m3u8") == []
