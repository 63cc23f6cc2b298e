# SPDX-License-Identifier: Apache-2.0
"""The page behind a cache that passes no WebSockets."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness import edges
from harness.browser import viewer
from harness.program import Program


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("path", "player"), [
    ("/live/", "frames"), ("/live/?transport=webcodecs", "webcodecs"),
    ("/live/?transport=ws", "frames"),
])
def test_one_attempt_shows_that_no_socket_opens(path: str, player: str, server: Program,
                                                browser: Browser, tmp_path: Path) -> None:
    """Varnish answers and passes no upgrade: the page plays over HTTP, and tries no second time."""
    edge = edges.varnish(tmp_path, [server.port])
    try:
        with viewer(browser) as view:
            view.open(edge.url(path))
            view.page.wait_for_function("() => (window.__player?.framesShown ?? 0) > 60",
                                        timeout=20000)
            view.page.wait_for_function(
                "n => __player.framesShown > n + 150", timeout=40000,
                arg=view.page.evaluate("() => __player.framesShown"))
            assert view.page.evaluate("() => __player.player") == player
            assert len(view.sockets) == 1, view.sockets
    finally:
        edge.close()
