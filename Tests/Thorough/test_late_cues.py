# SPDX-License-Identifier: Apache-2.0
"""A cue early in its segment in hls.js of another page: how late it is near the live edge."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.http1 import get
from harness.program import Program
from harness.site import site
from harness.waiting import wait_until
from test_captions import PAGE, PLAY, TOKEN, post

CUES = 6


@pytest.mark.timeout(90)
def test_hlsjs_shows_an_early_cue_after_its_segment(
        browser: Browser, streamer: Callable[..., Program], hlsjs: Path) -> None:
    """At 0.1 s of a segment of 1 s: its text is complete with the segment, so it is late."""
    program = streamer("--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN,
                       "--captions", "en*", "--hlsjs", str(hlsjs))
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8").status == 200, 15, "live")
    html = PAGE.format(script=program.url("/player/hls.js"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(PLAY, program.url("/live/playlist.m3u8"))
        view.page.wait_for_function("() => window.__hls.playingDate && window.__hls.latency",
                                    timeout=15000)
        begin = int(time.time()) * 1000 + 2100
        starts = {f"cue {index}": begin + 3000 * index for index in range(CUES)}
        for text, at in starts.items():
            post(program, {"text": text, "start": at, "duration": 2500})
        view.page.wait_for_function(f"() => window.__shown.length === {CUES}", timeout=30000)
        shown, latency = view.page.evaluate("() => [window.__shown, window.__hls.latency]")
        late = {entry["text"]: entry["at"] - starts[entry["text"]] for entry in shown}
        print(f"latency {latency:.2f} s; shown after {[round(one) for one in late.values()]} ms")
        assert set(late) == set(starts)
        # The rest of the segment is missing when the cue begins at the live edge. hls.js shows no
        # cue before its start, and none after its end.
        assert all(one > -50 for one in late.values()), late
        assert not view.page_errors, view.page_errors
