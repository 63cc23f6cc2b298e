# SPDX-License-Identifier: Apache-2.0
"""The player page in Firefox and WebKitGTK, over HTTP and WebSockets, by the burned clock."""

from __future__ import annotations

from statistics import quantiles
from typing import Any

import pytest

from harness.firefox import firefox_running
from harness.program import Program
from harness.tunein import edge
from harness.waiting import pause, wait_until
from harness.webkit import webkit_running

BROWSERS = {"firefox": firefox_running, "webkitgtk": webkit_running}
PAGES = {"dash": "/ldash/play/live?player=frames&target=1", "hls": "/?player=frames&target=0.5",
         "ws": "/?player=ws&target=0.5"}
SECONDS = 6


@pytest.fixture(scope="module", params=BROWSERS)
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A browser other than Chromium."""
    with BROWSERS[request.param](tmp_path_factory.mktemp(request.param)) as browser:
        yield browser


def samples(browser: Any, within: float, count: int) -> list[list[float]]:
    """[shown, burned clock] of the frames in the page, as soon as there are `count`."""
    def found() -> list[list[float]] | None:
        shown = browser.evaluate("window.__player ? window.__player.samples : []")
        return shown if len(shown) >= count else None

    try:
        return wait_until(found, within, f"{count} frames", interval=0.25)
    except AssertionError as error:
        state = browser.evaluate("window.__player ? { ...window.__player, samples: null } : null")
        raise AssertionError(f"{error}: {state}") from None


@pytest.mark.timeout(120)
@pytest.mark.parametrize("page", PAGES)
def test_page_plays_within_three_seconds(page: str, other: Any, server: Program) -> None:
    """Time advances, most frames are shown, and the latency is below three seconds."""
    other.open(server.url(PAGES[page]))
    samples(other, 30, 30)
    pause(4, "the player reaches its target")
    begin = samples(other, 5, 30)[-1][1]
    wait_until(lambda: samples(other, 5, 30)[-1][1] - begin >= 1000 * SECONDS, 10 * SECONDS,
               "the time advances", interval=0.25)
    found = [pair for pair in samples(other, 5, 30) if pair[1] > begin]
    late = sorted(shown - clock for shown, clock in found)
    state = other.evaluate(
        "(({ rate, target, stalls, errors, player }) =>"
        " ({ rate, target, stalls, errors, player }))(window.__player)")
    cuts = quantiles(late, n=20)
    print(f"{page}: glass to glass p50 {cuts[9]:.0f}, p95 {cuts[18]:.0f}, max {late[-1]:.0f} ms, "
          f"{len(found)} readings; {state}")
    assert state["player"] == ("ws" if page == "ws" else "frames")
    span = (found[-1][1] - found[0][1]) / 1000
    assert span > 0.7 * SECONDS and len({clock for _, clock in found}) > 0.4 * 30 * span
    assert cuts[9] > 0
    # Less than two seconds behind the last complete segment.
    wait_until(lambda: samples(other, 5, 30)[-1][1] > edge(server.port) - 2000, 30,
               "a picture of the live edge", interval=0.25)
