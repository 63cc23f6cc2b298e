# SPDX-License-Identifier: Apache-2.0
"""Measures audio against video in a browser: the flash of shown frames, the beep of played audio.

The flash is recognised by the burned clock. The element is routed through Web Audio, which hands
over the audio at the time at which it would be heard. The delay of an output device is excluded:
browsers correct for it only if they play to the device themselves. A block of audio is timed when
it is handed over, a frame when it is shown, both on the clock of the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from harness.browser import Viewer

NEAR = 500
TAP = Path(__file__).with_name("soundtap.js")

LISTEN = """async (keptBack) => {
  const video = document.querySelector('video'), context = new AudioContext();
  await context.resume();
  const state = { onsets: [], clocks: [] };
  window.__sync = state;
  const source = context.createMediaElementSource(video);
  const tap = context.createScriptProcessor(256, 1, 1);
  let quiet = 1e9;
  tap.onaudioprocess = (event) => {
    const samples = event.inputBuffer.getChannelData(0), { currentTime, sampleRate } = context;
    state.clocks.push([currentTime * 1000, performance.now() - currentTime * 1000]);
    for (let i = 0; i < samples.length; i += 1) {
      if (Math.abs(samples[i]) > 0.1) {
        const time = currentTime + (i - samples.length) / sampleRate;
        if (quiet > 0.2 * sampleRate) state.onsets.push(time * 1000);
        quiet = 0;
      } else quiet += 1;
    }
  };
  const delay = context.createDelay(1);
  delay.delayTime.value = keptBack;
  source.connect(delay);
  delay.connect(tap);
  tap.connect(context.destination);
  video.muted = false;
  await video.play();
}"""


@dataclass(frozen=True)
class Offsets:
    """Milliseconds from the beep to the flash of each second; positive if the audio is early."""

    each: list[float]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.each)

    def __str__(self) -> str:
        return f"{self.middle:.1f} ms ({', '.join(f'{one:.0f}' for one in self.each)})"


def _clock(onset: float, clocks: list[list[float]]) -> float:
    """Clock of the page minus clock of the audio at an onset, in milliseconds.

    Events may be late, never early: the smallest difference is the true one. The clock of the audio
    stands still while the browser is too busy to play, so only differences near the onset count.
    """
    return min(difference for time, difference in clocks if abs(time - onset) <= NEAR)


def measure(view: Viewer, seconds: float, delay: float = 0) -> Offsets:
    """Records a page that plays for `seconds`; delays its audio by `delay` seconds."""
    view.page.evaluate(LISTEN, delay)
    view.watch(seconds)
    state = view.page.evaluate("() => window.__sync")
    heard = [onset + _clock(onset, state["clocks"]) for onset in state["onsets"]]
    shown: list[list[Any]] = view.page.evaluate(
        "() => window.__lab.samples.map(s => [s[0] - performance.timeOrigin, s[1]])")
    return _offsets(heard, shown)


def tap(view: Viewer) -> None:
    """Records the audio of pages with an AudioContext of their own. Call it before `open`."""
    view.context.add_init_script(path=str(TAP))


def tapped(view: Viewer) -> Offsets:
    """The offsets of a tapped page since it was opened, by its own record of shown frames.

    The page corrects for the delay of the output device, so a sample counts when it is heard: by
    `getOutputTimestamp`, median of the measurements near the onset.
    """
    state = view.page.evaluate("() => window.__sound")
    heard = [onset + median(difference for time, difference in state["clocks"]
                            if abs(time - onset) <= NEAR) for onset in state["onsets"]]
    shown = view.page.evaluate(
        "() => __player.samples.map(([at, clock]) => "
        "[at - __player.clockOffsetMs - performance.timeOrigin, clock])")
    return _offsets(heard, shown)


def _offsets(heard: list[float], shown: Iterable[list[Any]]) -> Offsets:
    """Pairs onsets with the first frames of seconds, on the clock of the page."""
    found = []
    for at, clock in shown:
        # The first frame of a second, moved back to the start of the second. A playback rate near 1
        # changes this by less than a millisecond.
        if clock is None or clock % 1000 >= 34:
            continue
        flash = at - clock % 1000
        beep = min(heard, key=lambda time: abs(time - flash), default=None)
        if beep is not None and abs(beep - flash) < 400:
            found.append(flash - beep)
    assert len(found) >= 3, f"{len(heard)} beeps, {len(found)} of them at a flash"
    return Offsets(found)
