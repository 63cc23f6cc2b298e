# SPDX-License-Identifier: Apache-2.0
"""The cells of `make bench AGAINST=COMMIT`: each measures $STREAMER once, in 10 to 25 s.

A cell returns one positive figure, of which less is better. Costs are processor time of the server
if possible, since times depend on the other core.
"""

from __future__ import annotations

import json
import select
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import freshness
import http_cells
import memory
import relay
import sockets
from fanout import pinned
from harness.firstplaylist import first_playlist, running
from harness.playlist import parse
from harness.procfs import cpu_nanoseconds, cpu_of, event_loops
from harness.program import launch, start, stop
from harness.http1 import get
from harness.tunein import PLAYLIST, fetch
from harness.waiting import pause, wait_until
from servers import Reader

READERS, SOCKETS, CONNECTIONS, FILMS = 100, 500, 4000, 8
FRAMES_PER_SECOND = 30
SECONDS = 10.0


@dataclass(frozen=True)
class Cell:
    """A measurement of $STREAMER, given a folder for files that all its runs share."""

    unit: str
    measure: Callable[[Path], float]
    is_gate: bool = True


def _start(folder: Path) -> float:
    """Start of the process to the first playable playlist, median of five."""
    times = []
    for _ in range(5):
        began = time.monotonic()
        program = launch([])
        try:
            program.listening.wait(5)
            fetch(program.port)
            times.append((time.monotonic() - began) * 1000)
        finally:
            stop(program)
    return statistics.median(times)


def _frame_to_chunk(folder: Path) -> float:
    """Frame time to the chunk at a reader of the open segment, median."""
    program = start([])
    try:
        fetch(program.port)
        pause(3, "the start must not be measured")
        return freshness.frame_to_client(program.port, SECONDS)["p50"]
    finally:
        stop(program)


def _requests(protocol: str, kind: str, count: int) -> Callable[[Path], float]:
    """Processor time of the server's loops per request of h2load."""
    def measure(folder: Path) -> float:
        server = http_cells.start_streamer()
        try:
            http_cells.copy_bytes(server, folder)
            for number in (1000, count):  # the first is a warm-up
                found = http_cells.load(server, protocol, kind, number)
                if isinstance(found, str):
                    raise RuntimeError(found)
            return found[0]
        finally:
            for program in http_cells.running:
                stop(program)
            http_cells.running.clear()
    return measure


def _frames(folder: Path) -> float:
    """Processor time of the loops per chunk at each reader of the open segment over HTTP/1.1."""
    program = start([], prefix=pinned(0))
    readers: list[Reader] = []
    try:
        newest = fetch(program.port).last_complete
        pause(3, "the start must not be measured")
        newest = parse(get(program.port, PLAYLIST).text).last_complete
        readers += [Reader(program.port, newest + 2) for _ in range(READERS)]
        by_socket = {reader.socket: reader for reader in readers}

        def read(seconds: float) -> None:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                for one in select.select(list(by_socket), [], [], 0.1)[0]:
                    by_socket[one].read()

        read(3)
        loops = event_loops(program.pid, samples=5)
        before, chunks = cpu_of(program.pid, loops), sum(len(one.arrivals) for one in readers)
        read(SECONDS)
        spent = cpu_of(program.pid, loops) - before
        return spent / 1000 / (sum(len(one.arrivals) for one in readers) - chunks)
    finally:
        for reader in readers:
            reader.socket.close()
        stop(program)


def _websocket(folder: Path) -> float:
    """Processor time of the loops per message at each WebSocket."""
    tool = folder / "sockets"
    if not tool.exists():
        sockets.build(folder)
    program = start([], prefix=pinned(0))
    try:
        fetch(program.port)
        pause(2, "the start must not be measured")
        loops = event_loops(program.pid)
        return sockets.play(tool, program.port, program.pid, "/live/ws", SOCKETS, SECONDS,
                            list(loops))["cpu_us"]
    finally:
        stop(program)


def _film(folder: Path, number: int) -> Path:
    """A film of 30 s with a key frame each second."""
    path = folder / f"film{number}.ts"
    if not path.exists():
        subprocess.run(
            ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate="
             f"{FRAMES_PER_SECOND}", "-t", "30", "-c:v", "libx264", "-preset", "veryfast", "-g",
             "30", "-bf", "0", "-b:v", "2M", "-pix_fmt", "yuv420p", str(path)],
            check=True, timeout=120)
    return path


def _pass_through(folder: Path) -> float:
    """Processor time of the program per passed-through frame of eight files."""
    film = _film(folder, 0)
    streams = []
    for number in range(FILMS):
        copy = folder / f"film{number}.ts"
        if not copy.exists():
            copy.write_bytes(film.read_bytes())
        streams.append({"stream": f"film{number}", "input": str(copy), "loop": True})
    configuration = folder / "films.json"
    configuration.write_text(json.dumps({"isolation": "none", "streams": streams}))
    program = start(["-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0"],
                    defaults=False)
    try:
        for stream in streams:
            path = f"/{stream['stream']}/ll.m3u8"
            wait_until(lambda path=path: get(program.port, path, timeout=15).status == 200, 30,
                       "a playlist of each stream")
        pause(3, "the start must not be measured")
        before, began = cpu_nanoseconds(program.pid), time.monotonic()
        pause(SECONDS, "the duration of the measurement")
        spent, frames = cpu_nanoseconds(program.pid) - before, (
            time.monotonic() - began) * FRAMES_PER_SECOND * FILMS
        return spent / 1000 / frames
    finally:
        stop(program)


def _relay(folder: Path) -> float:
    """Processor time per byte of an upload to ten readers, in ten chunks per MB."""
    program = start(relay.FLAGS, defaults=False)
    try:
        return relay.cpu(program, SECONDS)["10"]
    finally:
        stop(program)


def _memory(folder: Path) -> float:
    """Resident bytes of a connection with a held request."""
    program = start([])
    try:
        fetch(program.port)
        pause(3, "the start must not be measured")
        return memory.bytes_per_connection(program, CONNECTIONS)["rounds"][0]["held"]
    finally:
        stop(program)


def _first_playlist(folder: Path) -> float:
    """First key frame of a passed-through input over UDP, drawn, to the first playlist."""
    with running("udp") as (program, _):
        found = first_playlist(program)
    return (found.arrived - found.first_key) * 1000


CELLS = {
    "start": Cell("ms", _start),
    "frame-to-chunk": Cell("ms", _frame_to_chunk),
    "part": Cell("µs of CPU", _requests("h1", "part", 20_000)),
    "playlist": Cell("µs of CPU", _requests("h1", "playlist", 40_000)),
    "tls": Cell("µs of CPU", _requests("TLS-h1", "part", 12_000)),
    "frames": Cell("µs of CPU", _frames),
    "websocket": Cell("µs of CPU", _websocket),
    "pass-through": Cell("µs of CPU", _pass_through),
    "relay": Cell("ns of CPU", _relay),
    "memory": Cell("bytes", _memory),
    "part-h2": Cell("µs of CPU", _requests("TLS-h2", "part", 12_000), False),
    "playlist-h2": Cell("µs of CPU", _requests("TLS-h2", "playlist", 20_000), False),
    "first-playlist": Cell("ms", _first_playlist, False),
}
