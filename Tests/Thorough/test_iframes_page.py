# SPDX-License-Identifier: Apache-2.0
"""hls.js plays a stream with an I-frame playlist."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from harness.program import Program
from test_iframes import live  # noqa: F401

PAGE = """<video id=v muted autoplay width=320></video><script src=/player/hls.js></script><script>
const errors = []; const h = new Hls({lowLatencyMode: true});
h.on(Hls.Events.ERROR, (_, d) => { if (d.fatal) errors.push(d.details); });
h.loadSource('/live/playlist.m3u8'); h.attachMedia(v);</script>"""


@pytest.mark.timeout(90)
def test_hlsjs_plays_on(live: Program, browser: Browser) -> None:
    """hls.js 1.6.15 plays at the live edge without a request for the key frames."""
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/iframes-test.html", lambda route: route.fulfill(
        content_type="text/html", body=PAGE))
    page.goto(live.url("/iframes-test.html"))
    page.wait_for_function("() => window.v && v.currentTime > 0 && v.readyState > 2",
                           timeout=30_000)
    page.wait_for_timeout(4_000)
    page.wait_for_function("() => h.latency < 6", timeout=30_000)
    state = page.evaluate("() => ({errors, levels: h.levels.length})")
    page.close()
    assert state["errors"] == [] and state["levels"] == 1, state
    assert any("/video/segment" in url for url in asked)
    assert not any("iframes.m3u8" in url for url in asked)
