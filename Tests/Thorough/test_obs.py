# SPDX-License-Identifier: Apache-2.0
"""OBS Studio publishes by RTMP and SRT; skipped without it (apt install obs-studio)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.obs import obs_running
from harness.playlist import parse
from harness.program import Program
from harness.rtmp import HOST, rtmp_port
from harness.waiting import wait_until

PLAYLIST = "/live/video/playlist.m3u8"
SERVERS = {"rtmp": ("rtmp://127.0.0.1:{}/live", "cam"),
           "srt": ("srt://127.0.0.1:{}?streamid=live&latency=120000", "")}


@pytest.mark.timeout(90)
@pytest.mark.parametrize("scheme", list(SERVERS))
def test_obs_publishes(scheme: str, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Video and audio are passed through; killed and started again, the stream has one break."""
    program = streamer(*HOST, "--srt", "127.0.0.1:0", "--publish", "open", defaults=False)
    server, key = SERVERS[scheme]
    server = server.format(rtmp_port(program, scheme))
    for turn in range(2):
        with obs_running(tmp_path / str(turn), server, key):
            wait_until(lambda count=turn + 1: len(program.logged("source-open")) == count, 30,
                       "OBS publishes")
            wait_until(lambda: get(program.port, PLAYLIST).status == 200, 15, "a playlist")
            first = parse(get(program.port, PLAYLIST).text).last_complete
            wait_until(lambda: parse(get(program.port, PLAYLIST).text).last_complete >= first + 3,
                       10, "three more segments")
        program.wait_logged("source-silent" if scheme == "srt" else "source-gone", within=10)
    program.wait_logged("stream", "passed through")
    assert "#EXT-X-MEDIA:TYPE=AUDIO" in get(program.port, "/live/playlist.m3u8").text
    assert get(program.port, PLAYLIST).text.count("#EXT-X-DISCONTINUITY\n") == 1
