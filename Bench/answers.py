# SPDX-License-Identifier: Apache-2.0
"""How soon the program answers: audio parts, instants, pictures, WebSockets, restarts and the end.

Tests assert the order of these events; their times are measured here.
"""

from __future__ import annotations

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from freshness import percentiles
from harness.audio import Track
from harness.frames import clocks_of
from harness.http1 import Connection, get
from harness.program import Program, start, stop
from harness.tunein import PLAYLIST, align, fetch
from harness.websocket import CATCH_UP, VIDEO, Socket
from harness.websocket2 import HTTP2Socket
from test_motion_jpeg import clock, pictures_of, read, wait_live
from test_supervise import child

SMALL = ["--resolution", "320x180", "--bitrate", "300"]
RUNS = 5


def audio_parts(seconds: float) -> dict[str, float]:
    """Milliseconds from the last sample of an audio part to the playlist that lists it."""
    program = start([*SMALL, "--audio", "tone"])
    found: list[float] = []
    try:
        audio = Track(program.port, "audio")
        playlist = audio.playlist()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            msn, part = playlist.last_part
            msn, part = (msn, part + 1) if playlist.open_parts else (playlist.last_complete + 1, 0)
            playlist = audio.playlist(f"?_HLS_msn={msn}&_HLS_part={part}")
            now = time.time() * 1000
            if playlist.open_segment:
                length = sum(part.duration for part in playlist.open_parts)
                found.append(now - playlist.open_segment.milliseconds() - float(length) * 1000)
    finally:
        stop(program)
    return percentiles(found)


def instants(port: int, form: str) -> dict[str, float]:
    """Milliseconds from each of 100 instants of the next four seconds to its answer.

    A machine that decodes too few stills refuses some of them: these are left out.
    """
    def ask(ahead: float) -> float | None:
        at = round(time.time() + ahead, 3)
        answer = get(port, f"/live/at/{at:.3f}{form}")
        return (answer.done - at) * 1000 if answer.status == 200 else None

    with ThreadPoolExecutor(100) as pool:
        found = list(pool.map(ask, [random.uniform(0.2, 3.8) for _ in range(100)]))
    return percentiles([late for late in found if late is not None])


def held_at_availability(port: int) -> dict[str, float]:
    """Milliseconds for which a request for the next part, at its hint, is held."""
    found: list[float] = []
    with Connection(port) as connection:
        for _ in range(50):
            msn, part = align(port, 3).last_part
            answer = connection.get(f"{PLAYLIST}?_HLS_msn={msn}&_HLS_part={part + 1}")
            found.append(float(answer.held_ms or 0))
    return percentiles(found)


def pictures(program: Program, seconds: float) -> tuple[dict[str, float], dict[str, float]]:
    """Milliseconds from the time of a picture to its arrival: newest stills, motion JPEG."""
    wait_live(program)
    stills: list[float] = []
    for _ in range(20):
        answer = get(program.port, "/live/snapshot.jpg")
        [shown] = clocks_of(answer.body)
        if shown is not None:
            stills.append(answer.done * 1000 - shown)
    arrivals, body = read(program, "/live/stream.mjpeg", seconds)
    moving = [at * 1000 - clock(picture) for at, picture in zip(arrivals, pictures_of(body))]
    return percentiles(stills), percentiles(moving)


def socket_delays(client: Any, count: int) -> dict[str, float]:
    """Milliseconds from the publication of a chunk to a client of a WebSocket."""
    client.send({"t": "hello", "v": 1})
    client.send({"t": "subscribe", "tracks": ["v"]})
    found = [m.at * 1000 % 2**32 - m.sent for m in client.media(count, VIDEO)
             if not m.flags & CATCH_UP]
    client.socket.close()
    return percentiles(found)


def restarts() -> dict[str, float]:
    """Milliseconds from SIGKILL of the supervised program to the next answer."""
    found: list[float] = []
    for _ in range(RUNS):
        program = start([*SMALL, "--supervise"])
        try:
            fetch(program.port)
            begun = time.monotonic()
            os.kill(child(program), signal.SIGKILL)
            while True:
                try:
                    if get(program.port, PLAYLIST, timeout=20).status == 200:
                        break
                except OSError:
                    time.sleep(0.005)
            found.append((time.monotonic() - begun) * 1000)
        finally:
            stop(program)
    return percentiles(found)


def ends() -> dict[str, float]:
    """Milliseconds from SIGTERM to the exit, with twenty idle connections."""
    found: list[float] = []
    for _ in range(RUNS):
        program = start(SMALL)
        fetch(program.port)
        idle = [Connection(program.port) for _ in range(20)]
        for connection in idle:
            connection.get("/health")
        begun = time.monotonic()
        stop(program)
        found.append((time.monotonic() - begun) * 1000)
        for connection in idle:
            connection.close()
    return percentiles(found)


def measure(bench: Any) -> dict[str, Any]:
    """All of them, as rows of the table of `bench`."""
    port = bench.program.port
    found: dict[str, Any] = {"audio part": audio_parts(bench.seconds(12)),
                             "held for the next part": held_at_availability(port)}
    stills, moving = pictures(bench.program, bench.seconds(8))
    found |= {"instant": instants(port, ""), "still of an instant": instants(port, ".jpg"),
              "newest still": stills, "motion JPEG": moving,
              "WebSocket, HTTP/1.1": socket_delays(Socket(port, "/live/ws"), 300),
              "WebSocket, HTTP/2": socket_delays(HTTP2Socket(port, "/live/ws"), 300),
              "killed → next answer, --supervise": restarts(),
              "SIGTERM → exit": ends()}
    budgets = {"audio part": "p50 ≤ 50 ms", "instant": "p50 ≤ 60 ms",
               "WebSocket, HTTP/1.1": "p50 ≤ 10 ms", "WebSocket, HTTP/2": "p50 ≤ 10 ms",
               "killed → next answer, --supervise": "min ≤ 500 ms"}
    for name, figures in found.items():
        bench.row(f"answers: {name}, min / p50 / p99",
                  f"{figures['min']} / {figures['p50']} / {figures['p99']} ms",
                  budgets.get(name, ""))
    return found
