# SPDX-License-Identifier: Apache-2.0
"""One publication, many held requests: delay and CPU, compared with the minimal C origin.

For the CPU, each server and the load client have one core: one event loop beside the one thread of
the C origin. With more loops, they and the client would interrupt each other on two cores.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from freshness import percentiles
from harness.http1 import get
from harness.procfs import cpu_of, event_loops
from harness.program import Program
from harness.tunein import PLAYLIST, fetch
from harness.waiting import pause  # noqa: E402

BASE = "/live/video/"
PARTS = 10
WARM_UP = 1.5


@dataclass
class Origin:
    """The running C origin."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def stop(self) -> dict[int, int]:
        """Ends the origin; returns index -> nanoseconds of each publication."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(5)
        pairs = np.fromfile(self.log, np.uint64).reshape(-1, 2).astype(np.int64)
        return dict(pairs.tolist())


def pinned(core: int) -> list[str]:
    """Command prefix that keeps a process on one core; empty on a machine with one core."""
    return ["taskset", "-c", str(core)
            ] if (os.cpu_count() or 1) > 1 and shutil.which("taskset") else []


def build(folder: Path) -> None:
    """Compiles the origin and the load client with -O2."""
    for name in ("origin", "load"):
        source = Path(__file__).with_name(f"{name}.c")
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o",
                        str(folder / name),
                        str(source)], check=True)


def raw_response(port: int, path: str) -> tuple[bytes, bytes]:
    """Head and body of a response as sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(1 << 16)
        head, body = data.split(b"\r\n\r\n", 1)
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                      if line.lower().startswith(b"content-length"))
        while len(body) < length:
            body += connection.recv(1 << 16)
    return head + b"\r\n\r\n", body


