# SPDX-License-Identifier: Apache-2.0
"""Players that return to their target latency within 5 s after a disturbance of up to 5 s."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.labreport import between, pauses
from harness.program import Program
from harness.proxy import Proxy

# The path of each player, and its target by default (s).
PLAYERS = {
    "frames": ("/?player=frames", 0.12),
    "hlsjs": ("/?player=hlsjs", 0.35),
    "dash": ("/?src=/live/manifest.mpd&player=frames", 0.5),
}
WITHIN, MEASURED, TOLERANCE = 5, 2.5, 0.05


def freeze(seconds: float) -> Callable[[Viewer, Proxy], None]:
    """Plays for 6 s, then no byte passes for `seconds`."""
    def disturb(view: Viewer, proxy: Proxy) -> None:
        view.watch(6)
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


def wrong_after(view: Viewer, target: float, end: float) -> tuple[str, list[str]]:
    """The course of the latency after the disturbance, and the reasons why it is too slow."""
    view.watch(WITHIN + MEASURED)
    data, latencies = view.data(), []
    for half in range(2 * (WITHIN + 2)):
        samples = between(data, end + 500 * half, end + 500 * (half + 1))
        late = [shown - clock for shown, clock, *_ in samples if clock is not None]
        latencies.append(round(median(late)) if late else None)
    state = view.page.evaluate("() => [__player.target, __player.stalls.length]")
    wrong = []
    for late in latencies[2 * WITHIN:]:
        if late is None or late > 1000 * (target + TOLERANCE):
            wrong.append(f"{late} ms after {WITHIN} s")
    # The frame at which playback continues, and the seek to the target, are no stalls.
    stalls = pauses(between(data, end + 1000, end + 1000 * (WITHIN + MEASURED)), 33)
    if stalls:
        wrong.append(f"stalls {[(round(at - end), length) for at, length in stalls]}")
    return f"ms each 0.5 s: {latencies}, [target, stalls] {state}", wrong


@pytest.mark.timeout(60)
@pytest.mark.parametrize("disturbance", DISTURBANCES)
@pytest.mark.parametrize("player", PLAYERS)
def test_player_returns_to_its_target(player: str, disturbance: str, browser: Browser,
                                      server: Program, hlsjs: object) -> None:
    """Five seconds after the end the latency is the target + 50 ms, without a stall."""
    path, target = PLAYERS[player]
    proxy = Proxy(server.port)
    try:
        with viewer(browser) as view:
            view.open(f"http://127.0.0.1:{proxy.port}{path}")
            view.wait_playing(frames=20)
            DISTURBANCES[disturbance](view, proxy)
            course, wrong = wrong_after(view, target, time.time() * 1000)
    finally:
        proxy.close()
    print(f"{player} {disturbance}: {course}")
    assert not wrong, wrong
