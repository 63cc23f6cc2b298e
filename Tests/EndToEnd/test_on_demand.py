# SPDX-License-Identifier: Apache-2.0
"""Streams on demand: they start when asked for, once, and stop when nobody asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.boxes import kinds
from harness.configuration import stream, write
from harness.http1 import Connection, get
from harness.metrics import read_metrics
from harness.program import Program
from harness.sources import wait_for
from harness.tunein import fetch

PLAYLIST = "/d/video/playlist.m3u8"
CLIENTS = 24


def runs(program: Program) -> int:
    """How often the stream has started."""
    return sum("playable after" in line for line in program.log)


def state(program: Program, name: str = "d") -> str:
    """The state that the metrics name."""
    found = [labels["state"] for metric, labels, value in read_metrics(program.port)
             if metric == "streamer_stream_state" and labels["stream"] == name and value == 1]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.timeout(90)
def test_on_demand(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """N at once start one; 15 s without requests stop it; it comes back under the same names."""
    program = streamer("-c", str(write(tmp_path, [stream("d", onDemand=True)])), defaults=False)
    port = program.port
    for path in ("/ready", "/health", "/metrics", "/d/", "/version"):
        assert get(port, path).status == 200, f"{path}: idle counts as ready"
    assert get(port, "/d/timestamps.json").status == 503
    time.sleep(0.5)
    assert state(program) == "idle" and runs(program) == 0, "who only looks does not start it"

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
    assert runs(program) == 1 and state(program) == "live"
    first = fetch(port, path=PLAYLIST)
    assert not first.ended
    held = get(port, f"{PLAYLIST}?_HLS_msn={first.segments[-1].msn + 1}")
    assert held.status == 200

    stopped = time.monotonic()
    while state(program) == "live":
        assert time.monotonic() - stopped < 20, "it does not stop"
        get(port, "/d/timestamps.json")
        time.sleep(0.5)
    assert time.monotonic() - stopped > 13, "it stopped too early"
    assert get(port, "/ready").status == 200

    # A player that comes back asks for what it saw announced: old names are held, and then known.
    again = get(port, f"/d/video/{first.segments[-1].map_uri}")
    assert again.status == 200 and kinds(again.body)[0] == "ftyp", "the same header"
    second = fetch(port, path=PLAYLIST)
    assert second.segments[0].map_uri == first.segments[0].map_uri
    assert second.segments[-1].msn > first.segments[-1].msn and not second.ended
    numbers = [segment.msn for segment in second.segments]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "no number is missing"
    assert not any(segment.discontinuity or segment.gap for segment in second.segments)
    assert runs(program) == 2


@pytest.mark.timeout(90)
def test_a_held_request_keeps_it(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """One who reads a segment of twenty seconds asks for the stream all the while."""
    path = write(tmp_path,
                 [stream("d", onDemand=True, segmentDuration=20, partDuration=1, playlistLength=6)])
    program = streamer("-c", str(path), defaults=False)
    playlist = fetch(program.port, path=PLAYLIST)
    open_segment = playlist.segments[-1].msn + 1
    with Connection(program.port, timeout=60) as connection:
        answer = connection.get(f"/d/video/segment{open_segment + 1}.m4s")
        while answer.status == 425:
            time.sleep(0.5)
            answer = connection.get(f"/d/video/segment{open_segment + 1}.m4s")
        assert answer.status == 200 and state(program) == "live" and runs(program) == 1


@pytest.mark.timeout(60)
def test_a_source_that_is_missing(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Its requests are told why; it is tried again when it is asked for later."""
    path = write(tmp_path, [stream("d", onDemand=True, input="nowhere.ts"), stream("other")])
    program = streamer("-c", str(path), defaults=False)
    answer = get(program.port, PLAYLIST)
    assert answer.status == 503 and "No such file" in answer.text
    assert fetch(program.port, path="/other/video/playlist.m3u8").segments
    wait_for(lambda: state(program) == "idle", 8, "a rest")
    assert get(program.port, PLAYLIST).status == 503


def test_by_flags(streamer: Callable[..., Program]) -> None:
    """One stream on demand by flags: a source that is missing when it is asked for does not end the program."""
    program = streamer("--input", "nowhere.ts", "--on-demand", "--host", "127.0.0.1", "--http-port",
                       "0", "--name", "d", defaults=False)
    assert state(program) == "idle"
    answer = get(program.port, PLAYLIST)
    assert answer.status == 503 and "No such file" in answer.text
    time.sleep(0.5)
    assert program.process.poll() is None and get(program.port, "/health").status == 200
