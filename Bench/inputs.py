# SPDX-License-Identifier: Apache-2.0
"""Pulled inputs and publishers: delay from drawing a frame to the arrival of its chunk at a client.

The delay of the source alone, with the same painter and encoder on a pipe, is subtracted.
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
from harness.ports import free_port
from harness.program import Program, launch, stop
from harness.sources import Source, ffmpeg_sender, rtsp_server
from harness.tunein import PLAYLIST
from harness.waiting import pause, wait_until  # noqa: E402

BASE = "/live/video/"
BOUNDED = ["-omit_video_pes_length", "0"]
SRT_LATENCY = 120
# Budgets of the median on loopback, without the delay of the source, in ms.
BUDGETS = {
    "rtsp": 5, "rtmp": 5, "ts, bounded PES": 5, "ts": 5 + 1000 / 30,
    "srt, 120 ms": SRT_LATENCY + 40, "published by rtmp": 2, "published by rtmps": 3,
    "published by srt, 120 ms": SRT_LATENCY + 5
}


def source_alone(seconds: float) -> float:
    """Milliseconds from drawing a frame to its last byte in a pipe, median."""
    source = ffmpeg_sender(["-f", "mpegts", *BOUNDED, "-"], stdout=subprocess.PIPE)
    output = source.processes[1].stdout
    assert output is not None
    media, ends, last = b"", [], 0.0
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            # Data that arrives within ten milliseconds belongs to one frame.
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
    # A frame is complete long before the next is drawn.
    taken = [
        at * 1000 - clocks[index - 1] for at in ends[15:] if (index := bisect(clocks, at * 1000))
    ]
    return statistics.median(taken)


def source_of(kind: str, port: int) -> tuple[list[str], Source | None]:
    """Flags of the streamer, and the source if it must be started first."""
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
    if kind.startswith("published"):
        scheme = kind.split(" ")[2].rstrip(",")
        more = {"srt": ["--srt-latency", str(SRT_LATENCY)],
                "rtmps": ["--self-signed", "--https-port", "0"]}.get(scheme, [])
        return [f"--{scheme}", f"127.0.0.1:{port}", *more, "--source", scheme.removesuffix("s")
                ], None
    return ["--input", f"udp://127.0.0.1:{port}"], ffmpeg_sender(
        [*ts, f"udp://127.0.0.1:{port}?pkt_size=1316"])


def publisher_of(kind: str, port: int) -> Source | None:
    """The publisher, which is started after the streamer; None for a pulled input."""
    if kind.startswith("published by rtmp"):
        scheme = kind.split(" ")[2]
        return ffmpeg_sender(["-f", "flv", f"{scheme}://127.0.0.1:{port}/live/x"])
    if kind.startswith("published by srt"):
        url = f"srt://127.0.0.1:{port}?streamid=live&latency={SRT_LATENCY * 1000}"
        return ffmpeg_sender(["-f", "mpegts", *BOUNDED, url])
    return None


def follow(program: Program, seconds: float) -> list[float]:
    """Milliseconds from drawing each frame to the arrival of its chunk at a client."""
    late: list[float] = []
    with Connection(program.port) as connection:
        playlist = parse(connection.get(PLAYLIST).text)
        init = connection.get(BASE + (playlist.segments[-1].map_uri or "")).body
        number = playlist.last_complete + 2
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            response = connection.get(f"{BASE}segment{number}.m4s")
            message = f"segment {number}: {response.status}"
            assert response.status == 200 and response.pieces, message
            arrivals = [at for at, data in response.pieces for _ in chunks(data, init)]
            clocks = clocks_of(init + b"".join(data for _, data in response.pieces))
            late += [at * 1000 - clock for at, clock in zip(arrivals, clocks) if clock is not None]
            # Decoding took time: only the chunks on arrival are counted.
            number = max(number + 1, parse(connection.get(PLAYLIST).text).last_complete + 2)
    return late


def one(kind: str, mode: str, seconds: float) -> dict[str, float]:
    """One input in one mode."""
    port = free_port()
    flags, source = source_of(kind, port)
    pause(1, "ffmpeg does not report when it listens")
    program = launch([*flags, "--passthrough", mode, "--host", "127.0.0.1", "--http-port", "0"],
                     defaults=False)
    try:
        assert program.listening.wait(10)
        source = source or publisher_of(kind, port)
        wait_until(lambda: get(program.port, PLAYLIST, timeout=15).status == 200, 25, "a playlist")
        pause(2, "the start must not be measured")
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
    bench.row("input: frame drawn → encoded, the source alone", f"{alone:.1f} ms")
    for kind, budget in BUDGETS.items():
        for mode, name in (("always", "passed through"), ("never", "encoded")):
            late = one(kind, mode, seconds)
            added = {key: round(late[key] - alone, 1) for key in ("p50", "p99")}
            found[f"{kind}, {name}"] = {"painted_to_client_ms": late, "added_ms": added}
            bench.row(
                f"input: {kind}, {name}: added to the source alone, p50 / p99",
                f"{added['p50']} / {added['p99']} ms",
                f"≤ {budget:.0f} p50" + ("" if mode == "always" else ", plus the encoder"))
    return found
