# SPDX-License-Identifier: Apache-2.0
"""The player page with sound in Firefox: both players, stalls and latency, flash and beep in what the element plays.

Firefox without a sound device lets no AudioContext run, but records what an element plays. Its recorder encodes beside
the player and stamps a picture when it is drawn, up to a frame late where it is drawn by the processor.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

import pytest

from harness import avsync
from harness.firefox import Firefox, firefox_running
from harness.program import Program, start, stop

SECONDS = 6
FRAME = 1 / 30
STATE = """(() => {
  const { samples, ...rest } = window.__player || { samples: [] }, video = document.querySelector('video');
  const buffered = video.buffered.length ? video.buffered.end(video.buffered.length - 1) : 0;
  return { ...rest, count: samples.length, buffered, hasAudio: video.mozHasAudio, quality: video.getVideoPlaybackQuality().totalVideoFrames };
})()"""


@pytest.fixture(scope="module")
def tone(binary: object, hlsjs: object) -> Iterator[Program]:
    """A stream with the test tone, and hls.js for its page."""
    program = start(
        ["--resolution", "640x360", "--bitrate", "700", "--audio", "tone", "--hlsjs",
         str(hlsjs)])
    try:
        yield program
    finally:
        stop(program)


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """A headless Firefox for this file."""
    with firefox_running(tmp_path_factory.mktemp("firefox")) as browser:
        yield browser


@pytest.mark.timeout(120)
@pytest.mark.parametrize("player, target", [("frames", 0.25), ("hlsjs", 0.371)])
def test_plays_picture_and_sound(player: str, target: float, firefox: Firefox,
                                 tone: Program) -> None:
    """Both are buffered up to the live edge and played without a stall at the target; flash and beep go together; one retry."""
    for attempt in (1, 2):
        firefox.open(tone.url(f"/?player={player}"))
        until = time.monotonic() + 30
        while (state := firefox.evaluate(STATE)).get("count", 0) < 30 and time.monotonic() < until:
            time.sleep(0.25)
        time.sleep(4)
        before = firefox.evaluate(STATE)
        time.sleep(SECONDS)
        state = firefox.evaluate(STATE)
        played = firefox.record(5)
        marks = [mark.offset for mark in avsync.marks(played, played)]
        still = sum(stall["seconds"] for stall in state["stalls"])
        late = state["glassToGlassMs"] / 1000
        print(
            f"run {attempt}: {late:.3f} s, {len(state['stalls'])} stalls of {still:.1f} s, sound before picture "
            f"{[round(1000 * offset, 1) for offset in marks]} ms")
        assert state["player"] == player and state["sound"] is True and state["hasAudio"] is True
        assert state["target"] >= target - 1e-6
        # What is buffered is what both SourceBuffers have.
        assert state["buffered"] - before["buffered"] > 0.8 * SECONDS and state["quality"] > before[
            "quality"]
        if not state["errors"] and still == 0 and late < target + 0.15 and len(marks) >= 3 and abs(
                median(marks)) <= 2 * FRAME:
            return
    raise AssertionError(f"{state}, {marks}")
