# SPDX-License-Identifier: Apache-2.0
"""The page plays by WebCodecs in Chromium."""

from __future__ import annotations

from statistics import median

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer


@pytest.mark.timeout(60)
def test_webcodecs_plays_on_a_canvas(browser: Browser, streamer) -> None:
    """A canvas shows the video; the menu changes its size; with sound another player plays."""
    program = streamer("--rendition", "640x360@1000", "--rendition", "320x180@300", "--audio",
                       "tone")
    with viewer(browser) as view:
        page = view.page
        view.open(program.url("/?transport=webcodecs&panel=1"))
        page.wait_for_function("() => (window.__player?.samples.length ?? 0) > 60", timeout=15000)
        assert page.evaluate("() => [__player.player, __player.sound]") == ["webcodecs", True]
        # By itself the page takes the lower rendition on a busy machine.
        page.select_option("#rendition", "360p")
        page.wait_for_function("() => document.querySelector('canvas').height === 360",
                               timeout=8000)
        assert not page.locator("video").is_visible()
        found = page.evaluate(
            "() => __player.samples.slice(-30).map(([shown, clock]) => shown - clock)")
        print(f"glass to glass: median {median(found):.0f} ms, max {max(found):.0f} ms")
        assert 0 < median(found) < 400
        page.select_option("#rendition", "180p")
        page.wait_for_function("() => document.querySelector('canvas').height === 180",
                               timeout=8000)
        page.click("#play")
        page.wait_for_function("() => document.querySelector('#play .name').textContent === 'Play'")
        shown = page.evaluate("() => __player.framesShown")
        view.watch(0.5)
        assert page.evaluate("() => __player.framesShown") <= shown + 2
        page.click("#play")
        page.wait_for_function("shown => __player.framesShown > shown + 20", arg=shown,
                               timeout=5000)
        page.click("#sound")
        page.wait_for_function("() => __player.player === 'frames'", timeout=3000)
        page.wait_for_function("() => document.querySelector('video').currentTime > 0",
                               timeout=8000)
        assert "WebCodecs plays no sound" in page.locator("#messages").inner_text()
        assert page.locator("canvas").count() == 0
        assert not view.page_errors, view.page_errors
