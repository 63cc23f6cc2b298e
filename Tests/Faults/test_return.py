# SPDX-License-Identifier: Apache-2.0
"""Players that return to the latency from before after a disturbance of up to 5 s, and stay there.

How soon a player returns is tested without a browser: client/test/latency-controller.test.mjs and
edge-return.test.mjs; `make lossy` measures it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.labreport import between, pauses
from harness.newframes import latency, now, wait_near
from harness.program import Program
from harness.proxy import Proxy

PLAYERS = {
    "frames": "/?player=frames",
    "hlsjs": "/?player=hlsjs",
    "dash": "/?src=/live/manifest.mpd&player=frames",
}
# The most above the target, or above the latency from before, ms.
TOLERANCE = 50


def wait_calm(view: Viewer) -> float:
    """Waits for 150 frames, of which the last 75 are after the start; their latency, ms."""
    view.wait_playing(frames=150)
    return latency(view.data()["samples"][-75:])


def freeze(seconds: float) -> Callable[[Viewer, Proxy], None]:
    """No byte passes for `seconds`."""
    def disturb(view: Viewer, proxy: Proxy) -> None:
        proxy.freeze()
        view.watch(seconds)
        proxy.mend()

    return disturb


def burst(view: Viewer, proxy: Proxy) -> None:
    """Three short freezes, right after the first second."""
    for _ in range(3):
        proxy.freeze()
        view.watch(0.45)
        proxy.mend()
        view.watch(0.75)


DISTURBANCES = {"1s": freeze(1), "2s": freeze(2), "5s": freeze(5), "burst-at-start": burst}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("disturbance", DISTURBANCES)
@pytest.mark.parametrize("player", PLAYERS)
def test_player_returns_to_its_target(player: str, disturbance: str, browser: Browser,
                                      server: Program, hlsjs: object) -> None:
    """For 75 frames in a row the latency is the target, or the one from before, + 50 ms."""
    proxy = Proxy(server.port)
    try:
        with viewer(browser) as view:
            view.open(f"http://127.0.0.1:{proxy.port}{PLAYERS[player]}")
            view.wait_playing(frames=20)
            target = 1000 * view.page.evaluate("() => __player.target")
            # A busy machine is late before the disturbance too. A start may be later than later.
            before = wait_calm(view) if disturbance != "burst-at-start" else target
            DISTURBANCES[disturbance](view, proxy)
            end = now()
            back = wait_near(lambda: view.data()["samples"], end,
                             max(target, before) + TOLERANCE, 75)
            state = view.page.evaluate("() => [__player.target, __player.stalls.length]")
            stalls = pauses(between(view.data(), end, now()), 33)
    finally:
        proxy.close()
    print(f"{player} {disturbance}: {before:.0f} ms before, back after {back:.1f} s; stalls "
          f"{[(round(at - end), length) for at, length in stalls]}, [target, stalls] {state}")
