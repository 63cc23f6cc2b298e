# SPDX-License-Identifier: Apache-2.0
"""Viewers whose link stops for a while, and then carries the stream: none stays late.

How soon a player decides to return is tested without a browser: client/test/edge-return.test.mjs
and latency-controller.test.mjs; `make lossy` measures it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from harness.browser import viewer
from harness.http1 import get
from harness.program import Program
from harness.proxy import Proxy
from harness.tunein import next_segments
from harness.waiting import wait_until

STOP, NEAR = 1.5, 0.2
# The longest wait, s. A page has to stay near its target for eight looks, each half a second.
WITHIN, STAYS = 60.0, 8
LATE = """() => [(__player.glassToGlassMs ?? __player.latencyMs) / 1000, __player.target]"""


def rate_of(program: Program) -> float:
    """Bytes per second of the only rendition."""
    path = "/live/video/"
    listed = get(program.port, f"{path}playlist.m3u8").text
    names = [line for line in listed.splitlines() if line.endswith(".m4s")][-4:]
    sizes = [len(get(program.port, path + name).body) for name in names]
    return sum(sizes) / len(sizes)


def wait_returned(page: Page) -> tuple[float, list[str]]:
    """Waits until the page stays near its target; the seconds it took, and its latencies."""
    course: list[str] = []
    begun, row = time.monotonic(), 0

    def stays() -> float:
        nonlocal row
        late, target = page.evaluate(LATE)
        course.append(f"{late:.2f}/{target:.2f}")
        row = row + 1 if late <= target + NEAR else 0
        page.wait_for_timeout(500)
        return time.monotonic() - begun - row / 2 if row == STAYS else 0

    return wait_until(stays, WITHIN, "the page is near its target", interval=0), course


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("player", "reserve"), [
    ("frames", 1.15), ("frames", 4), ("ws", 1.15), ("hlsjs", 4)])
def test_no_player_stays_late(player: str, reserve: float, browser: Browser, hlsjs: object,
                              streamer: Callable[..., Program]) -> None:
    """Back at the target + 0.2 s, also if the link carries little more than the stream.

    The stream has one rendition: no player can change to a lower one.
    """
    program = streamer("--resolution", "640x360", "--bitrate", "2000", "--hlsjs", str(hlsjs))
    next_segments(program.port, 4)
    rate = rate_of(program)
    proxy = Proxy(program.port)
    proxy.buffer = 32_768
    try:
        with viewer(browser) as view:
            view.open(f"http://127.0.0.1:{proxy.port}/?player={player}")
            view.page.wait_for_function("() => (window.__player?.framesShown ?? 0) > 150",
                                        timeout=30000)
            proxy.freeze()
            view.watch(STOP)
            proxy.link_rate = reserve * rate
            proxy.mend()
            back, course = wait_returned(view.page)
            state = view.page.evaluate("() => __player.stalls.map(({ seconds }) => seconds)")
    finally:
        proxy.close()
    print(f"{player}, {reserve} × {rate * 8 / 1000:.0f} kbit/s: back after {back:.1f} s; {course}; "
          f"stalls {state}")
