# SPDX-License-Identifier: Apache-2.0
"""Many RTMP publishers of 720p, passed through: CPU of the server and its processes, late parts.

Each publisher is an ffmpeg that copies a file at its pace, so that it costs little itself.
"""

from __future__ import annotations

import subprocess
import time
from typing import Any

from harness.http1 import Connection, get
from harness.playlist import parse
from harness.procfs import cpu_nanoseconds, resident_bytes
from harness.program import launch, stop
from harness.rtmp import HOST, rtmp_port
from harness.tools import need
from harness.waiting import pause, wait_until
from isolation import children, movie

COUNTS = (1, 8, 32)
PART = 0.1  # the part duration of a stream without a ladder, in seconds
LATE = 3 * PART  # PART-HOLD-BACK: a player this far behind the live edge would stall
WATCHED = 4  # streams whose parts are awaited, one client each in turn


def late_parts(port: int, count: int, seconds: float) -> tuple[int, int]:
    """Parts of some of the streams, and the late parts: later than LATE after the one before."""
    parts = late = 0
    for index in range(0, count, max(1, count // WATCHED)):
        base = f"/s{index}/video/playlist.m3u8"
        with Connection(port) as connection:
            listed = parse(connection.get(base).text)
            number, part = listed.last_complete + 2, 0
            last = 0.0
            until = time.monotonic() + seconds / min(count, WATCHED)
            while time.monotonic() < until:
                reply = connection.get(f"{base}?_HLS_msn={number}&_HLS_part={part}")
                assert reply.status == 200, f"{base}: {reply.status}"
                now = time.monotonic()
                if last and now - last > LATE:
                    late += 1
                parts, last = parts + 1, now
                listed = parse(reply.text)
                if listed.last_complete >= number:
                    number, part = listed.last_complete + 1, 0
                else:
                    part += 1
    return parts, late


def one(bench: Any, count: int, seconds: float) -> dict[str, Any]:
    """`count` publishers on one port."""
    path = movie(bench.folder / "publishers.mp4")
    program = launch([*HOST, "--publish", "open", "--max-published", str(count)], defaults=False)
    senders: list[subprocess.Popen[bytes]] = []
    try:
        assert program.listening.wait(10)
        port = rtmp_port(program)
        for index in range(count):
            senders.append(subprocess.Popen(
                [need("ffmpeg", "publishers"), "-v", "error", "-re", "-stream_loop", "-1", "-i",
                 str(path), "-c", "copy", "-flush_packets", "1", "-f", "flv",
                 f"rtmp://127.0.0.1:{port}/any/s{index}"],
                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        for index in range(count):
            wait_until(lambda name=f"/s{index}/video/playlist.m3u8":
                       get(program.port, name, timeout=15).status == 200, 40, "a playlist")
        pause(3, "the start must not be measured")
        pids = [program.pid, *children(program.pid)]
        before, began = sum(map(cpu_nanoseconds, pids)), time.monotonic()
        parts, late = late_parts(program.port, count, seconds)
        spent = (sum(map(cpu_nanoseconds, pids)) - before) / 1e9 / (time.monotonic() - began)
        return {"cores": round(spent, 3), "parts": parts, "late": late,
                "server_mb": round(resident_bytes(program.pid) / 1e6, 1)}
    finally:
        for sender in senders:
            sender.kill()
        for sender in senders:
            sender.wait(5)
        stop(program)


def measure(bench: Any) -> dict[str, Any]:
    """1, 8 and 32 publishers."""
    found: dict[str, Any] = {}
    for count in COUNTS:
        figures = found[str(count)] = one(bench, count, bench.seconds(20))
        bench.row(f"publishers: {count} by RTMP, 720p passed through, CPU of all processes",
                  f"{figures['cores']} cores", "≤ 1.5 cores" if count == 32 else "")
        bench.row("  late parts of those awaited", f"{figures['late']} of {figures['parts']}", "0")
    return found
