# SPDX-License-Identifier: Apache-2.0
"""Inputs in processes of their own against inputs in the server: latency, CPU, memory.

The inputs are files of 720p that are passed through. The delay is the time from the capture time in
`prft`, at which the file's pacing releases a frame, to the arrival of its chunk at a client.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from freshness import percentiles
from harness.boxes import chunks
from harness.http1 import Connection, get
from harness.playlist import parse
from harness.procfs import cpu_nanoseconds
from harness.program import launch, stop
from harness.tools import need
from harness.waiting import pause, wait_until


def movie(path: Path) -> Path:
    """Twenty seconds of 720p30 with 2.5 Mbit/s, and audio."""
    subprocess.run([
        need("ffmpeg", "isolation"), "-v", "error", "-y", "-f", "lavfi", "-i",
        "testsrc2=s=1280x720:r=30", "-f", "lavfi", "-i", "sine=440:r=48000", "-t", "20", "-c:v",
        "libx264", "-preset", "ultrafast", "-b:v", "2500k", "-pix_fmt", "yuv420p", "-g", "30",
        "-bf", "0", "-c:a", "aac",
        str(path)
    ], check=True)
    return path


def children(pid: int) -> list[int]:
    """The process ids of the children."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def megabytes(pid: int, key: str) -> float:
    """A line of smaps_rollup in MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    return 0


def late(port: int, seconds: float) -> list[float]:
    """Milliseconds from capture to arrival of the chunks of the first stream."""
    found: list[float] = []
    base = "/s0/video/"
    with Connection(port) as connection:
        number = parse(connection.get(base + "playlist.m3u8").text).last_complete + 2
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            response = connection.get(f"{base}segment{number}.m4s")
            for at, data in response.pieces:
                found += [(at * 1e9 - chunk.prft) / 1e6 for chunk in chunks(data) if chunk.prft]
            number += 1
    return found


def one(folder: Path, how: str, count: int, seconds: float) -> dict[str, Any]:
    """`count` streams, all in the server or each in its process."""
    path = movie(folder / "isolation.ts")
    configuration = folder / "isolation.json"
    configuration.write_text(json.dumps({
        "isolation": how,
        "streams": [{"stream": f"s{index}", "input": str(path), "loop": True}
                    for index in range(count)]
    }))
    program = launch(["-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0"],
                     defaults=False)
    try:
        assert program.listening.wait(10)
        for index in range(count):
            wait_until(lambda name=f"/s{index}/video/playlist.m3u8":
                       get(program.port, name, timeout=15).status == 200, 25, "a playlist")
        pause(3, "the start must not be measured")
        pids = [program.pid, *children(program.pid)]
        before = sum(map(cpu_nanoseconds, pids))
        began = time.monotonic()
        delays = percentiles(late(program.port, seconds))
        spent = (sum(map(cpu_nanoseconds, pids)) - before) / 1e9 / (time.monotonic() - began)
        return {
            "delay_ms": delays,
            "cpu_percent_per_stream": round(spent * 100 / count, 2),
            "all_mb": round(sum(megabytes(pid, "Pss") for pid in pids), 1),
            "child_mb": {key: round(max((megabytes(pid, key) for pid in pids[1:]), default=0), 1)
                         for key in ("Rss", "Pss", "Private_Dirty")},
        }
    finally:
        stop(program)


def measure(bench: Any) -> dict[str, Any]:
    """1, 8 and 32 streams, in the server and in processes."""
    found: dict[str, Any] = {}
    for count in (1, 8, 32):
        pair = {how: one(bench.folder, how, count, bench.seconds(20))
                for how in ("none", "process")}
        found[str(count)] = pair
        for key, budget in (("p50", "≤ 0.3 ms"), ("p99", "≤ 1 ms")):
            values = [pair[how]["delay_ms"][key] for how in ("none", "process")]
            bench.row(f"isolation: {count} streams, delay {key}, none / process",
                      f"{values[0]} / {values[1]} ms", budget + " more")
        values = [pair[how]["cpu_percent_per_stream"] for how in ("none", "process")]
        bench.row(f"isolation: {count} streams, CPU of each, none / process",
                  f"{values[0]} / {values[1]} %", "≤ 5 % more")
        memory = pair["process"]["child_mb"]
        bench.row(f"isolation: {count} streams, process: own / proportional / resident",
                  f"{memory['Private_Dirty']} / {memory['Pss']} / {memory['Rss']} MB", "≤ 25 MB")
        # A page of several processes counts once in the sum of their proportional sizes.
        added = (pair["process"]["all_mb"] - pair["none"]["all_mb"]) / count
        bench.row(f"isolation: {count} streams, memory added for each", f"{added:.1f} MB",
                  "≤ 25 MB")
    return found
