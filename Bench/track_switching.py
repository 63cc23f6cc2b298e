# SPDX-License-Identifier: Apache-2.0
"""Fifty switches between three audio tracks in a page: until heard, and how long the video stands.

A file of three languages, with a tone each, plays in Chromium; the menu of the page chooses the
tracks in turn, and the spectrum of the sound decides when the track is heard. From each switch to a
second after that the frames of the video are recorded, by requestVideoFrameCallback: the time
between two calls is at least that between two frames, since a busy page misses calls. dash.js needs
DASHJS, the path of its file. Run: python Bench/track_switching.py [--switches N]
[--player http|ws|hlsjs|dashjs]. It prints a table, and the load of the machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
for folder in ("Tests", "Tests/EndToEnd", "Tests/Thorough"):
    sys.path.insert(0, str(ROOT / folder))

from playwright.sync_api import Browser  # noqa: E402

from fetch_hlsjs import script_flags  # noqa: E402
from harness.browser import SMALL, chromium_running, viewer  # noqa: E402
from harness.http1 import get  # noqa: E402
from harness.program import start, stop  # noqa: E402
from harness.tools import chromium  # noqa: E402
from harness.waiting import wait_until  # noqa: E402
from test_audio_tracks import film  # noqa: E402
from test_audio_tracks_menu import HEARS, LISTEN  # noqa: E402

TONES = [440, 880, 1320]
STALLS = "() => __player.stalls.map(({ seconds }) => seconds)"
# Of the probe of the page: the number of calls, and the calls from one of them on, each with its
# display time in ms and the number of frames so far.
CALLS = "() => __lab.samples.length"
FRAMES = "(first) => __lab.samples.slice(first).map((sample) => [sample[0], sample[2]])"
# A longer time between two frames is counted, ms: three frames of the film.
LONG = 100


@dataclass
class Found:
    """The measurements of one player."""

    # Seconds until each track was heard.
    heard: list[float] = field(default_factory=list)
    # Seconds of each stall that the page has measured.
    stalls: list[float] = field(default_factory=list)
    # Milliseconds between two calls, and the frames that were presented in between.
    intervals: list[tuple[float, int]] = field(default_factory=list)

    def add(self, frames: list[tuple[float, int]]) -> None:
        """Adds the frames around a switch."""
        self.intervals += [(after - before, shown - last) for (before, last), (after, shown)
                           in zip(frames, frames[1:])]

    def row(self, player: str) -> str:
        """The line of the table."""
        times = [milliseconds for milliseconds, _ in self.intervals]
        long = [(milliseconds, frames) for milliseconds, frames in self.intervals
                if milliseconds > LONG]
        missed = sum(milliseconds / frames <= LONG for milliseconds, frames in long if frames > 1)
        return (f"| {player} | {len(self.heard)} | {statistics.median(self.heard):.2f} "
                f"({max(self.heard):.2f}) | {len(self.stalls)}, "
                f"{max(self.stalls, default=0) * 1000:.0f} | {statistics.median(times):.0f}, "
                f"{max(times):.0f} | {len(long)} ({missed}) |")


def switch(browser: Browser, address: str, player: str, count: int) -> Found:
    """The player with `count` switches."""
    found = Found()
    with viewer(browser, SMALL) as view:
        view.open(f"{address}?panel=1&player={player}")
        view.page.wait_for_function("() => window.__player?.status === 'live'", timeout=20000)
        menu = view.page.locator("#audio-track")
        menu.wait_for(timeout=10000)
        view.page.evaluate(LISTEN)
        view.page.wait_for_function(HEARS, arg=TONES[0], timeout=10000)
        view.watch(3)
        before = len(view.page.evaluate(STALLS))
        for index in range(1, count + 1):
            first = view.page.evaluate(CALLS) - 1
            begin = time.monotonic()
            menu.select_option(index=index % len(TONES))
            view.page.wait_for_function(HEARS, arg=TONES[index % len(TONES)], timeout=10000)
            found.heard.append(time.monotonic() - begin)
            view.watch(1)
            found.add(view.page.evaluate(FRAMES, first))
        found.stalls = view.page.evaluate(STALLS)[before:]
        return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--switches", type=int, default=50)
    parser.add_argument("--player", choices=["hlsjs", "dashjs", "http", "ws"])
    options = parser.parse_args()
    dashjs = os.environ.get("DASHJS")
    players = ["http", "ws", "hlsjs", *(["dashjs"] if dashjs else [])]
    chosen = [options.player] if options.player else players
    executable = chromium()
    if executable is None:
        sys.exit("chromium not found (expected Debian's package chromium)")
    print("| player | switches | until heard, median (longest), s | stalls, longest, ms "
          f"| between two frames, median, longest, ms | above {LONG} ms (frames in between) |")
    print("|---|---|---|---|---|---|", flush=True)
    with TemporaryDirectory() as folder, chromium_running(executable) as browser:
        # No repetition of the film while one player plays: it is a stop of its own.
        path = film(Path(folder) / "three.ts", 30 + 3 * options.switches)
        for player in chosen:
            program = start(["--input", str(path), "--loop", "--host", "127.0.0.1", "--http-port",
                             "0", *(["--dashjs", dashjs] if dashjs else []), *script_flags()],
                            defaults=False, within=25)
            try:
                wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status
                           == 200, 25, "a playlist")
                found = switch(browser, program.url("/"), player, options.switches)
                print(found.row(player), flush=True)
            finally:
                stop(program)
            load = " ".join(f"{value:.1f}" for value in os.getloadavg())
            print(f"{player}: load {load} of {os.cpu_count()} processors", file=sys.stderr)


if __name__ == "__main__":
    main()
