# SPDX-License-Identifier: Apache-2.0
"""The menu of renditions in the player page."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.pagemenus import choose, open_settings


def seconds_until(view: Viewer, height: int, within: float) -> float:
    """The time until the picture has this height."""
    begin = time.monotonic()
    view.page.wait_for_function(
        "height => document.querySelector('video').videoHeight === height", arg=height,
        timeout=within * 1000)
    return time.monotonic() - begin


@pytest.mark.timeout(60)
@pytest.mark.parametrize("player", ["frames", "hlsjs"])
def test_rendition_menu_chooses(player: str, browser: Browser, streamer, hlsjs: object) -> None:
    """The menu has each rendition and "Auto"; a choice is shown and kept."""
    program = streamer("--rendition", "640x360@700", "--rendition", "320x180@200", "--hlsjs",
                       str(hlsjs))
    with viewer(browser) as view:
        view.open(program.url(f"/?panel=1&player={player}"))
        view.wait_playing()
        open_settings(view.page)
        view.page.wait_for_function("() => document.getElementById('rendition').options.length > 2")
        texts = view.page.evaluate(
            "() => [...document.getElementById('rendition').options].map(o => o.value)")
        assert texts == ["", "360p", "180p"]
        choose(view.page, "rendition", "180p")
        seconds_until(view, 180, 8)
        view.watch(2)
        assert view.page.evaluate("() => __player.rendition") == "180p"
        choose(view.page, "rendition", "360p")
        seconds_until(view, 360, 8)
        assert not view.page_errors
