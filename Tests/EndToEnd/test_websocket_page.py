# SPDX-License-Identifier: Apache-2.0
"""The page plays over a WebSocket in Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from harness.browser import SMALL, Viewer, viewer
from harness.labreport import summary
from harness.metrics import total
from harness.pagemenus import choose
from harness.program import Program
from harness.waiting import wait_until


def latencies(view: Viewer, seconds: float) -> list[float]:
    """Frame time to display by the page's own figures, each 100 ms, in milliseconds."""
    found = []
    for _ in range(int(seconds * 10)):
        view.watch(0.1)
        value = view.page.evaluate("() => __player.glassToGlassMs ?? __player.latencyMs")
        if value is not None:
            found.append(value)
    return found


@pytest.mark.timeout(90)
def test_video_plays_over_a_socket(browser: Browser, server: Program) -> None:
    """?transport=ws plays without a request for media over HTTP, near its target."""
    with viewer(browser, SMALL) as view:
        view.open(server.url("/?transport=ws"))
        view.wait_playing()
        assert view.page.evaluate("() => __player.player") == "ws"
        view.watch(4)
        print(f"video over a socket: {summary(latencies(view, 4))}")
        view.wait_live(server.port)
        view.wait_smooth()
        assert not [url for url in view.requests if url.endswith(".m4s")], "media over HTTP"
        assert total(server.port, "streamer_websockets") >= 1
        assert not view.page_errors, view.page_errors
    wait_until(lambda: total(server.port, "streamer_websockets") == 0, 5, "the socket is closed")


@pytest.mark.timeout(90)
def test_renditions_are_chosen_in_the_menu(browser: Browser, streamer) -> None:
    """The menu lists the renditions; a choice changes the shown picture."""
    program = streamer("--rendition", "640x360@800", "--rendition", "320x180@300")
    with viewer(browser, SMALL) as view:
        view.open(program.url("/?transport=ws&panel=1"))
        view.wait_playing()
        for height in (180, 360):
            view.page.wait_for_function("() => __player.rendition !== null")
            choose(view.page, "rendition", f"{height}p")
            view.page.wait_for_function(
                f"() => document.querySelector('video').videoHeight === {height}", timeout=12000)
            assert view.page.evaluate("() => __player.rendition") == f"{height}p"
        assert not [url for url in view.requests if url.endswith(".m4s")]


@pytest.mark.timeout(60)
def test_page_over_https_plays_over_a_socket(browser: Browser, streamer) -> None:
    """A page over HTTPS connects by TLS: browsers open a connection of HTTP/1.1 for it."""
    program = streamer("--resolution", "320x180", "--self-signed", "--https-port", "0")
    with viewer(browser, SMALL) as view:
        view.open(program.secure_url("/?transport=ws"))
        view.wait_playing()
        assert view.page.evaluate("() => __player.player") == "ws"
        assert total(program.port, "streamer_websockets") == 1


@pytest.mark.timeout(60)
def test_page_falls_back_without_a_socket(browser: Browser, server: Program) -> None:
    """If the socket is refused, the frame player plays, and a line says why."""
    with viewer(browser, SMALL) as view:
        view.page.add_init_script("""window.WebSocket = class extends EventTarget {
          static OPEN = 1; readyState = 3;
          constructor() { super(); setTimeout(() => this.onclose?.({ code: 1006, reason: '' })); }
          close() {}
        };""")
        view.open(server.url("/?transport=ws"))
        view.wait_playing(within=30)
        assert view.page.evaluate("() => __player.player") == "frames"
        assert "WebSocket" in view.page.locator("#messages").inner_text()
