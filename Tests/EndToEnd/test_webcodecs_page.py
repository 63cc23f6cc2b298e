# SPDX-License-Identifier: Apache-2.0
"""The page plays by WebCodecs in Chromium: video on a canvas, audio by an AudioContext."""

from __future__ import annotations

from statistics import median

import pytest
from playwright.sync_api import Browser, Page

from harness.browser import viewer
from harness.pagemenus import choose
MEDIA_REQUESTS = ("() => performance.getEntriesByType('resource')"
                  ".filter(({ name }) => name.endsWith('.m4s')).length")


def wait_live(page: Page) -> None:
    """Waits until the page plays by WebCodecs."""
    page.wait_for_function("() => (window.__player?.samples.length ?? 0) > 60", timeout=15000)
    assert page.evaluate("() => [__player.player, __player.sound]") == ["webcodecs", True]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("path", ["socket", "http"])
def test_webcodecs_plays_on_a_canvas(browser: Browser, streamer, path: str) -> None:
    """A canvas shows the video; the menu changes its size; sound starts and ends beside it.

    The frames arrive over a WebSocket, or over HTTP in a browser without WebSockets.
    """
    program = streamer("--rendition", "640x360@1000", "--rendition", "320x180@300", "--audio",
                       "tone")
    with viewer(browser) as view:
        page = view.page
        if path == "http":
            view.context.add_init_script("delete globalThis.WebSocket")
        view.open(program.url("/?transport=webcodecs&panel=1"))
        wait_live(page)
        assert (page.evaluate(MEDIA_REQUESTS) > 0) == (path == "http")
        # By itself the page takes the lower rendition on a busy machine.
        choose(page, "rendition", "360p")
        page.wait_for_function("() => document.querySelector('canvas').height === 360",
                               timeout=8000)
        assert not page.locator("video").is_visible()
        found = page.evaluate(
            "() => __player.samples.slice(-30).map(([shown, clock]) => shown - clock)")
        print(f"glass to glass: median {median(found):.0f} ms, max {max(found):.0f} ms")
        view.wait_live(program.port, path="/live/360p/playlist.m3u8")
        choose(page, "rendition", "180p")
        page.wait_for_function("() => document.querySelector('canvas').height === 180",
                               timeout=8000)
        page.click("#play")
        page.wait_for_selector("#play[aria-label=Play]")
        shown = page.evaluate("() => __player.framesShown")
        view.watch(0.5)
        assert page.evaluate("() => __player.framesShown") <= shown + 2
        page.click("#play")
        page.wait_for_function("shown => __player.framesShown > shown + 20", arg=shown,
                               timeout=5000)
        page.click("#sound")
        page.wait_for_function("() => __player.target > 0.14", timeout=5000)
        page.click("#sound")
        page.wait_for_function("() => __player.target < 0.14", timeout=5000)
        assert page.evaluate("() => __player.player") == "webcodecs"
        assert page.locator("#messages").inner_text() == ""
        assert not view.page_errors, view.page_errors


@pytest.mark.timeout(60)
def test_without_an_audio_decoder_the_video_plays(browser: Browser, streamer) -> None:
    """The page says that sound needs another transport, and goes on playing the video."""
    program = streamer("--resolution", "640x360", "--bitrate", "700", "--audio", "tone")
    with viewer(browser) as view:
        view.context.add_init_script("delete globalThis.AudioDecoder")
        view.open(program.url("/?transport=webcodecs&panel=1"))
        wait_live(view.page)
        view.page.click("#sound")
        view.page.wait_for_function(
            "() => document.querySelector('#messages').textContent.includes('another transport')",
            timeout=5000)
        shown = view.page.evaluate("() => __player.framesShown")
        view.page.wait_for_function("shown => __player.framesShown > shown + 20", arg=shown,
                                    timeout=5000)
        assert view.page.evaluate("() => __player.player") == "webcodecs"
