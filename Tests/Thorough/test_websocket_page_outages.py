# SPDX-License-Identifier: Apache-2.0
"""The page over a WebSocket: sound, and outages of the network."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from harness.browser import SMALL, viewer
from harness.labreport import summary
from harness.program import Program
from harness.proxy import Proxy
from test_websocket_page import latencies


@pytest.mark.timeout(90)
def test_audio_plays_over_a_socket(browser: Browser, streamer) -> None:
    """With audio both tracks play, and the buffer of both is read."""
    program = streamer("--resolution", "640x360", "--bitrate", "1000", "--audio", "tone")
    with viewer(browser, SMALL) as view:
        view.open(program.url("/?transport=ws&muted=0"))
        view.wait_playing()
        assert view.page.evaluate("() => __player.sound") is True
        view.watch(4)
        found = latencies(view, 6)
        print(f"with audio: {summary(found)}")
        view.wait_live(program.port)
        decoded = view.page.evaluate(
            "() => document.querySelector('video').webkitAudioDecodedByteCount")
        assert decoded > 10000


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["frozen", "cut"])
def test_outage_of_the_network(kind: str, browser: Browser, server: Program) -> None:
    """After three seconds without a network the picture returns to its target without a reload."""
    proxy = Proxy(server.port)
    try:
        with viewer(browser, SMALL) as view:
            view.open(f"http://127.0.0.1:{proxy.port}/?transport=ws")
            view.wait_playing()
            view.watch(3)
            (proxy.freeze if kind == "frozen" else proxy.cut)()
            view.watch(3)
            proxy.mend()
            view.page.wait_for_function(
                "() => __player.status === 'live' && __player.latencyMs < 700", timeout=15000)
            view.watch(3)
            found = latencies(view, 2)
            print(f"after an outage, {kind}: {summary(found)}")
            view.wait_live(server.port)
    finally:
        proxy.close()
