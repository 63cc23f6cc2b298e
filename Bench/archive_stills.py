# SPDX-License-Identifier: Apache-2.0
"""Stills: the newest frame, frames of instants, and 100 clients that ask for one frame."""

from __future__ import annotations

import random
import time
from typing import Any

from harness.crowd import Crowd
from harness.http1 import Connection
from harness.metrics import total
from harness.procfs import cpu_nanoseconds, descendants
from harness.program import Program
from harness.waiting import pause

ASKERS = 100


def timed(connection: Connection, path: str) -> float:
    """Milliseconds from the request to the last byte of a still."""
    began = time.monotonic()
    response = connection.get(path)
    assert response.status == 200 and response.body[:2] == b"\xff\xd8", response.status
    return (time.monotonic() - began) * 1000


def newest(program: Program, count: int) -> list[float]:
    """The newest frame, four times per second; the decoder follows the stream."""
    with Connection(program.port) as connection:
        for _ in range(8):
            timed(connection, "/live/snapshot.jpg")
            pause(0.25, "the decoder begins to follow")
        found = []
        for _ in range(count):
            found.append(timed(connection, "/live/snapshot.jpg"))
            pause(0.25, "another frame")
    return found


def instants(program: Program, first: int, seconds: int, count: int) -> dict[str, Any]:
    """Frames at random times of an archive: milliseconds and CPU milliseconds of each."""
    dice = random.Random(1)
    late, cpu = [], []
    with Connection(program.port) as connection:
        timed(connection, f"/live/at/{first + 0.5}.jpg")
        pids = descendants(program.pid)
        for _ in range(count):
            before = sum(map(cpu_nanoseconds, pids))
            late.append(timed(connection, f"/live/at/{first + dice.uniform(1, seconds):.3f}.jpg"))
            cpu.append((sum(map(cpu_nanoseconds, pids)) - before) / 1e6)
            pause(0.05, "the server must not be loaded")
    return {"ms": late, "cpu_ms": cpu}


def askers(program: Program, at: float) -> dict[str, float]:
    """Clients that ask for one frame at once: decoded frames, encoded stills, and their delay."""
    names = ("streamer_stills_frames_total", "streamer_stills_total")
    path = f"/live/at/{at}.jpg"
    before = [total(program.port, name) for name in names]
    with Crowd(*[program] * ASKERS) as crowd:
        began = time.time()
        crowd.run([(0, client, path) for client in crowd.clients])
        assert all(client.status == 200 for client in crowd.clients)
        last = max(client.done for client in crowd.clients) - began
    frames, stills = (total(program.port, name) - old for name, old in zip(names, before))
    return {"frames": frames, "stills": stills, "last_ms": last * 1000}