def start_origin(folder: Path, port: int, period_ms: int = 100, per_segment: int = PARTS) -> Origin:
    """The C origin with one part and one playlist of the streamer on `port`, of average size."""
    playlist = fetch(port)
    names = [part.uri for segment in playlist.segments[-3:] for part in segment.parts]
    responses = sorted((raw_response(port, BASE + name) for name in names), key=lambda a: len(a[1]))
    mean = statistics.mean(len(body) for _, body in responses)
    part = min(responses, key=lambda a: abs(len(a[1]) - mean))
    listing = raw_response(port, f"{PLAYLIST}?_HLS_msn=1")
    files = []
    for name, (head, body) in (("part", part), ("playlist", listing)):
        for kind, data in (("head", head), ("body", body)):
            path = folder / f"{name}.{kind}"
            path.write_bytes(data)
            files.append(str(path))
    log = folder / "published.log"
    process = subprocess.Popen(
        [*pinned(0), str(folder / "origin"), "0",
         str(period_ms),
         str(per_segment), *files,
         str(log)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    return Origin(process, int(process.stdout.readline()), log)


def next_index(port: int, per_segment: int = PARTS) -> int:
    """Index of the hinted part: the only one that may be requested before it is published."""
    msn, part = fetch(port).last_part
    return msn * per_segment + part + 1


def drive(folder: Path, port: int, pid: int, kind: str, viewers: int, seconds: float,
          first: int, per_segment: int = PARTS) -> dict[str, Any]:
    """One run of the load client from index `first`; CPU of the event loops of `pid`."""
    loops = event_loops(pid)
    output = folder / f"samples-{kind}-{viewers}.bin"
    command = [
        *pinned(1),
        str(folder / "load"),
        str(port),
        str(viewers),
        str(seconds + WARM_UP + 0.5), kind, BASE,
        str(per_segment),
        str(first),
        str(output)
    ]
    client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    pause(WARM_UP, "warm-up")
    began, cpu_before = time.time_ns(), cpu_of(pid, loops)
    pause(seconds, "the duration of the measurement")
    ended, cpu_after = time.time_ns(), cpu_of(pid, loops)
    out, _ = client.communicate(timeout=30)
    found = json.loads(out)
    samples = np.fromfile(output, np.uint64).reshape(-1, 3).astype(np.int64)
    inside = samples[(samples[:, 2] >= began) & (samples[:, 2] < ended)]
    return {**found, "samples": inside, "count": len(inside), "cpu_ns": cpu_after - cpu_before,
            "loops": len(loops), "wall_ns": ended - began}


def streamer_publications(port: int, per_segment: int = PARTS) -> dict[int, int]:
    """index -> ns at which the part was complete, from /timestamps.json."""
    parts = get(port, "/timestamps.json").json()["parts"]
    found = {}
    for name, at in parts.items():
        msn, part = name.removeprefix("segment").removesuffix(".m4s").split(".")
        found[int(msn) * per_segment + int(part)] = at
    return found


def delays(samples: np.ndarray, published: dict[int, int]) -> dict[str, float]:
    """Milliseconds from publication to the last byte at each viewer."""
    late = [(last - published[i]) / 1e6 for i, _, last in samples.tolist() if i in published]
    return percentiles(late) if late else {}


def last_delays(samples: np.ndarray, published: dict[int, int]) -> dict[str, float]:
    """Milliseconds from publication to the last byte at the last viewer, over publications."""
    last: dict[int, int] = {}
    for index, _, at in samples.tolist():
        last[index] = max(last.get(index, 0), at)
    late = [(at - published[i]) / 1e6 for i, at in last.items() if i in published]
    return percentiles(late) if late else {}


def publish_to_bytes(folder: Path, program: Program, viewers: int,
                     seconds: float) -> dict[str, Any]:
    """Publication → bytes at `viewers` held requests of the streamer, for parts and playlists."""
    found = {}
    for kind in ("part", "playlist"):
        run = drive(folder, program.port, program.pid, kind, viewers, seconds,
                    next_index(program.port))
        published = streamer_publications(program.port)
        found[kind] = {"each": delays(run["samples"], published),
                       "last": last_delays(run["samples"], published), "errors": run["errors"],
                       "closed": run["closed"], "deliveries": run["count"]}
    return found


def cpu_ratio(folder: Path, program: Program, viewers: int, seconds: float,
              rounds: int) -> dict[str, Any]:
    """Server CPU per delivery, streamer against C origin, interleaved rounds; medians."""
    found: dict[str, Any] = {}
    for kind in ("part", "playlist"):
        costs: dict[str, list[float]] = {"streamer": [], "c": []}
        spread: dict[str, list[float]] = {"streamer": [], "c": []}
        origin = start_origin(folder, program.port)
        runs = []
        try:
            for _ in range(rounds):
                run = drive(folder, program.port, program.pid, kind, viewers, seconds,
                            next_index(program.port))
                costs["streamer"].append(run["cpu_ns"] / max(1, run["count"]) / 1000)
                loops = run["loops"]
                spread["streamer"].append(
                    last_delays(run["samples"], streamer_publications(program.port)).get("p50", 0))
                run = drive(folder, origin.port, origin.process.pid, kind, viewers, seconds,
                            int(time.time() * PARTS))
                runs.append(run)
                costs["c"].append(run["cpu_ns"] / max(1, run["count"]) / 1000)
        finally:
            published = origin.stop()
        spread["c"] = [last_delays(run["samples"], published).get("p50", 0) for run in runs]
        medians = {server: statistics.median(values) for server, values in costs.items()}
        found[kind] = {
            "us_per_delivery": {
                server: [round(v, 2) for v in values]
                for server, values in costs.items()
            },
            "median_us": {server: round(value, 2)
                          for server, value in medians.items()},
            "ratio": round(medians["streamer"] / medians["c"], 3),
            "last_byte_at_last_viewer_p50_ms": {
                server: [round(v, 1) for v in values]
                for server, values in spread.items()
            },
            "event_loops": loops,
        }
    return found
