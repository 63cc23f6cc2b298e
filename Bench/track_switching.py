# SPDX-License-Identifier: Apache-2.0
"""Fifty switches between three audio tracks in a page: until heard, and the longest video stall.

A file of three languages, with a tone each, plays in Chromium; the menu of the page chooses the
tracks in turn, and the spectrum of the sound decides when the track is heard. dash.js needs
DASHJS, the path of its file. Run: python Bench/track_switching.py [--switches N]
[--player hlsjs|dashjs|http|ws]. It prints a table.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
for folder in ("Tests", "Tests/EndToEnd", "Tests/Thorough"):
    sys.path.insert(0, str(ROOT / folder))

from playwright.sync_api import Browser  # noqa: E402

from fetch_hlsjs import script_flags  # noqa: E402
from harness.browser import chromium_running, viewer  # noqa: E402
from harness.http1 import get  # noqa: E402
from harness.program import start, stop  # noqa: E402
from harness.tools import chromium  # noqa: E402
from harness.waiting import wait_until  # noqa: E402
from test_audio_tracks import film  # noqa: E402
from test_audio_tracks_menu import HEARS, LISTEN  # noqa: E402

TONES = [440, 880, 1320]
STALLS = "() => __player.stalls.map(({ seconds }) => seconds)"


def switch(browser: Browser, address: str, player: str, count: int) -> tuple[
        list[float], list[float]]:
    """The seconds until each track is heard, and the stalls in the meantime."""
    heard: list[float] = []
    with viewer(browser) as view:
        view.open(f"{address}?panel=1&player={player}")
        view.page.wait_for_function("() => window.__player?.status === 'live'", timeout=20000)
        menu = view.page.locator("#audio-track")
        menu.wait_for(timeout=10000)
        view.page.evaluate(LISTEN)
        view.page.wait_for_function(HEARS, arg=TONES[0], timeout=10000)
        view.watch(3)
        before = len(view.page.evaluate(STALLS))
        for index in range(1, count + 1):
            begin = time.monotonic()
            menu.select_option(index=index % len(TONES))
            view.page.wait_for_function(HEARS, arg=TONES[index % len(TONES)], timeout=10000)
            heard.append(time.monotonic() - begin)
            view.watch(1)
        return heard, view.page.evaluate(STALLS)[before:]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--switches", type=int, default=50)
    parser.add_argument("--player", choices=["hlsjs", "dashjs", "http", "ws"])
    options = parser.parse_args()
    dashjs = os.environ.get("DASHJS")
    players = ["hlsjs", *(["dashjs"] if dashjs else []), "http", "ws"]
    chosen = [options.player] if options.player else players
    executable = chromium()
    if executable is None:
        sys.exit("chromium not found (expected Debian's package chromium)")
    print("| player | switches | until heard, median (longest), s | stalls, longest, ms |")
    print("|---|---|---|---|", flush=True)
    with TemporaryDirectory() as folder, chromium_running(executable) as browser:
        path = film(Path(folder) / "three.ts", 20)
        program = start(["--input", str(path), "--loop", "--host", "127.0.0.1", "--http-port", "0",
                         *(["--dashjs", dashjs] if dashjs else []), *script_flags()],
                        defaults=False, within=25)
        try:
            wait_until(lambda: get(
                program.port, "/live/playlist.m3u8", timeout=15).status == 200, 25, "a playlist")
            for player in chosen:
                heard, stalls = switch(browser, program.url("/"), player, options.switches)
                longest = max(stalls, default=0) * 1000
                print(f"| {player} | {len(heard)} | {statistics.median(heard):.2f} "
                      f"({max(heard):.2f}) | {len(stalls)}, {longest:.0f} |", flush=True)
        finally:
            stop(program)


if __name__ == "__main__":
    main()
