# SPDX-License-Identifier: Apache-2.0
"""Measures sound against picture in a browser: flash by the burned clock of shown frames, beep by the sound that is taken.

The page's element is routed through Web Audio, which takes its sound when it would be heard: what an output device adds,
browsers put on the pictures only where they play to it themselves. So a block of sound is stamped with when it was taken,
a frame with when it is shown, both on the page's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.browser import Viewer

LISTEN = """async (keptBack) => {
  const video = document.querySelector('video'), context = new AudioContext();
  await context.resume();
  const state = { onsets: [], flashes: [], rate: context.sampleRate, blocks: 0 };
  window.__sync = state;
  const source = context.createMediaElementSource(video), tap = context.createScriptProcessor(256, 1, 1);
  let quiet = 1e9, clock = Infinity;
  tap.onaudioprocess = (event) => {
    const samples = event.inputBuffer.getChannelData(0), { currentTime, sampleRate } = context;
    // Events come late now and then, never early: the least difference of the clocks is theirs.
    clock = Math.min(clock, performance.now() - currentTime * 1000);
    state.blocks += 1;
    for (let i = 0; i < samples.length; i += 1) {
      if (Math.abs(samples[i]) > 0.1) {
        if (quiet > 0.2 * sampleRate) state.onsets.push((currentTime + (i - samples.length) / sampleRate) * 1000);
        quiet = 0;
      } else quiet += 1;
    }
    state.clock = clock;
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
    """Milliseconds by which the sound of a second is heard before its flash is seen, one for each second."""

    each: list[float]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.each)

    def __str__(self) -> str:
        return f"{self.middle:.1f} ms ({', '.join(f'{one:.0f}' for one in self.each)})"


def measure(view: Viewer, seconds: float, kept_back: float = 0) -> Offsets:
    """Listens and watches for so long; the page must be playing. `kept_back`: seconds by which sound is delayed here."""
    view.page.evaluate(LISTEN, kept_back)
    view.watch(seconds)
    heard: list[float] = view.page.evaluate(
        "() => window.__sync.onsets.map(t => t + window.__sync.clock)")
    shown: list[list[Any]] = view.page.evaluate(
        "() => window.__lab.samples.map(s => [s[0] - performance.timeOrigin, s[1]])")
    found = []
    for at, stamp in shown:
        # The first frame of a second, taken back to the second itself; a rate near 1 matters little within a frame.
        if stamp is None or stamp % 1000 >= 34:
            continue
        flash = at - stamp % 1000
        beep = min(heard, key=lambda time: abs(time - flash), default=None)
        if beep is not None and abs(beep - flash) < 400:
            found.append(flash - beep)
    assert len(found) >= 3, f"{len(heard)} beeps, {len(shown)} frames, {len(found)} of both"
    return Offsets(found)
