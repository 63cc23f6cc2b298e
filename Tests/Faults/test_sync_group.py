# SPDX-License-Identifier: Apache-2.0
"""Viewers of one sync group show the same instant: burned clocks of pages in Chromium."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, launch, viewer
from harness.labreport import percentile, summary
from harness.pagemenus import choose
from harness.program import Program
from harness.proxy import Proxy, late_link
from harness.tools import need
from harness.waiting import wait_until

# Browsers draw by the processor here: their pages are small.
SMALL = {"width": 480, "height": 320}
# A frame at 30 frames per second, and the rounding of burned clocks to whole milliseconds; ms.
FRAME = 1000 / 30 + 1


@pytest.fixture
def idle_browser(browser: Browser, browser_path: str, tmp_path: Path) -> Iterator[Browser]:
    """A Chromium that gets the processor time that others leave, as if on another machine."""
    chrt = need("chrt", "starts a browser that disturbs no other process")
    program = tmp_path / "chromium"
    program.write_text(f'#!/bin/sh\nexec {chrt} --idle 0 {browser_path} "$@"\n')
    program.chmod(0o755)
    running = launch(browser.browser_type, program)
    try:
        yield running
    finally:
        running.close()


@pytest.mark.timeout(240)
def test_sync_group_shows_the_same_instant(browser: Browser, idle_browser: Browser,
                                           server: Program) -> None:
    """The media of one of two members are late: the other one follows to the latency it needs.

    Both show the same burned clock at each instant. A third member, over HTTP, disturbs neither.
    """
    with late_link(server.port, 0.15) as port, viewer(browser) as near, \
            viewer(browser) as far, viewer(idle_browser) as third:
        for view in (near, far, third):
            view.page.set_viewport_size(SMALL)
        near.open(server.url("/?sync=lobby&transport=ws"))
        near.wait_playing()
        far.open(f"http://127.0.0.1:{port}/?sync=lobby&transport=ws")
        far.wait_playing()
        # No picture can be shown 150 ms after its capture there.
        near.page.wait_for_function("() => __player.target > 0.18", timeout=60000)
        near.watch(16)
        targets = [view.page.evaluate("() => __player.target") for view in (near, far)]
        print(f"targets: {targets} s")
        assert min(targets) > 0.18
        check_in_step(near, far, 4, "two burned clocks")
        third.open(server.url("/?sync=lobby&transport=http"))
        check_in_step(near, far, 8, "while a third member joins")
        check_in_step(near, third, 4, "the third member")


@pytest.mark.timeout(240)
def test_member_over_http_begins_in_step(browser: Browser, server: Program) -> None:
    """Over HTTP a member begins at the latency of its group, also after a lost connection.

    A shorter target in its menu changes nothing for it.
    """
    proxy = Proxy(server.port)
    try:
        with viewer(browser) as first, viewer(browser) as second:
            first.open(server.url("/?sync=hall&transport=ws&target=1"))
            first.wait_playing()
            first.page.wait_for_function(
                "() => __player.target >= 1 && Math.abs(__player.syncOffsetMs) < 20", timeout=60000)
            second.open(f"http://127.0.0.1:{proxy.port}/?sync=hall&transport=http&panel=1")
            second.wait_playing()
            check_in_step(first, second, 3, "after its start")
            choose(second.page, "target", "0.1")
            check_in_step(first, second, 3, "after a choice of 0.1 s")
            proxy.cut()
            second.watch(2)
            proxy.mend()
            second.page.wait_for_function("() => __player.status === 'live'", timeout=60000)
            second.watch(0.5)
            check_in_step(first, second, 3, "after a lost connection")
    finally:
        proxy.close()


def check_in_step(one: Viewer, other: Viewer, seconds: float, name: str) -> None:
    """Two pages show the same instant within a frame, as exactly as they draw at all.

    A busy machine draws unevenly: the reference is the unevenness of each page by itself at the
    same time.
    """
    differences, uneven = clock_differences(one, other, seconds)
    print(f"{name}: {summary(differences)}; each page is uneven by {uneven:.0f} ms")
    assert percentile(differences, 0.95) <= FRAME + uneven


def unevenness(samples: list[list[float]]) -> float:
    """The 95th percentile of the difference between steps of a page and of its media, ms.

    A display refreshes each sixtieth of a second: a frame may be shown a refresh later.
    """
    steps = [abs((after[0] - before[0]) - (after[1] - before[1]))
             for before, after in zip(samples, samples[1:])]
    return max(0.0, (percentile(steps, 0.95) or 0) - 1000 / 60)


def clock_differences(one: Viewer, other: Viewer, seconds: float) -> tuple[list[float], float]:
    """The differences of two pages' burned clocks at the same instants, and the unevenness, in ms.

    The instants are times of this machine's clock, read by the probe: no page's own measurement of
    a clock counts.
    """
    since = time.time() * 1000
    count = 20 * seconds
    one.watch(seconds)

    def shown() -> list[list[list[float]]]:
        found = [view.page.evaluate(
            "since => __lab.samples.filter(([at, clock]) => at > since && clock)", since)
            for view in (one, other)]
        return found if min(map(len, found)) >= count else []

    first, second = wait_until(shown, 30, f"{count:.0f} frames of both pages")
    found = []
    for shown, clock, *_ in first:
        # Burned clock at `shown`, if the nearest frame of the other page went on playing.
        near = min(second, key=lambda sample: abs(sample[0] - shown))
        if abs(near[0] - shown) < 100:
            found.append(abs((shown - clock) - (near[0] - near[1])))
    assert len(found) > count / 2, "frames of both pages at the same instants"
    return found, max(unevenness(first), unevenness(second))
