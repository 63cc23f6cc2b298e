# SPDX-License-Identifier: Apache-2.0
"""The same pictures through this program and through every peer that the machine has.

Each player plays alone: its latency, then the rules of the stream, then a killed server and a
killed source. Run: make compare [SECONDS=15], or python Bench/compare.py [--out FILE]. The report
is Markdown. See docs/compare.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
for folder in ("Tests", "Bench"):
    sys.path.insert(0, str(ROOT / folder))

from compare_peers import Peer, peers  # noqa: E402
from compare_report import Cell, report  # noqa: E402
from compare_view import AWAY, OPENINGS, OUTAGE, VALIDATED, WARM_UP, measure  # noqa: E402
from fetch_hlsjs import fetch_hlsjs  # noqa: E402
from harness.browser import chromium_running  # noqa: E402
from harness.http1 import get  # noqa: E402
from harness.tools import chromium, streamer_binary  # noqa: E402
from harness.waiting import pause, wait_until  # noqa: E402
from latency import version  # noqa: E402

LIMIT = 12 * 60.0
START = 6.0


def longest(seconds: float) -> float:
    """The time that a player may need, in seconds."""
    return 2 * START + 3 * OPENINGS + WARM_UP + seconds + VALIDATED + 2 * (OUTAGE + 7)


def is_served(peer: Peer, player: str) -> bool:
    """Whether the server has what the player opens."""
    try:
        return get(peer.http, peer.players[player], timeout=3).status == 200
    except OSError:
        return False


def run(peer: Peer, players: list[str], scripts: dict[str, Path], seconds: float,
        folder: Path, until: float) -> list[Cell]:
    """All players of a server, each with a new server and a new browser."""
    cells: list[Cell] = []
    for number, player in enumerate(players):
        cell = Cell(peer.name, player)
        cells.append(cell)
        if time.monotonic() + longest(seconds) > until:
            cell.problem = f"the limit of {LIMIT / 60:g} minutes would be exceeded"
            continue
        place = folder / f"{len(os.listdir(folder))}-{number}"
        place.mkdir()
        peer.prepare(place)
        try:
            peer.start()
            pause(0.5, "the server listens")
            peer.feed()
            wait_until(lambda: is_served(peer, player), 15, "a playlist", interval=0.2)
            pause(START, "the playlist has its length")
            with chromium_running(chromium() or "chromium") as browser:
                measure(browser, peer, player, scripts, seconds, cell)
        except Exception as error:  # the other servers continue
            cell.problem = str(error).splitlines()[0][:300]
            log = (place / "log").read_text(errors="replace").strip().splitlines()
            print("\n".join(log[-8:]), file=sys.stderr)
        finally:
            peer.starve()
            peer.kill()
        print(f"{peer.name}, {player}: p50 {cell.percentile(0.5)} ms, first {cell.first} ms, "
              f"{cell.problem or 'done'}", flush=True)
    return cells


def facts(seconds: float, scripts: dict[str, Path], found: list[Peer]) -> dict[str, str]:
    """What the figures hold for."""
    processor = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    known = {
        "Date": time.strftime("%d %B %Y, %H:%M UTC", time.gmtime()),
        "Machine": f"{processor.group(1) if processor else platform.machine()}, {os.cpu_count()} "
                   f"processors, Linux {platform.release()}, load {os.getloadavg()[1]:.1f} over 5 "
                   "minutes at the end",
        "Source": "640x360, 30 frames per second, 1500 kbit/s, H.264 with a key frame per second "
                  "and no reordering, MPEG-TS over UDP (RTMP for programs named by PEER_…), copied",
        "Time": f"{seconds:g} s per player after {WARM_UP:g} s; {OUTAGE:g} s after each kill; the "
                f"server returns at once, the source after {AWAY:g} s",
        "streamer": version(str(streamer_binary()), "--version"),
        "Chromium": version(chromium() or "chromium", "--version", "--no-sandbox"),
        "ffmpeg": version("ffmpeg", "-version").split(" Copyright")[0],
        "nginx": version("nginx", "-v"),
        "GStreamer": version("/usr/bin/python3", "-c", "import gi; gi.require_version('Gst', "
                             "'1.0'); from gi.repository import Gst; print(Gst.version_string())"),
    }
    known |= {player: path.name for player, path in scripts.items()}
    return known | {peer.name: peer.program for peer in found if peer.rtmp_path}


def main() -> int:
    """Writes the report; 1 if no player played."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--out", type=Path, help="the report as a file, also printed")
    parser.add_argument("--peers", nargs="*", help="only servers whose names begin so")
    given = parser.parse_args()
    if not chromium():
        print("chromium not found: nothing to compare with", file=sys.stderr)
        return 1
    os.environ["PATH"] += ":/usr/sbin"
    until = time.monotonic() + LIMIT
    found, missing = peers()
    if given.peers:
        found = [peer for peer in found if peer.name.startswith(tuple(given.peers))]
    scripts: dict[str, Path] = {}
    try:
        scripts["hls.js"] = Path(fetch_hlsjs())
    except (RuntimeError, OSError) as error:
        missing["hls.js"] = str(error)
    if path := os.environ.get("DASHJS"):
        scripts["dash.js"] = Path(path)
    else:
        missing["dash.js"] = "DASHJS is not set"
    cells: list[Cell] = []
    with TemporaryDirectory() as scratch:
        for peer in found:
            players = [player for player in peer.players
                       if player == "own player" or player in scripts]
            cells += run(peer, players, scripts, given.seconds, Path(scratch), until)
    text = report(cells, missing, facts(given.seconds, scripts, found), OUTAGE)
    if given.out:
        given.out.write_text(text)
    print(text)
    return 0 if any(cell.late_ms for cell in cells) else 1


if __name__ == "__main__":
    sys.exit(main())
