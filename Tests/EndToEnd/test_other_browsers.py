# SPDX-License-Identifier: Apache-2.0
"""The player page in Firefox and WebKitGTK: LL-DASH and LL-HLS with our own player, judged by the burned clock."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest

from harness.firefox import firefox_running
from harness.program import Program
from harness.webkit import webkit_running

BROWSERS = {"firefox": firefox_running, "webkitgtk": webkit_running}
PAGES = {"dash": "/ldash/play/live?player=frames&target=1", "hls": "/?player=frames&target=0.5"}
SECONDS = 8


@pytest.fixture(scope="module", params=BROWSERS)
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A browser that is not Chromium."""
    with BROWSERS[request.param](tmp_path_factory.mktemp(request.param)) as browser:
        yield browser


def samples(browser: Any, within: float, count: int) -> list[list[float]]:
    """[shown, burned clock] of the page as soon as there are `count`; fails with what the page says."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        found = browser.evaluate("window.__player ? window.__player.samples : []")
        if len(found) >= count:
            return found
        time.sleep(0.25)
    state = browser.evaluate(
        "window.__player ? { ...window.__player, samples: window.__player.samples.length } : null")
    raise AssertionError(f"not playing after {within} s: {state}")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("page", PAGES)
def test_plays(page: str, other: Any, server: Program) -> None:
    """The burned clock moves with time, most frames are there, the latency is below three seconds and printed."""
    other.open(server.url(PAGES[page]))
    samples(other, 30, 30)
    time.sleep(4)
    begin = samples(other, 5, 30)[-1][1]
    time.sleep(SECONDS)
    found = [pair for pair in samples(other, 5, 30) if pair[1] > begin]
    late = sorted(shown - stamp for shown, stamp in found)
    state = other.evaluate(
        "({ rate: window.__player.rate, target: window.__player.target, stalls: window.__player.stalls,"
        " errors: window.__player.errors, player: window.__player.player })")
    cuts = quantiles(late, n=20)
    print(
        f"{page}: glass to glass p50 {cuts[9]:.0f}, p95 {cuts[18]:.0f}, max {late[-1]:.0f} ms, {len(found)} readings; {state}"
    )
    assert state["player"] == "frames"
    span = (found[-1][1] - found[0][1]) / 1000
    assert span > 0.7 * SECONDS and len({stamp for _, stamp in found}) > 0.4 * 30 * span
    assert -100 < cuts[9] < 3000
