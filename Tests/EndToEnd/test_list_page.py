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


@pytest.mark.timeout(90)
@pytest.mark.parametrize("count", [2, 6])
def test_stills_of_the_server(browser: Browser, streamer, tmp_path: Path, count: int) -> None:
    """With many streams the server makes the stills; with few ones those that the page cannot."""
    settings = {
        "host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "320x180",
        "framerate": 10, "bitrate": 100,
        "streams": [{"stream": f"door{index}"} for index in range(count)]
    }
    (tmp_path / "streams.json").write_text(json.dumps(settings))
    program = streamer("-c", str(tmp_path / "streams.json"), defaults=False)
    with viewer(browser) as view:
        page = view.page
        if count == 2:
            page.route("**/*.m4s", lambda route: route.abort())
        view.open(program.url("/"))
        page.wait_for_function(
            "count => [...document.querySelectorAll('canvas')]"
            ".filter(({ width }) => width === 320).length === count", arg=count, timeout=40000)
        stills = [url for url in view.requests if "/320.jpg" in url]
        print(stills)
        assert len({url.split("/")[3] for url in stills}) == count
        assert count == 2 or not any(".m4s" in url for url in view.requests)
