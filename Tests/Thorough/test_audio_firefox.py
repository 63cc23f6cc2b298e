# SPDX-License-Identifier: Apache-2.0
"""The player page with audio in Firefox: both players, stalls, latency, flash and beep.

Firefox without an audio device runs no AudioContext, but records the output of an element. The
recorder encodes in parallel to the player and timestamps a frame when it is drawn, which is up to a
frame late if the CPU draws it.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import pytest

from harness import avsync
from harness.firefox import Firefox, firefox_running
from harness.program import Program, start, stop
from harness.waiting import wait_until

SECONDS = 6
FRAME = 1 / 30
STATE = """(() => {
  const { samples, ...rest } = window.__player || { samples: [] };
  const video = document.querySelector('video');
  const quality = video.getVideoPlaybackQuality().totalVideoFrames;
  const buffered = video.buffered.length ? video.buffered.end(video.buffered.length - 1) : 0;
  return { ...rest, count: samples.length, buffered, hasAudio: video.mozHasAudio, quality };
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


def is_near(state: dict, target: float) -> bool:
    """Whether pictures are shown near the target, which a stall raises."""
    late = state["glassToGlassMs"]
    return late is not None and late < 1000 * max(target, state["target"]) + 150


@pytest.mark.timeout(120)
@pytest.mark.parametrize("player, target", [("frames", 0.18), ("hlsjs", 0.371)])
def test_firefox_plays_video_and_audio_aligned(player: str, target: float, firefox: Firefox,
                                 tone: Program) -> None:
    """Both players play near the target without a stall; flash and beep match; one retry."""
    for attempt in (1, 2):
        firefox.open(tone.url(f"/?player={player}"))
        wait_until(lambda: firefox.evaluate(STATE).get("count", 0) >= 30, 30, "thirty frames",
                   interval=0.25)
        wait_until(lambda: is_near(firefox.evaluate(STATE), target), 30,
                   "the player reaches its target", interval=0.25)
        before = firefox.evaluate(STATE)
        # The buffered range is that of both SourceBuffers.
        wait_until(lambda: firefox.evaluate(STATE)["buffered"] - before["buffered"] >= SECONDS,
                   10 * SECONDS, "media of both tracks", interval=0.25)
        state = firefox.evaluate(STATE)
        played = firefox.record(5)
        marks = [mark.offset for mark in avsync.marks(played, played)]
        still = sum(stall["seconds"] for stall in state["stalls"])
        late = state["glassToGlassMs"] / 1000
        print(f"run {attempt}: {late:.3f} s, {len(state['stalls'])} stalls of {still:.1f} s, "
              f"audio before video {[round(1000 * offset, 1) for offset in marks]} ms")
        assert state["player"] == player and state["sound"] is True and state["hasAudio"] is True
        assert state["target"] >= target - 1e-6
        assert state["quality"] > before["quality"]
        is_aligned = len(marks) >= 3 and abs(median(marks)) <= 2 * FRAME
        if not state["errors"] and still == 0 and is_aligned:
            return
    raise AssertionError(f"{state}, {marks}")
