# SPDX-License-Identifier: Apache-2.0
"""The page by WebCodecs: sound with the picture, and a restart of the server."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness import avbrowser
from harness.browser import viewer
from harness.supervisor import Supervisor
from harness.waiting import pause
from test_webcodecs_page import MEDIA_REQUESTS, wait_live

FRAME = 1000 / 30
STALLED = "() => __player.stalls.length"


@pytest.mark.timeout(90)
def test_webcodecs_plays_sound_with_the_picture(browser: Browser, streamer) -> None:
    """Switched on, sound plays within a frame of the picture, without a stall; one retry."""
    program = streamer("--resolution", "640x360", "--bitrate", "700", "--audio", "tone")
    for attempt in (1, 2):
        with viewer(browser) as view:
            page = view.page
            avbrowser.tap(view)
            view.open(program.url("/?transport=webcodecs&panel=1"))
            wait_live(page)
            before = page.evaluate(STALLED)
            page.click("#sound")
            page.wait_for_function("() => __sound.onsets.length >= 6", timeout=15000)
            view.watch(0.5)
            found, still = avbrowser.tapped(view), page.evaluate(STALLED) - before
            print(f"run {attempt}: audio before video {found}, {still} stalls")
            assert page.evaluate("() => __player.player") == "webcodecs"
            page.wait_for_function("() => __player.glassToGlassMs < 500", timeout=20_000)
        if abs(found.middle) <= FRAME and not still:
            return
    raise AssertionError(f"{found}, {still} stalls")


@pytest.mark.timeout(90)
def test_socket_continues_after_a_restart(browser: Browser, binary: Path) -> None:
    """The server is killed and restarted: a socket brings the frames again."""
    supervisor = Supervisor(["--resolution", "640x360", "--bitrate", "700", "--audio", "tone"])
    try:
        supervisor.run()
        with viewer(browser) as view:
            page = view.page
            view.open(f"http://127.0.0.1:{supervisor.port}/?transport=webcodecs")
            wait_live(page)
            supervisor.kill()
            pause(1, "the duration of the outage")
            shown = page.evaluate("() => __player.framesShown")
            supervisor.run()
            page.wait_for_function("shown => __player.framesShown > shown + 90", arg=shown,
                                   timeout=15000)
            view.wait_live(supervisor.port)
            assert page.evaluate(MEDIA_REQUESTS) == 0
            assert page.evaluate("() => __player.player") == "webcodecs"
            assert not view.page_errors, view.page_errors
    finally:
        supervisor.close()
