# SPDX-License-Identifier: Apache-2.0
"""/ with several streams: their list, in Chromium."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer


@pytest.mark.timeout(60)
def test_root_lists_the_streams(browser: Browser, streamer, tmp_path: Path) -> None:
    """Each stream has its state and a still, and its link leads to its player."""
    settings = {
        "host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "320x180",
        "bitrate": 300, "streams": [
            {"stream": "door"}, {"stream": "yard"}, {"stream": "later", "onDemand": True}]
    }
    (tmp_path / "streams.json").write_text(json.dumps(settings))
    program = streamer("-c", str(tmp_path / "streams.json"), defaults=False)
    with viewer(browser) as view:
        page = view.page
        view.open(program.url("/"))
        page.wait_for_function(
            "() => [...document.querySelectorAll('canvas')].map(({ width }) => width).join()"
            " === '320,320'", timeout=15000)
        assert page.locator("li a").all_inner_texts() == [
            "door\nLive", "yard\nLive", "later\nStarts on demand"]
        assert "wall?streams=door,yard,later" in (page.get_attribute("#wall", "href") or "")
        assert not any("/later/" in url for url in view.requests)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_function("() => (window.__player?.framesShown ?? 0) > 5", timeout=15000)
        assert page.url == program.url("/door/")
        assert not view.page_errors, view.page_errors
