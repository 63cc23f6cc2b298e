# SPDX-License-Identifier: Apache-2.0
"""Glass to glass in the page: one audio track, three of them, and an encrypted stream.

A file of 1280×720 at 30 frames per second is encoded again, with its clock burned in, at 640×360;
with --test-src, the test pattern at 640×360 with a tone is encoded, clear and encrypted. The
players of the page play each stream in turn in Chromium. Decrypted frames cannot be read back, so
that an encrypted stream has no burned clock: its latency and that of the clear stream are those
that the page computes from the media time of shown frames.
Run: python Bench/track_latency.py [--test-src] [--seconds 15] [--rounds 3]
[--players http,hls,dash]. dash needs --dashjs FILE, or the file by the variable DASHJS. It prints
a table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests"))

from fetch_hlsjs import script_flags  # noqa: E402
from harness.dashscript import dashjs_flags  # noqa: E402
from harness.browser import SMALL, chromium_running, viewer  # noqa: E402
from harness.http1 import get  # noqa: E402
from harness.program import start, stop  # noqa: E402
from harness.tools import chromium  # noqa: E402
from harness.waiting import wait_until  # noqa: E402
from track_cost import KEYS, films  # noqa: E402

HOST = ["--host", "127.0.0.1", "--http-port", "0"]
SMALL_STREAM = ["--resolution", "640x360", "--bitrate", "1000"]
# The transports of the page, and their players: another player's latency is no result.
PLAYERS = {"http": "frames", "ws": "ws", "hls": "hlsjs", "dash": "dashjs"}
STATE = """() => ({
  player: __player.player, glass: __player.glassToGlassMs, page: __player.latencyMs,
})"""
WARM_UP, STEP = 5.0, 0.1


def measured(browser: Browser, options: list[str], transport: str, scripts: list[str],
             seconds: float) -> tuple[list[float], list[float]]:
    """The latencies of one player: by the burned clock, and by the media time; ms."""
    program = start([*options, *scripts, *HOST], defaults=False)
    try:
        wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 20,
                   "a stream")
        glass: list[float] = []
        page: list[float] = []
        with viewer(browser, SMALL) as view:
            view.open(program.url(f"/live/?transport={transport}"))
            view.page.wait_for_function("() => window.__lab?.samples.length > 30", timeout=20_000)
            view.watch(WARM_UP)
            for _ in range(round(seconds / STEP)):
                view.watch(STEP)
                state = view.page.evaluate(STATE)
                if state["player"] != PLAYERS[transport]:
                    raise SystemExit(f"{transport}: the page plays by {state['player']}")
                glass += [state["glass"]] if state["glass"] is not None else []
                page += [state["page"]] if state["page"] is not None else []
        return glass, page
    finally:
        stop(program)


def text(values: list[float]) -> str:
    """Median and 95th percentile."""
    if len(values) < 2:
        return "–"
    return f"{statistics.median(values):.0f} / {statistics.quantiles(values, n=20)[18]:.0f}"


def streams(folder: Path, has_pattern: bool) -> dict[str, list[str]]:
    """The options of each stream."""
    keys = folder / "keys.json"
    keys.write_text(json.dumps(KEYS))
    keys.chmod(0o600)
    encrypted = ["--encryption", "cbcs", "--encryption-keys", str(keys)]
    if has_pattern:
        pattern = ["--test-src", "--audio", "tone", *SMALL_STREAM]
        return {"test pattern": pattern, "test pattern, cbcs": [*pattern, *encrypted]}
    paths = films(folder)
    encoded = ["--loop", "--passthrough", "never", *SMALL_STREAM, "--burn-clock"]
    one, three = (["--input", str(paths[count]), *encoded] for count in ("one", "three"))
    return {"one audio track": one, "three audio tracks": three,
            "one audio track, cbcs": [*one, *encrypted]}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test-src", action="store_true", help="the test pattern, not a file")
    parser.add_argument("--seconds", type=float, default=15, help="per player and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--players", default="http,hls", help=", ".join(PLAYERS))
    parser.add_argument("--dashjs", help="dash.all.min.js (default: the variable DASHJS)")
    given = parser.parse_args()
    transports = given.players.split(",")
    if unknown := set(transports) - set(PLAYERS):
        parser.error(f"--players: {', '.join(sorted(unknown))} (expected {', '.join(PLAYERS)})")
    dash = ["--dashjs", given.dashjs] if given.dashjs else dashjs_flags()
    if "dash" in transports and not dash:
        parser.error("dash.js not found: give --dashjs FILE or the variable DASHJS")
    scripts = [*script_flags(), *dash]
    with TemporaryDirectory() as name, chromium_running(chromium()) as browser:
        rows = streams(Path(name), given.test_src)
        found: dict[tuple[str, str], tuple[list[float], list[float]]] = defaultdict(
            lambda: ([], []))
        for _ in range(given.rounds):
            for transport in transports:
                for row, options in rows.items():
                    glass, page = measured(browser, options, transport, scripts, given.seconds)
                    found[transport, row][0].extend(glass)
                    found[transport, row][1].extend(page)
    print("| player | stream | burned clock, p50 / p95 ms | media time, p50 / p95 ms |")
    print("| --- | --- | --- | --- |")
    for (player, row), (glass, page) in found.items():
        print(f"| {player} | {row} | {text(glass)} | {text(page)} |")


if __name__ == "__main__":
    main()
