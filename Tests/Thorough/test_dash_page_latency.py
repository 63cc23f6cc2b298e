# SPDX-License-Identifier: Apache-2.0
"""The target latency of LL-DASH in the page: each target, a new one, and a wrong clock."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from harness.browser import SMALL, viewer
from harness.labreport import report
from harness.pagemenus import choose, open_settings
from harness.program import Program
from harness.waiting import wait_until
from test_dash_page import figure, player

# The median of the last pictures is at most 0.3 s from the target.
IS_NEAR = """target => __player.glassToGlassMs !== null
  && Math.abs(__player.glassToGlassMs - target) < 300"""
# The clocks that the panel shows, in ms, and the difference beside them, at one time.
CLOCKS = """() => {
  const [wall, burned, between] = ['Wall clock (UTC)', 'Burned clock (UTC)', 'Wall − burned'].map(
    (name) => [...document.querySelectorAll('#figures div')].find(
      (row) => row.firstChild.textContent === name).lastChild.textContent);
  const ms = (text) => Date.parse(`1970-01-01T${text}Z`);
  return { wall: ms(wall), burned: ms(burned), between };
}"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("path", "target"), [
    ("/ldash/play/live/manifest.mpd", 0.5), ("/ldash/play/live?target=1", 1.0),
    ("/?src=/live/manifest.mpd&target=0.3", 0.3), ("/ldash/play/live/?target=2.2", 2.2),
], ids=lambda value: str(value))
def test_page_plays_near_its_target_latency(path: str, target: float, browser: Browser,
                                            server: Program) -> None:
    """The page reaches the target and plays there; `make bench` has the latencies themselves."""
    with viewer(browser, SMALL) as view:
        view.open(server.url(path))
        view.wait_playing(frames=60)
        view.page.wait_for_function(IS_NEAR, arg=target * 1000, timeout=30_000)
        view.wait_smooth()
        view.page.wait_for_function(IS_NEAR, arg=target * 1000, timeout=30_000)
        assert player(view)["target"] == target
        assert not view.bad_responses and not view.page_errors


@pytest.mark.timeout(90)
def test_page_reaches_a_new_target_by_its_rate(browser: Browser, server: Program) -> None:
    """A new target is reached by the playback rate, without a seek; both clocks are shown."""
    with viewer(browser, SMALL) as view:
        view.open(server.url("/ldash/play/live?panel=1"))
        view.wait_playing(frames=60)
        assert player(view)["player"] == "frames" and player(view)["source"].endswith(
            "/live/manifest.mpd")
        open_settings(view.page)
        options = view.page.evaluate(
            "() => [...document.getElementById('target').options].map(o => o.value)")
        assert {"0.3", "0.5", "1", "1.5", "2.2"} <= set(options)
        view.watch(2)
        seeks = len(view.data()["seeks"])
        choose(view.page, "target", "1")
        view.page.wait_for_function("() => window.__player.rate < 0.98", timeout=25000)
        view.page.wait_for_function("() => Math.abs(window.__player.latencyMs - 1000) < 60",
                                    timeout=25000)
        choose(view.page, "target", "0.5")
        view.page.wait_for_function("() => window.__player.rate > 1.02", timeout=25000)
        view.page.wait_for_function("() => Math.abs(window.__player.latencyMs - 500) < 60",
                                    timeout=25000)
        assert len(view.data()["seeks"]) == seeks, "the page seeked"
        assert figure(view, "Format") == "LL-DASH"
        shown = view.page.evaluate(CLOCKS)
        between = (shown["wall"] - shown["burned"]) % 86_400_000
        assert between > 0 and shown["between"] == f"{between} ms", shown


@pytest.mark.timeout(90)
@pytest.mark.parametrize("wrong", [-5000, 7000], ids=["slow", "fast"])
def test_wrong_browser_clock_does_not_move_the_target(wrong: int, browser: Browser,
                                                      server: Program) -> None:
    """The browser's clock is wrong by seconds: the target is held by the server's clock."""
    with viewer(browser, SMALL) as view:
        view.context.add_init_script(
            f"const o = performance.timeOrigin + {wrong};"
            "Object.defineProperty(performance, 'timeOrigin', { get: () => o });"
            f"const real = Date.now; Date.now = () => real() + {wrong};")
        view.open(server.url("/ldash/play/live?target=1"))
        view.wait_playing()

        def is_at_its_target() -> bool:
            began = view.page.evaluate("() => performance.timeOrigin + performance.now()")
            view.watch(1)
            found = report(view.data(), since=began)
            late = found["glass_to_glass_ms"]["p50"]
            state = player(view)
            if late is None:
                return False
            # The probe may read the wrong clock too.
            late -= wrong if abs(late - wrong) < abs(late) else 0
            print(f"clock {wrong} ms off: {late:.0f} ms, player says {state['latencyMs']:.0f}")
            return abs(state["clockOffsetMs"] + wrong) < 200 and abs(late - 1000) < 300 \
                and abs(state["latencyMs"] - 1000) < 200

        wait_until(is_at_its_target, 40, "playback at the target by the server's clock")
