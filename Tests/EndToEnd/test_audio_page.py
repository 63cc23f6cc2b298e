# SPDX-License-Identifier: Apache-2.0
"""The player page with audio: both renditions, and the button."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from harness.browser import SMALL, viewer
from harness.program import Program, start, stop

FLAGS = ("--resolution", "640x360", "--bitrate", "700")
STATE = "() => { const { samples, ...rest } = window.__player; return rest; }"


@pytest.fixture(scope="module")
def tone(binary: object, hlsjs: object) -> Iterator[Program]:
    """A stream with the test tone, and hls.js for its page."""
    program = start([*FLAGS, "--audio", "tone", "--hlsjs", str(hlsjs)])
    try:
        yield program
    finally:
        stop(program)


@pytest.mark.timeout(60)
def test_frame_player_reads_both_renditions(browser: Browser, tone: Program) -> None:
    """The frame player reads whole open segments of both renditions, with the same numbers."""
    with viewer(browser, SMALL) as view:
        view.open(tone.url("/"))
        view.wait_playing()
        view.watch(3)
        names = [{url.rsplit("/", 1)[-1] for url in view.requests if f"/live/{kind}/segment" in url}
                 for kind in ("video", "audio")]
    assert len(names[0]) >= 3 and names[0] == names[1] or len(names[0] ^ names[1]) <= 2
    assert all(name.count(".") == 1 for name in names[0] | names[1]), "no parts"


@pytest.mark.timeout(60)
def test_page_starts_muted_and_the_button_unmutes(browser: Browser, tone: Program,
                                                  server: Program) -> None:
    """The page starts muted; `m` and the button switch; without audio the button says so."""
    muted = "() => document.querySelector('video').muted"
    with viewer(browser, SMALL) as view:
        view.open(tone.url("/?panel=1"))
        view.wait_playing()
        button = view.page.locator("#sound")
        assert view.page.evaluate(muted) and button.get_attribute(
            "aria-label") == "Unmute" and button.is_enabled()
        view.page.keyboard.press("m")
        assert not view.page.evaluate(muted)
        view.page.wait_for_timeout(300)
        assert button.get_attribute("aria-label") == "Mute"
        button.click()
        assert view.page.evaluate(muted)
    with viewer(browser, SMALL) as view:
        view.open(server.url("/?panel=1"))
        view.wait_playing()
        view.page.wait_for_timeout(500)
        button = view.page.locator("#sound")
        assert button.get_attribute("aria-label") == "No sound" and button.is_disabled()
        assert view.page.evaluate(STATE)["target"] < 0.18
