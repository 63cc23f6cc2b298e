# SPDX-License-Identifier: Apache-2.0
"""The players of the page show the next publisher, whose size, rate and sound are others."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from fetch_hlsjs import script_flags
from harness.browser import viewer
from harness.dashscript import dashjs_file, dashjs_flags
from harness.http1 import get
from harness.newframes import wait_frames
from harness.program import Program
from harness.rtmp import HOST, publish, rtmp_port
from harness.sources import ENCODER, Source
from harness.waiting import wait_until

PAGES = {"hls.js": "/live/?player=hlsjs", "frames": "/live/?player=frames",
         "WebSocket": "/live/?player=ws", "dash.js": "/ldash/play/live/manifest.mpd"}
OTHER_SOUND = [*ENCODER, "-ar", "44100", "-ac", "1"]


@pytest.mark.timeout(150)
@pytest.mark.parametrize("player", PAGES)
def test_the_page_shows_the_next_publisher(player: str, browser: Browser,
                                           streamer: Callable[..., Program],
                                           sources: list[Source]) -> None:
    """320x180 at 25, 48 kHz stereo, then 640x360 at 30, 44.1 kHz mono: 60 frames are shown."""
    if player == "dash.js" and dashjs_file() is None:
        pytest.skip("dash.js not found (DASHJS): it is not tested")
    program = streamer(*HOST, *script_flags(), *dashjs_flags(), defaults=False)
    port = rtmp_port(program)
    sources.append(publish(port, size="320x180", rate=25, group=25,
                           options=[*ENCODER, "-ac", "2"], audio="aac"))
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    with viewer(browser) as view:
        view.open(program.url(PAGES[player]))
        view.wait_playing(frames=50)
        sources[-1].kill()
        since = time.time()
        sources.append(publish(port, options=OTHER_SOUND, audio="aac"))
        wait_frames(lambda: view.data()["samples"], since * 1000)
        assert not [error for error in view.page_errors if "fatal" in error.lower()]
