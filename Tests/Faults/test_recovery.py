# SPDX-License-Identifier: Apache-2.0
"""Players that recover by themselves: a network outage, a hidden tab.

`test_killed.py` has restarts of the server.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.hiddenpage import BarePage
from harness.labreport import report
from harness.newframes import now, wait_frames
from harness.program import Program
from harness.proxy import Proxy
from harness.waiting import pause, wait_until

PATHS = {"frames": "/", "hlsjs": "/?player=hlsjs", "ws": "/?transport=ws"}
# The time in the background, s: a minute for the player whose server sends without requests.
HIDDEN = {"frames": 5, "hlsjs": 5, "ws": 60}
# A page is live if its frames are at most this late, ms.
LIVE = 3000


def check_live(view: Viewer, since: float, origin: float) -> None:
    """Waits until frames drawn after `since` (Unix ms) are shown live, without a reload."""
    wait_frames(lambda: view.data()["samples"], since, 90, late=LIVE)
    found = report(view.data(), since=since)
    print(f"{found['glass_to_glass_ms']}, stalls {found['stalls']}")
    assert view.page.evaluate("() => performance.timeOrigin") == origin, "the page was loaded again"


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("player", "gap"), [
    ("frames", "cut"), ("frames", "offline"), ("hlsjs", "cut"), ("ws", "cut"), ("ws", "frozen")])
def test_page_recovers_from_a_network_outage(player: str, gap: str, browser: Browser,
                                             server: Program, hlsjs: object) -> None:
    """Two seconds without network: packets lost, connections cut, or the browser offline.

    `test_return.py` has lost packets for the players over HTTP.
    """
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
            check_live(view, now(), origin)
    finally:
        proxy.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("player", PATHS)
def test_hidden_page_is_live_again_when_shown(player: str, browser: Browser, server: Program,
                                              hlsjs: object) -> None:
    """After some time in a hidden tab the player is live again."""
    page = BarePage(browser)
    try:
        page.open(server.url(PATHS[player]))
        shown_frames = "window.__lab ? window.__lab.samples.length : 0"
        wait_until(lambda: (page.evaluate(shown_frames) or 0) >= 60, 60, "sixty frames",
                   interval=0.2)
        page.hide()
        pause(HIDDEN[player], "the time in the background")
        assert page.evaluate("document.visibilityState") == "hidden"
        page.show()
        shown = now()
        wait_frames(lambda: page.data()["samples"], shown, 90, late=LIVE)
        found = report(page.data(), since=shown)
        print(f"after a hidden tab is shown: {found['glass_to_glass_ms']}, {found['stalls']}")
        assert page.evaluate("document.visibilityState") == "visible"
    finally:
        page.close()
