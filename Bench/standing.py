# SPDX-License-Identifier: Apache-2.0
"""The longest time without a new picture in the player page, while a load comes and goes.

Each player plays a ladder in Chromium for --seconds, alone. Every --period seconds --hogs busy
processes start or end. Run: python Bench/standing.py [--seconds 600] [--streamer FILE]
[--players frames,ws,webcodecs,hlsjs,dashjs]. dash.js needs DASHJS=dash.all.min.js. It prints one
line per player, and a table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests"))

from fetch_hlsjs import script_flags  # noqa: E402
from harness import stillness  # noqa: E402
from harness.browser import chromium_running, viewer  # noqa: E402
from harness.program import Program, start, stop  # noqa: E402
from harness.tools import chromium  # noqa: E402

PLAYERS = ("frames", "ws", "webcodecs", "hlsjs", "dashjs")
# The longest time without a new frame that each player should have, s.
REACH = {"frames": 1.5, "ws": 1.5, "webcodecs": 1.5, "hlsjs": 4.0, "dashjs": 4.0}
LADDER = ("1280x720@2500", "854x480@1200", "640x360@700")
BUSY = ["timeout", "3600", "sh", "-c", "while :; do :; done"]
REMEDY = "stands still"
STATE = ("() => ({ player: __player.player, rendition: __player.rendition,"
         " latency: __player.latencyMs, stalls: __player.stalls.length })")
ERRORS = "() => __player.errors.map(({ at, text }) => [Math.round(at), text])"


class Hogs:
    """Busy processes, which are ended by the ids of their groups."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Starts all of them."""
        self.running = [subprocess.Popen(BUSY) for _ in range(self.count)]

    def stop(self) -> None:
        """Ends all of them."""
        for hog in self.running:
            hog.terminate()
        for hog in self.running:
            hog.wait(20)
        self.running = []


def play(program: Program, player: str, options: argparse.Namespace) -> dict[str, Any]:
    """One player beside the load: its longest times without a new frame, and its states."""
    executable = chromium()
    if executable is None:
        raise SystemExit("chromium not found")
    hogs, renditions = Hogs(options.hogs), []
    with chromium_running(executable) as browser, viewer(browser) as view:
        page = view.page
        stillness.measure(page)
        view.open(program.url(f"/?player={player}"))
        page.wait_for_function("() => (window.__player?.framesShown ?? 0) > 60", timeout=90000)
        view.watch(3)
        stillness.begin(page)
        end = time.monotonic() + options.seconds
        try:
            while time.monotonic() < end:
                (hogs.stop if hogs.running else hogs.start)()
                until = min(end, time.monotonic() + options.period)
                while time.monotonic() < until:
                    view.watch(min(1.0, max(0.0, until - time.monotonic())))
                    shown = page.evaluate(STATE)["rendition"]
                    if not renditions or renditions[-1] != shown:
                        renditions.append(shown)
        finally:
            hogs.stop()
        return {**stillness.found(page), "renditions": renditions, **page.evaluate(STATE),
                "remedies": [text for _, text in page.evaluate(ERRORS) if REMEDY in text]}


def main() -> int:
    """Command line; 0 if every player is within its reach."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=120, help="per player (default 120)")
    parser.add_argument("--players", default=",".join(PLAYERS))
    parser.add_argument("--streamer", help="the program (default: as for the tests)")
    parser.add_argument("--hogs", type=int, default=24, help="busy processes (default 24)")
    parser.add_argument("--period", type=float, default=20, help="seconds on and off (default 20)")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    if options.streamer:
        os.environ["STREAMER"] = str(Path(options.streamer).resolve())
    flags = [flag for rendition in LADDER for flag in ("--rendition", rendition)]
    if dash := os.environ.get("DASHJS"):
        flags += ["--dashjs", dash]
    found: dict[str, dict[str, Any]] = {}
    for player in options.players.split(","):
        if player == "dashjs" and not dash:
            print("dashjs: left out, DASHJS is not set")
            continue
        program = start([*flags, *script_flags()])
        try:
            found[player] = play(program, player, options)
        finally:
            stop(program)
        print(player, json.dumps(found[player]), flush=True)
    print(f"\nlongest time without a new frame, a new burned clock, a refresh of the page, s; "
          f"{options.seconds:g} s per player, {options.hogs} processes every {options.period:g} s")
    for player, of in found.items():
        late = sum(1 for _, still in of["times"] if still > 1000 * REACH[player])
        print(f"{player:10} {of['longest']:6.2f} {of['longest_picture']:6.2f} "
              f"{of['longest_refresh']:6.2f}   above "
              f"{REACH[player]:g} s: {late}   players {'+'.join(of['players'])}, "
              f"remedies {len(of['remedies'])}")
    return 0 if all(of["longest"] <= REACH[name] for name, of in found.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
