# SPDX-License-Identifier: Apache-2.0
"""The frame player chooses the rendition of a ladder by itself, in Chromium."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.pagemenus import open_settings


@pytest.mark.timeout(60)
def test_frame_player_adapts(browser: Browser, streamer) -> None:
    """On a slow connection the lower rendition plays; afterwards a probe leads back."""
    program = streamer("--rendition", "640x360@1500", "--rendition", "320x180@300")
    limit = {"offline": False, "latency": 0, "uploadThroughput": -1}
    with viewer(browser) as view:
        page = view.page
        view.open(program.url("/?player=frames"))
        view.wait_playing()
        page.wait_for_function("() => __player.rendition === '360p'", timeout=20000)
        view.watch(2)
        session = view.context.new_cdp_session(page)
        session.send("Network.enable")
        begun = time.monotonic()
        session.send("Network.emulateNetworkConditions", {**limit, "downloadThroughput": 110_000})
        page.wait_for_function("() => __player.rendition === '180p'", timeout=10000)
        print(f"down {time.monotonic() - begun:.1f} s after the limit")
        session.send("Network.emulateNetworkConditions", {**limit, "downloadThroughput": -1})
        begun = time.monotonic()
        page.wait_for_function("() => __player.rendition === '360p'", timeout=30000)
        print(f"up {time.monotonic() - begun:.1f} s after its end")
        open_settings(page)
        assert page.evaluate("() => document.getElementById('rendition').value") == ""
        assert not view.page_errors, view.page_errors
