# SPDX-License-Identifier: Apache-2.0
"""A viewer whose link has half its rate for 30 s, too little for the top rendition."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness import stillness
from harness.browser import Viewer, viewer
from harness.newframes import latency, now, wait_near
from harness.proxy import Proxy

TOP, LOW = 2000, 300  # kbit/s
# Bytes per second: the top rendition passes the link with a reserve, but not half of the link.
LINK = 3_600_000 / 8
HALVED, WITHIN = 30.0, 60.0
# The longest time without a new frame at the half rate, in the time of the page, s.
STILL = {"http": 1.5, "ws": 0.5, "webcodecs": 0.5}
# The most above the latency from before, ms.
NEAR = 80
STATE = """(({ samples, errors, ...rest }) => rest)(__player)"""


class Course:
    """What the page shows, each second since the link was halved."""

    def __init__(self, view: Viewer) -> None:
        self.view = view
        self.begun = time.monotonic()
        self.seconds: list[tuple[float, str, int | None]] = []

    def watch(self, seconds: float) -> dict[str, Any]:
        """Plays on and notes rendition and latency; the state at the end."""
        until = time.monotonic() + seconds
        while True:
            state = self.view.page.evaluate(STATE)
            late = state["glassToGlassMs"] or state["latencyMs"]
            self.seconds.append((round(time.monotonic() - self.begun, 1), str(state["rendition"]),
                                 None if late is None else round(late)))
            left = until - time.monotonic()
            if left <= 0:
                return state
            self.view.watch(min(1.0, left))

    def __str__(self) -> str:
        changes = [self.seconds[0]]
        changes += [new for old, new in zip(self.seconds, self.seconds[1:]) if old[1] != new[1]]
        late = [None if late is None else late for _, _, late in self.seconds[::3]]
        return f"renditions {[(at, name) for at, name, _ in changes]}, ms each 3 s {late}"


def disturbed(view: Viewer, proxy: Proxy, still: float) -> tuple[str, list[str]]:
    """Halves the link of a playing page for 30 s: the course, and what is wrong after it."""
    page = view.page
    page.wait_for_function("() => __player.rendition === '360p'", timeout=60000)
    first, begun = page.evaluate("() => __player.framesShown"), time.monotonic()
    view.watch(4)
    before = page.evaluate(STATE)
    # Frames per second and latency on a calm link, which a busy machine lowers and raises.
    rate = (before["framesShown"] - first) / (time.monotonic() - begun)
    calm = latency(page.evaluate("() => __player.samples")[-60:])
    page.evaluate("() => { window.__unchanged = true; }")
    course = Course(view)
    stillness.begin(page)
    proxy.link_rate = LINK / 2
    begun = time.monotonic()
    halved = course.watch(HALVED)
    expected = rate * (time.monotonic() - begun)
    pauses = stillness.found(page)
    shown = page.evaluate("() => __player.framesShown")
    proxy.link_rate = LINK
    mended = time.monotonic()
    back = None
    while back is None and time.monotonic() - mended < WITHIN:
        if course.watch(1)["rendition"] == "360p":
            back = time.monotonic() - mended
    near = max(1000 * before["target"], calm) + NEAR
    wait_near(lambda: page.evaluate("() => __player.samples"), now(), near)
    after = course.watch(0)
    late = latency(page.evaluate("() => __player.samples")[-60:])
    wrong = []
    if not page.evaluate("() => window.__unchanged === true"):
        wrong.append("the page was loaded again")
    if pauses["page"] > still:
        wrong.append(f"{pauses['page']} s of the page without a new frame")
    if halved["rendition"] != "180p":
        wrong.append(f"at the end of the half rate {halved['rendition']} is shown")
    if shown - before["framesShown"] < 0.6 * expected:
        wrong.append(f"only {shown - before['framesShown']} frames at the half rate")
    if back is None:
        wrong.append(f"after {WITHIN:g} s {after['rendition']} is shown")
    if after["target"] > before["target"] + 0.05:
        wrong.append(f"{late:.0f} ms, target {after['target']:.3f} s "
                     f"({before['target']:.3f} before)")
    stalls = after["stalls"][len(before["stalls"]):]
    text = (f"at most {pauses['longest']} s without a new frame; back at 360p "
            f"{'never' if back is None else f'{back:.0f} s'} after the half rate, "
            f"then {late:.0f} ms at a target of {after['target']:.3f} s "
            f"({before['target']:.3f} before); {len(stalls)} stalls of "
            f"{sum(stall['seconds'] for stall in stalls):.1f} s; {course}")
    return text, wrong


@pytest.mark.timeout(300)
@pytest.mark.parametrize("transport", ["http", "ws", "webcodecs"])
def test_half_rate_for_thirty_seconds(transport: str, browser: Browser, streamer) -> None:
    """The lower rendition plays on; afterwards target and rendition return by themselves."""
    program = streamer("--rendition", f"640x360@{TOP}", "--rendition", f"320x180@{LOW}")
    proxy = Proxy(program.port)
    proxy.buffer = 32_768
    proxy.link_rate = LINK
    try:
        with viewer(browser) as view:
            stillness.measure(view.page)
            view.open(f"http://127.0.0.1:{proxy.port}/?transport={transport}")
            view.page.wait_for_function(
                "() => (window.__player?.samples.length ?? 0) > 60", timeout=20000)
            text, wrong = disturbed(view, proxy, STILL[transport])
            assert not view.page_errors, view.page_errors
    finally:
        proxy.close()
    print(f"{transport}: {text}")
    assert not wrong, wrong
