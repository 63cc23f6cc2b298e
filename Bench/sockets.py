# SPDX-License-Identifier: Apache-2.0
"""WebSockets on one stream: CPU per delivered frame, and the delay of the last viewer.

The streamer is compared with a minimal C server that sends messages of the same mean size to as
many sockets, in interleaved rounds. Run: python Bench/sockets.py [--viewers N] [--rounds N];
bench.py calls `measure`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

if __name__ == "__main__":
    for folder in ("Tests", "Tests/EndToEnd"):
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent / folder))

from harness.procfs import cpu_of, event_loops, resident_bytes  # noqa: E402
from harness.program import Program, start, stop  # noqa: E402
from harness.tunein import fetch  # noqa: E402
from harness.waiting import pause  # noqa: E402

VIEWERS, SECONDS, ROUNDS = 2000, 8.0, 3
FRAME_RATE = 30
WARM_UP = 2.5


def build(folder: Path) -> Path:
    """Compiles clients and server with -O2."""
    made = folder / "sockets"
    source = Path(__file__).with_name("sockets.c")
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", str(made), str(source)], check=True)
    return made


def play(tool: Path, port: int, pid: int, path: str, viewers: int, seconds: float,
         threads: list[int]) -> dict[str, Any]:
    """One round of viewers: CPU of `threads` of the server, and the delays of messages."""
    output = tool.with_name("socket-samples.bin")
    client = subprocess.Popen(
        [str(tool), "watch", str(port), str(viewers), str(seconds + WARM_UP + 0.5), path, "play",
         str(output)], stdout=subprocess.PIPE, text=True)
    pause(WARM_UP, "warm-up")
    before = cpu_of(pid, threads)
    began = np.datetime64("now", "ns").astype(np.int64)
    pause(seconds, "the duration of the measurement")
    cpu = cpu_of(pid, threads) - before
    out, _ = client.communicate(timeout=30)
    samples = np.fromfile(output, np.uint64).reshape(-1, 3).astype(np.int64)
    inside = samples[samples[:, 2] >= began]
    inside = inside[inside[:, 2] < began + int(seconds * 1e9)]
    # Modulo 2^32 milliseconds, as the publish time.
    late = (inside[:, 2] // 1_000_000 - inside[:, 1]) % (1 << 32)
    last: dict[int, int] = {}
    for number, delay in zip(inside[:, 0].tolist(), late.tolist(), strict=True):
        last[number] = max(last.get(number, 0), delay)
    return {**json.loads(out), "count": len(inside), "cpu_us": cpu / 1000 / max(1, len(inside)),
            "last_ms": statistics.median(last.values()) if last else None,
            "p50_ms": float(np.median(late)) if len(late) else None}


def compare(tool: Path, program: Program, viewers: int, rounds: int,
            seconds: float) -> dict[str, Any]:
    """Interleaved rounds of the streamer and of the C server."""
    loops = event_loops(program.pid)
    first = play(tool, program.port, program.pid, "/live/ws", 10, 4, loops)
    size = max(100, first["bytes"] // max(1, first["messages"]))
    server = subprocess.Popen([str(tool), "serve", str(FRAME_RATE), str(size)],
                              stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    runs: dict[str, list[dict[str, Any]]] = {"streamer": [], "c": []}
    try:
        port = int(server.stdout.readline())
        for _ in range(rounds):
            runs["streamer"].append(
                play(tool, program.port, program.pid, "/live/ws", viewers, seconds, loops))
            runs["c"].append(
                play(tool, port, server.pid, "/live/ws", viewers, seconds, [server.pid]))
    finally:
        server.terminate()
        server.wait(5)
    medians = {name: statistics.median(run["cpu_us"] for run in found)
               for name, found in runs.items()}
    return {"viewers": viewers, "message_bytes": size, "runs": runs, "median_us": medians,
            "ratio": medians["streamer"] / medians["c"]}


def idle_memory(tool: Path, program: Program, sockets: int) -> float:
    """Resident kilobytes per socket that has said hello and receives nothing."""
    before = resident_bytes(program.pid)
    client = subprocess.Popen(
        [str(tool), "watch", str(program.port), str(sockets), "4", "/live/ws", "idle",
         str(tool.with_name("idle.bin"))], stdout=subprocess.PIPE, text=True)
    pause(3, "all sockets are open")
    held = resident_bytes(program.pid) - before
    out, _ = client.communicate(timeout=30)
    opened = json.loads(out)["opened"]
    return held / 1024 / max(1, opened)


def figures(folder: Path, program: Program, viewers: int = VIEWERS, rounds: int = ROUNDS,
            seconds: float = SECONDS) -> dict[str, Any]:
    """All figures of WebSockets."""
    # First: memory that viewers have left would be used again.
    tool = build(folder)
    idle = idle_memory(tool, program, viewers)
    return {**compare(tool, program, viewers, rounds, seconds), "idle_kilobytes": idle}


def measure(bench: Any) -> dict[str, Any]:
    """WebSockets of the streamer of `bench`, as rows of its table."""
    found = figures(bench.folder, bench.program, VIEWERS, 1 if bench.quick else ROUNDS,
                    bench.seconds(SECONDS))
    cost, runs = found["median_us"], found["runs"]
    bench.row(f"CPU per frame at each of {VIEWERS} WebSockets, streamer / C server",
              f"{cost['streamer']:.1f} / {cost['c']:.1f} µs = {found['ratio']:.2f}", "≤ 1.2")
    last = [" ".join(f"{run['last_ms']:.0f}" for run in runs[name]) for name in ("streamer", "c")]
    bench.row(f"  publication to last byte at the last of {VIEWERS}, median by round",
              f"{last[0]} / {last[1]} ms")
    bench.row("resident memory per idle WebSocket", f"{found['idle_kilobytes']:.1f} KB", "≤ 8 KB")
    return found


def main() -> None:
    """Prints the figures of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=VIEWERS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    program = start([])
    try:
        fetch(program.port)
        with TemporaryDirectory() as folder:
            print(json.dumps(figures(Path(folder), program, given.viewers, given.rounds),
                             indent=1))
    finally:
        stop(program)


if __name__ == "__main__":
    main()
