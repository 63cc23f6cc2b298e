# SPDX-License-Identifier: Apache-2.0
"""Players of streams that are passed through: the page, and ffmpeg with the MPD."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import SMALL, viewer
from harness.labreport import report
from harness.players import ffmpeg
from harness.sources import Source
from harness.tunein import next_segments
from test_passthrough import play


@pytest.mark.timeout(90)
@pytest.mark.parametrize("path", ["/", "/?player=hlsjs"])
def test_page_plays_pass_through(path: str, browser: Browser, hlsjs: Path, streamer,
                                 sources: list[Source]) -> None:
    """The page plays it by its own player and by hls.js, without an error."""
    program = play(streamer, sources, "rtsp", "--hlsjs", str(hlsjs))
    with viewer(browser, SMALL) as view:
        view.open(program.url(path))
        view.wait_playing(frames=60)
        began = time.time() * 1000
        view.page.wait_for_function(
            "since => __lab.samples.some(([, clock]) => clock > since + 3000)", timeout=30_000,
            arg=view.last_clock())
        found = report(view.data(), since=began)
        # hls.js plays complete segments of the source.
        view.wait_live(program.port, "Math.max(...__lab.samples.map(([, clock]) => clock))",
                       behind=2000)
    print(f"{path}: {found['glass_to_glass_ms']}")
    assert not found["errors"], found


@pytest.mark.timeout(60)
def test_ffmpeg_plays_the_mpd_of_pass_through(streamer, sources: list[Source]) -> None:
    """ffmpeg plays the MPD, whose Period starts at the first IDR."""
    program = play(streamer, sources, "rtsp")
    next_segments(program.port, 2)
    played = ffmpeg(program.url("/live/manifest.mpd"), 6)
    print(played)
