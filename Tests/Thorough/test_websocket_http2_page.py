# SPDX-License-Identifier: Apache-2.0
"""Chromium plays over WebSockets in HTTP/2."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.metrics import total
from harness.program import Program
from harness.waiting import wait_until
from test_websocket_http2 import secure  # noqa: F401


@pytest.mark.timeout(90)
def test_chromium_plays_over_http2(browser: Browser, secure: Program, tmp_path: Path) -> None:
    """The page at https plays by ws; the request for the socket was CONNECT."""
    with viewer(browser) as view:
        view.open(secure.secure_url("/?transport=ws"))
        view.wait_playing()
        assert view.page.evaluate("() => __player.player") == "ws"
        view.wait_playing(frames=150)
        assert total(secure.port, "streamer_websockets") >= 1
        stalls = view.page.evaluate("() => __player.stalls")
        print(f"latency {view.page.evaluate('() => __player.latencyMs')}, {len(stalls)} stalls")
        assert not [url for url in view.requests if url.endswith(".m4s")], "media over HTTP"
    wait_until(lambda: total(secure.port, "streamer_websockets") == 0, 5, "the socket is closed")
    wait_until(lambda: "CONNECT /ws" in (tmp_path / "access.log").read_text(), 5,
               "the access log has CONNECT")
