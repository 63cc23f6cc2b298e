# SPDX-License-Identifier: Apache-2.0
"""Streams on demand: one start for many requests, and a stop when requests cease."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.boxes import kinds
from harness.configuration import stream, write
from harness.http1 import get
from harness.metrics import read_metrics
from harness.program import Program
from harness.tunein import fetch
from harness.waiting import not_before, pause, wait_until

PLAYLIST = "/d/video/playlist.m3u8"
CLIENTS = 24


def runs(program: Program) -> int:
    """How often the stream has started."""
    return len(program.logged("live"))


def state(program: Program, name: str = "d") -> str:
    """The state of the stream in the metrics."""
    found = [labels["state"] for metric, labels, value in read_metrics(program.port)
             if metric == "streamer_stream_state" and labels["stream"] == name and value == 1]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.timeout(90)
def test_first_requests_start_the_stream_once_and_silence_stops_it(streamer: Callable[..., Program],
                                                                   tmp_path: Path) -> None:
    """Parallel requests start the stream once; 15 s without any stop it; names continue."""
    program = streamer("-c", str(write(tmp_path, [stream("d", onDemand=True)])), defaults=False)
    port = program.port
    for path in ("/ready", "/health", "/metrics", "/d/", "/version"):
        assert get(port, path).status == 200, f"{path}: idle counts as ready"
    assert get(port, "/d/timestamps.json").status == 503
    pause(0.5, "a start would be logged in this time")
    assert state(program) == "idle" and runs(program) == 0, "statistics start the stream"

    statuses: list[int] = []
    clients = [
        threading.Thread(target=lambda: statuses.append(get(port, PLAYLIST).status))
        for _ in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join(10)
    assert statuses == [200] * CLIENTS
    assert program.wait_logged("live") and runs(program) == 1 and state(program) == "live"
    first = fetch(port, path=PLAYLIST)
    assert not first.ended
    held = get(port, f"{PLAYLIST}?_HLS_msn={first.segments[-1].msn + 1}")
    assert held.status == 200

    stopped = time.monotonic()

    def is_stopped() -> bool:
        get(port, "/d/timestamps.json")
        return state(program) != "live"

    wait_until(is_stopped, 20, "the stop of the stream", interval=0.5)
    not_before(stopped, 13, "the stop of the stream")
    assert get(port, "/ready").status == 200

    # A returning player requests names that it knows: they are held, then answered.
    again = get(port, f"/d/video/{first.segments[-1].map_uri}")
    assert again.status == 200 and kinds(again.body)[0] == "ftyp", "the same header"
    second = fetch(port, path=PLAYLIST)
    assert second.segments[0].map_uri == first.segments[0].map_uri
    assert second.segments[-1].msn > first.segments[-1].msn and not second.ended
    numbers = [segment.msn for segment in second.segments]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "no number is missing"
    assert not any(segment.gap for segment in second.segments)
    # Only the first segment of a session does not follow the one before.
    assert not any(segment.discontinuity for segment in second.segments[1:])
    assert program.wait_logged("live", count=2) and runs(program) == 2


@pytest.mark.timeout(60)
def test_missing_source_is_reported_and_retried(streamer: Callable[..., Program],
                                                tmp_path: Path) -> None:
    """Requests get 503, the log has the reason; the source is retried on a later request."""
    path = write(tmp_path, [stream("d", onDemand=True, input="nowhere.ts"), stream("other")])
    program = streamer("-c", str(path), defaults=False)
    response = get(program.port, PLAYLIST)
    assert response.status == 503 and "cannot start" in response.text
    assert program.wait_logged("stream-failed", "No such file", stream="d")
    assert fetch(program.port, path="/other/video/playlist.m3u8").segments
    wait_until(lambda: state(program) == "idle", 8, "a rest")
    assert get(program.port, PLAYLIST).status == 503


def test_on_demand_by_flags_survives_a_missing_source(streamer: Callable[..., Program]) -> None:
    """One stream on demand by flags: a missing source does not end the program."""
    program = streamer("--input", "nowhere.ts", "--on-demand", "--host", "127.0.0.1", "--http-port",
                       "0", "--name", "d", defaults=False)
    assert state(program) == "idle"
    response = get(program.port, PLAYLIST)
    assert response.status == 503 and "cannot start" in response.text
    assert program.wait_logged("stream-failed", "No such file", stream="d")
    pause(0.5, "the program would end in this time")
    assert program.process.poll() is None and get(program.port, "/health").status == 200
