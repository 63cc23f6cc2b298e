# SPDX-License-Identifier: Apache-2.0
"""Viewers whose link stops for a while, and then carries the stream: none stays late."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from harness.browser import viewer
from harness.http1 import get
from harness.program import Program
from harness.proxy import Proxy
from harness.waiting import pause

STOP, WITHIN, NEAR = 1.5, 10.0, 0.2
LATE = """() => [(__player.glassToGlassMs ?? __player.latencyMs) / 1000, __player.target]"""


def rate_of(program: Program) -> float:
    """Bytes per second of the only rendition."""
    path = "/live/video/"
    listed = get(program.port, f"{path}playlist.m3u8").text
    names = [line for line in listed.splitlines() if line.endswith(".m4s")][-4:]
    sizes = [len(get(program.port, path + name).body) for name in names]
    return sum(sizes) / len(sizes)


def late_after(page: Page, seconds: float) -> tuple[float, list[str]]:
    """The time until the page stays near its target, and its latencies."""
    course, back, begun = [], None, time.monotonic()
    while time.monotonic() - begun < seconds:
        late, target = page.evaluate(LATE)
        course.append(f"{late:.2f}/{target:.2f}")
        if late > target + NEAR:
            back = None
        elif back is None:
            back = time.monotonic() - begun
        page.wait_for_timeout(500)
    return back if back is not None else float("inf"), course


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("player", "reserve"), [
    ("frames", 1.15), ("frames", 4), ("ws", 1.15), ("hlsjs", 4)])
def test_no_player_stays_late(player: str, reserve: float, browser: Browser, hlsjs: object,
                              streamer: Callable[..., Program]) -> None:
    """Back at the target + 0.2 s within 10 s, also if the link carries little more than the stream.

    The stream has one rendition: no player can change to a lower one.
    """
    program = streamer("--resolution", "640x360", "--bitrate", "2000", "--hlsjs", str(hlsjs))
    pause(5, "segments of the usual size")
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
            back, course = late_after(view.page, WITHIN + 4)
            state = view.page.evaluate("() => __player.stalls.map(({ seconds }) => seconds)")
    finally:
        proxy.close()
    print(f"{player}, {reserve} × {rate * 8 / 1000:.0f} kbit/s: back after {back:.1f} s; {course}; "
          f"stalls {state}")
    assert back <= WITHIN
