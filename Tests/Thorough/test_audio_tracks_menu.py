# SPDX-License-Identifier: Apache-2.0
"""The menu of audio tracks of the page, for each of its players."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import SMALL, viewer
from harness.pagemenus import open_settings
from harness.program import Program
from test_audio_tracks import film, plays

LISTEN = """() => {
  const video = document.querySelector('video'), context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0;
  context.createMediaElementSource(video).connect(analyser);
  window.__analyser = analyser;
  video.muted = false;
  return context.resume();
}"""
HEARS = """(hertz) => {
  const levels = new Float32Array(__analyser.frequencyBinCount);
  __analyser.getFloatFrequencyData(levels);
  const loudest = levels.indexOf(Math.max(...levels));
  return Math.abs(loudest * __analyser.context.sampleRate / __analyser.fftSize - hertz) < 20;
}"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("player", ["hlsjs", "dashjs", "http", "ws"])
def test_menu_of_the_page(player: str, browser: Browser, streamer: Callable[..., Program],
                          request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The menu is reached by the keyboard, and its track is heard without a stall.

    A player that stalls for its switch does so each time, a busy machine does not.
    """
    path = film(tmp_path / "three.ts", 20)
    script: list[str] = []
    if player not in ("http", "ws"):
        script = [f"--{player}", str(request.getfixturevalue(player))]
    program = plays(streamer, "--input", str(path), "--loop", *script)
    for attempt in range(1, 5):
        with viewer(browser, SMALL) as view:
            view.open(program.url(f"/?panel=1&player={player}"))
            view.page.wait_for_function(
                "() => window.__player?.status === 'live'", timeout=15000)
            open_settings(view.page)
            menu = view.page.locator("#audio-track")
            menu.wait_for(timeout=8000)
            assert menu.locator("option").all_inner_texts() == [
                "Deutsch", "English", "Deutsch (audio description)"]
            view.page.evaluate(LISTEN)
            view.page.wait_for_function(HEARS, arg=440, timeout=8000)
            view.watch(1)
            count = "() => __player.stalls.reduce((sum, { seconds }) => sum + seconds, 0)"
            before, begin = view.page.evaluate(count), time.monotonic()
            menu.focus()
            view.page.keyboard.press("ArrowDown")
            view.page.wait_for_function(HEARS, arg=880, timeout=8000)
            took = time.monotonic() - begin
            view.watch(1)
            stall = view.page.evaluate(count) - before
            print(f"{player}, run {attempt}: heard after {took:.2f} s, stalls of {stall:.3f} s")
            assert not view.page_errors
        if stall <= 0.1:
            return
    raise AssertionError(f"stalls of {stall:.3f} s")
