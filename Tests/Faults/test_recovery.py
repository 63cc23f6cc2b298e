# SPDX-License-Identifier: Apache-2.0
"""Players that recover by themselves: a network outage, a hidden tab, a restart of the server."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.hiddenpage import BarePage
from harness.labreport import report
from harness.ports import free_port
from harness.program import Program, kill
from harness.proxy import Proxy
from harness.waiting import pause, wait_until

PATHS = {"frames": "/", "hlsjs": "/?player=hlsjs", "ws": "/?transport=ws"}
# The time in the background, s: a minute for the player whose server sends without requests.
HIDDEN = {"frames": 5, "hlsjs": 5, "ws": 60}
BACK_WITHIN = 12


def settle(view: Viewer, since: float) -> dict[str, Any]:
    """Waits until frames after `since` (Unix ms) are shown, then reports on the next 3 s."""
    view.page.wait_for_function(
        "since => { const s = window.__lab.samples; const l = s[s.length - 1];"
        " return l && l[1] !== null && l[1] > since; }", arg=since, timeout=BACK_WITHIN * 1000)
    back = time.time() * 1000
    view.watch(3)
    found = report(view.data(), since=back, until=back + 3000)
    print(f"playing again {back - since:.0f} ms after the end of the fault: "
          f"{found['glass_to_glass_ms']}, stalls {found['stalls']}")
    return found


def check(found: dict[str, Any], view: Viewer, origin: float) -> None:
    """Checks that the page plays, at most three seconds late, without a reload."""
    # Frames that a player skips to reach the live edge are not counted as lost.
    assert found["clock_span_s"] > 2 and found["frames"]["distinct"] > 60
    assert -50 < found["glass_to_glass_ms"]["p50"] < 3000
    assert view.page.evaluate("() => performance.timeOrigin") == origin, "the page was loaded again"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("gap", ["frozen", "cut", "offline"])
@pytest.mark.parametrize("player", PATHS)
def test_page_recovers_from_a_network_outage(player: str, gap: str, browser: Browser,
                                             server: Program, hlsjs: object) -> None:
    """Two seconds without network: packets lost, connections cut, or the browser offline."""
    proxy = Proxy(server.port)
    try:
        with viewer(browser) as view:
            view.open(f"http://127.0.0.1:{proxy.port}{PATHS[player]}")
            view.wait_playing(frames=60)
            origin = view.page.evaluate("() => performance.timeOrigin")
            if gap == "offline":
                view.context.set_offline(True)
            else:
                (proxy.freeze if gap == "frozen" else proxy.cut)()
            view.watch(2)
            view.context.set_offline(False)
            proxy.mend()
            check(settle(view, time.time() * 1000), view, origin)
    finally:
        proxy.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("player", PATHS)
def test_hidden_page_is_live_again_when_shown(player: str, browser: Browser, server: Program,
                                              hlsjs: object) -> None:
    """After some time in a hidden tab the player is live again."""
    page = BarePage(browser)
    try:
        page.open(server.url(PATHS[player]))
        shown_frames = "window.__lab ? window.__lab.samples.length : 0"
        wait_until(lambda: (page.evaluate(shown_frames) or 0) >= 60, 15, "sixty frames",
                   interval=0.2)
        page.hide()
        pause(HIDDEN[player], "the time in the background")
        assert page.evaluate("document.visibilityState") == "hidden"
        page.show()
        shown = time.time() * 1000
        pause(3, "the time to return to the live edge")
        now = time.time() * 1000
        pause(3, "the duration of the measurement")
        found = report(page.data(), since=now, until=now + 3000)
        print(f"3-6 s after a hidden tab is shown: {found['glass_to_glass_ms']}, "
              f"{found['stalls']}")
        assert page.evaluate("document.visibilityState") == "visible" and shown < now
        assert found["clock_span_s"] > 2 and found["frames"]["distinct"] > 60
        assert -50 < found["glass_to_glass_ms"]["p50"] < 3000
    finally:
        page.close()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("player", PATHS)
def test_page_recovers_from_a_restart(player: str, browser: Browser, streamer,
                                      hlsjs: object) -> None:
    """The server is killed and restarted after a second: the page continues without a reload."""
    flags = ("--test-src", "--host", "127.0.0.1", "--http-port", str(
        free_port()), "--resolution", "640x360", "--bitrate", "1000", "--hlsjs", str(hlsjs))
    program = streamer(*flags, defaults=False)
    with viewer(browser) as view:
        view.open(program.url(PATHS[player]))
        view.wait_playing(frames=60)
        origin = view.page.evaluate("() => performance.timeOrigin")
        kill(program)
        view.watch(1)
        streamer(*flags, defaults=False)
        check(settle(view, time.time() * 1000), view, origin)
