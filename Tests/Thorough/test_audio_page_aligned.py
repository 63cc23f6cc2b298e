# SPDX-License-Identifier: Apache-2.0
"""The player page with audio, measured: latency of each form, and flash and beep."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from harness import avbrowser
from harness.browser import SMALL, viewer
from harness.program import Program
from test_audio_page import STATE, tone  # noqa: F401

DECODED = "() => document.querySelector('video').webkitAudioDecodedByteCount"
FRAME = 1000 / 30
# Near the target, which a stall raises.
IS_NEAR = """target => __player.glassToGlassMs !== null
  && __player.glassToGlassMs < 1000 * Math.max(target, __player.target) + 200"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("query, player, target", [
    ("", "frames", 0.18), ("?target=0.1", "frames", 0.18), ("?target=0.6", "frames", 0.6),
    ("?src=/live/manifest.mpd&player=frames", "frames", 0.5), ("?player=hlsjs", "hlsjs", 0.371),
], ids=["frames", "asked-for-less", "asked-for-more", "mpd", "hlsjs"])
def test_page_plays_video_and_audio(query: str, player: str, target: float, browser: Browser,
                                 tone: Program) -> None:
    """Both tracks are decoded near the target that audio allows, and for 3 s without a stall."""
    with viewer(browser, SMALL) as view:
        view.open(tone.url("/" + query))
        view.wait_playing()
        view.page.wait_for_function(IS_NEAR, arg=target, timeout=30_000)
        view.wait_smooth()
        view.page.wait_for_function(f"() => ({DECODED})() > 4000", timeout=20_000)
        state, data = view.page.evaluate(STATE), view.data()
    print(f"{state['glassToGlassMs']:.0f} ms, target {state['target']}, "
          f"{len(state['stalls'])} stalls")
    assert state["player"] == player and state["sound"] is True and state["status"] == "live"
    assert not data["page_errors"] and not data["bad_responses"] and not state["errors"]
    assert state["target"] >= target - 1e-6


@pytest.mark.timeout(120)
@pytest.mark.parametrize("player", ["frames", "hlsjs"])
def test_flash_and_beep_match_in_the_browser(player: str, browser: Browser, tone: Program) -> None:
    """Flash and beep are at most a video frame apart (median of ten seconds); one retry."""
    for attempt in (1, 2):
        with viewer(browser, SMALL) as view:
            view.open(tone.url(f"/?player={player}"))
            view.wait_playing()
            view.watch(3)
            found = avbrowser.measure(view, 10)
        print(f"run {attempt}: audio before video {found}")
        if abs(found.middle) <= FRAME:
            return
    raise AssertionError(f"{found}")


def test_measurement_detects_a_known_delay(browser: Browser, tone: Program) -> None:
    """The measurement finds audio that is delayed by 100 ms 100 ms later."""
    with viewer(browser, SMALL) as view:
        view.open(tone.url("/"))
        view.wait_playing()
        view.watch(3)
        found = avbrowser.measure(view, 8, delay=0.1)
    print(f"with 100 ms: {found}")
    assert -100 - FRAME * 1.5 <= found.middle <= -100 + FRAME * 1.5
