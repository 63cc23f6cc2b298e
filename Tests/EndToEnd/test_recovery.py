# SPDX-License-Identifier: Apache-2.0
"""Players that come back by themselves: a network gap, a hidden tab, a restart of the server."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.hiddenpage import BarePage
from harness.labreport import report
from harness.program import Program, kill
from harness.proxy import Proxy
from harness.supervisor import free_port

PATHS = {"frames": "/", "hlsjs": "/?player=hlsjs"}
BACK_WITHIN = 12


def settle(view: Viewer, since: float) -> dict[str, Any]:
    """Waits until time after `since` (Unix ms) is shown again, then reports on the 3 s that follow."""
    view.page.wait_for_function(
        "since => { const s = window.__lab.samples; const l = s[s.length - 1];"
        " return l && l[1] !== null && l[1] > since; }", arg=since, timeout=BACK_WITHIN * 1000)
    back = time.time() * 1000
    view.watch(3)
    found = report(view.data(), since=back, until=back + 3000)
    print(
        f"playing again {back - since:.0f} ms after the end of the fault: {found['glass_to_glass_ms']}, "
        f"stalls {found['stalls']}")
    return found


def check(found: dict[str, Any], view: Viewer, origin: float) -> None:
    """It plays on, not late by more than three seconds, without a reload."""
    # Frames that a player skips on its way back to the live edge are not counted as lost.
    assert found["clock_span_s"] > 2 and found["frames"]["distinct"] > 60
    assert -50 < found["glass_to_glass_ms"]["p50"] < 3000
    assert view.page.evaluate("() => performance.timeOrigin") == origin, "the page was loaded again"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("gap", ["frozen", "cut", "offline"])
@pytest.mark.parametrize("player", PATHS)
def test_network_gap(player: str, gap: str, browser: Browser, server: Program,
                     hlsjs: object) -> None:
    """Two seconds without network (packets lost, connections cut, or the browser offline)."""
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


@pytest.mark.timeout(60)
@pytest.mark.parametrize("player", PATHS)
def test_hidden_tab(player: str, browser: Browser, server: Program, hlsjs: object) -> None:
    """Five seconds behind another tab: shown again, the player is live again."""
    page = BarePage(browser)
    try:
        page.open(server.url(PATHS[player]))
        deadline = time.monotonic() + 15
        while (page.evaluate("window.__lab ? window.__lab.samples.length : 0") or 0) < 60:
            assert time.monotonic() < deadline, "does not play"
            time.sleep(0.2)
        page.hide()
        time.sleep(5)
        assert page.evaluate("document.visibilityState") == "hidden"
        page.show()
        shown = time.time() * 1000
        time.sleep(3)
        now = time.time() * 1000
        time.sleep(3)
        found = report(page.data(), since=now, until=now + 3000)
        print(
            f"hidden tab, 3-6 s after it is shown again: {found['glass_to_glass_ms']}, {found['stalls']}"
        )
        assert page.evaluate("document.visibilityState") == "visible" and shown < now
        assert found["clock_span_s"] > 2 and found["frames"]["distinct"] > 60
        assert -50 < found["glass_to_glass_ms"]["p50"] < 3000
    finally:
        page.close()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("player", PATHS)
def test_restart_of_the_server(player: str, browser: Browser, streamer, hlsjs: object) -> None:
    """The server is killed and is back after a second: the page plays on without a reload."""
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
