# SPDX-License-Identifier: Apache-2.0
"""Pulled inputs: from the clock painted into a source's picture to its chunk at a client, less what the source takes.

The source's own share is that of the same painter and the same encoder, written to a pipe.
"""

from __future__ import annotations

import os
import select
import statistics
import subprocess
import time
from bisect import bisect
from typing import Any

from freshness import percentiles
from harness.boxes import chunks
from harness.frames import clocks_of
from harness.http1 import Connection, get
from harness.playlist import parse
from harness.program import Program, launch, stop
from harness.sources import Source, ffmpeg_sender, rtsp_server, wait_for
from harness.supervisor import free_port
from harness.tunein import PLAYLIST

BASE = "/live/video/"
BOUNDED = ["-omit_video_pes_length", "0"]
SRT_LATENCY = 120
# Aims over the source on loopback, median, in ms.
AIMS = {
    "rtsp": 5, "rtmp": 5, "ts, bounded PES": 5, "ts": 5 + 1000 / 30, "srt, 120 ms": SRT_LATENCY + 40
}


def source_alone(seconds: float) -> float:
    """Milliseconds from painting a picture to its last byte in a pipe, median."""
    source = ffmpeg_sender(["-f", "mpegts", *BOUNDED, "-"], stdout=subprocess.PIPE)
    output = source.processes[1].stdout
    assert output is not None
    media, ends, last = b"", [], 0.0
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            # What comes within ten milliseconds is one picture.
            if not select.select([output], [], [], 0.01)[0]:
                if last:
                    ends.append(last)
                last = 0.0
                continue
            data = os.read(output.fileno(), 1 << 20)
            if not data:
                break
            media += data
            last = time.time()
    finally:
        source.kill()
    clocks = sorted(clock for clock in clocks_of(media) if clock is not None)
    # A picture is out long before the next is painted.
    taken = [
        at * 1000 - clocks[place - 1] for at in ends[15:] if (place := bisect(clocks, at * 1000))
    ]
    return statistics.median(taken)


def source_of(kind: str, port: int) -> tuple[list[str], Source | None]:
    """Flags of the streamer, and the source where it must be there first."""
    ts = ["-f", "mpegts", *(BOUNDED if "ts" != kind else [])]
    if kind == "rtsp":
        return ["--input", f"rtsp://127.0.0.1:{port}/x"], rtsp_server(port)
    if kind == "rtmp":
        url = f"rtmp://127.0.0.1:{port}/live/x"
        return ["--input", url], ffmpeg_sender(["-f", "flv", "-listen", "1", url])
    if kind.startswith("srt"):
        url = f"srt://127.0.0.1:{port}?mode=listener&latency={SRT_LATENCY * 1000}"
        return ["--input",
                f"srt://127.0.0.1:{port}?latency={SRT_LATENCY * 1000}"], ffmpeg_sender([*ts, url])
    return ["--input", f"udp://127.0.0.1:{port}"], ffmpeg_sender(
        [*ts, f"udp://127.0.0.1:{port}?pkt_size=1316"])


def follow(program: Program, seconds: float) -> list[float]:
    """Milliseconds from painting each picture to its chunk's arrival at a client of the open segment."""
    late: list[float] = []
    with Connection(program.port) as connection:
        playlist = parse(connection.get(PLAYLIST).text)
        init = connection.get(BASE + (playlist.segments[-1].map_uri or "")).body
        number = playlist.last_complete + 2
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            answer = connection.get(f"{BASE}segment{number}.m4s")
            assert answer.status == 200 and answer.pieces, f"segment {number}: {answer.status}"
            arrivals = [at for at, data in answer.pieces for _ in chunks(data, init)]
            clocks = clocks_of(init + b"".join(data for _, data in answer.pieces))
            late += [at * 1000 - clock for at, clock in zip(arrivals, clocks) if clock is not None]
            # Decoding took its time.
            number = max(number + 1, parse(connection.get(PLAYLIST).text).last_complete + 2)
    return late


def one(kind: str, mode: str, seconds: float) -> dict[str, float]:
    """An input in one mode."""
    port = free_port()
    flags, source = source_of(kind, port)
    time.sleep(1)
    program = launch([*flags, "--passthrough", mode, "--host", "127.0.0.1", "--http-port", "0"],
                     defaults=False)
    try:
        assert program.listening.wait(10)
        wait_for(lambda: get(program.port, PLAYLIST, timeout=15).status == 200, 25, "a playlist")
        time.sleep(2)
        return percentiles(follow(program, seconds))
    finally:
        stop(program)
        if source:
            source.kill()


def measure(bench: Any) -> dict[str, Any]:
    """All inputs, passed through and encoded."""
    seconds = bench.seconds(16)
    alone = source_alone(max(4, seconds / 2))
    found: dict[str, Any] = {"source_alone_ms": round(alone, 2)}
    bench.row("input: painted → coded, the source alone", f"{alone:.1f} ms")
    for kind, aim in AIMS.items():
        for mode, name in (("always", "passed through"), ("never", "encoded")):
            late = one(kind, mode, seconds)
            added = {key: round(late[key] - alone, 1) for key in ("p50", "p99")}
            found[f"{kind}, {name}"] = {"painted_to_client_ms": late, "added_ms": added}
            bench.row(
                f"input: {kind}, {name}: added to that, p50 / p99",
                f"{added['p50']} / {added['p99']} ms",
                f"≤ {aim:.0f} p50" if mode == "always" else f"≤ {aim:.0f} p50 and the encoder")
    return found
