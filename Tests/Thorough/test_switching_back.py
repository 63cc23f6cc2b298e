# SPDX-License-Identifier: Apache-2.0
"""/S/auto/ over a line that becomes slow and fast again."""

from __future__ import annotations

import csv
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import Closed, Connection, get
from harness.mpd import fetch
from harness.program import Program, stop
from harness.proxy import Proxy
from harness.tools import need
from harness.waiting import pause, wait_until
from test_switching import LADDER, NAMES


class Viewer(threading.Thread):
    """Requests one segment after another at the live edge; `got` has times, numbers and bytes."""

    def __init__(self, port: int, name: str, first: int) -> None:
        super().__init__(daemon=True)
        self.port, self.agent, self.number = port, name, first
        self.got: list[tuple[float, int, int]] = []
        self.running = True

    def run(self) -> None:
        """Plays until `running` is false."""
        connection = Connection(self.port)
        while self.running:
            try:
                response = connection.get(f"/live/auto/segment{self.number}.m4s",
                                          headers={"User-Agent": self.agent})
            except (Closed, OSError, TimeoutError):
                if not self.running:
                    return
                connection = Connection(self.port)
                continue
            assert response.status == 200, f"segment {self.number}: {response.status}"
            assert response.headers["cache-control"] == "private, no-store"
            self.got.append((time.monotonic(), self.number, len(response.body)))
            self.number += 1
        connection.close()


def renditions(program: Program, viewer: Viewer, last: int = 0) -> list[tuple[float, int]]:
    """The times of the segments of a viewer, and the indexes of their renditions by their sizes.

    `last`: how many of the last segments; 0 for all.
    """
    found = []
    for at, number, size in viewer.got[-last:]:
        sizes = [len(get(program.port, f"/live/{name}/segment{number}.m4s").body) for name in NAMES]
        assert size in sizes, f"segment {number}: {size} is none of {sizes}"
        found.append((at, sizes.index(size)))
    return found


def newest(program: Program, viewer: Viewer) -> int:
    """The index of the rendition of the last segment of a viewer."""
    return renditions(program, viewer, last=1)[-1][1]


@pytest.mark.timeout(180)
def test_slow_viewer_gets_a_lower_rendition_and_returns(streamer: Callable[..., Program],
                                                        tmp_path: Path) -> None:
    """A viewer whose network slows down and recovers; a fast viewer; ffmpeg across switches."""
    folder = tmp_path / "stats"
    program = streamer(*LADDER, "--max-files", "60", "--save-stats", "--stats-dir", str(folder))
    manifest = fetch(program.port, "/live/auto/manifest.mpd")
    first = manifest.number(time.time())
    proxy = Proxy(program.port)
    proxy.buffer = 16 * 1024
    slow, fast = Viewer(proxy.port, "slow", first), Viewer(program.port, "fast", first)
    command = [need("ffmpeg", "plays across a switch"), "-v", "error", "-i",
               program.url("/live/auto/playlist.m3u8"), "-t", "20", "-f", "null", "-"]
    ffmpeg = subprocess.Popen(command, stderr=subprocess.PIPE)
    begun = time.monotonic()
    slow.start()
    fast.start()
    try:
        pause(4, "both viewers play")
        proxy.rate = 90_000
        wait_until(lambda: newest(program, slow) == 2, 40, "the slow viewer is lowered")
        proxy.rate = None
        freed = time.monotonic()
        wait_until(lambda: slow.got[-1][0] > freed and newest(program, slow) < 2, 60,
                   "the slow viewer returns")
        wait_until(lambda: fast.got[-1][0] > begun + 14, 30, "segments of the fast viewer")
    finally:
        slow.running = fast.running = False
        proxy.close()
        errors = ffmpeg.communicate(timeout=30)[1].decode()
    shown, held = renditions(program, slow), renditions(program, fast)
    print("slow viewer", " ".join(f"{at - begun:.0f}s:{index}" for at, index in shown))
    print("fast viewer", " ".join(f"{at - begun:.0f}s:{index}" for at, index in held))
    assert held[0][1] == 1, "the start is not the second-lowest rendition"
    assert all(index == 0 for at, index in held if at > begun + 12), "the fast viewer was lowered"
    assert ffmpeg.returncode == 0 and not errors, errors

    assert stop(program) == 0
    rows = list(csv.DictReader((folder / "segments.csv").open()))
    viewers = {row["viewer"] for row in rows}
    assert len(viewers) == 4, "the slow viewer, the fast one, ffmpeg, and requests of this test"
    assert {row["rendition"] for row in rows} <= set(NAMES)
    late = [float(row["acknowledged"]) - float(row["asked"]) for row in rows
            if row["acknowledged"] and row["cut"] == "0"]
    assert late and min(late) >= 0
