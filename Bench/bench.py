# SPDX-License-Identifier: Apache-2.0
"""Measures the built streamer and prints one table; JSON is written to bench-results/.

Figures hold for this machine and this run. Budgets are printed beside the figures; a figure above
its budget is not an error.
Run: python Bench/bench.py [--quick] [--only NAME ...]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
for folder in ("Tests", "Tests/EndToEnd", "Bench"):
    sys.path.insert(0, str(ROOT / folder))

import answers  # noqa: E402
import archive  # noqa: E402
import dash  # noqa: E402
import edges  # noqa: E402
import fanout  # noqa: E402
import first_playlist  # noqa: E402
import freshness  # noqa: E402
import held  # noqa: E402
import http_cells  # noqa: E402
import inputs  # noqa: E402
import isolation  # noqa: E402
import ladder  # noqa: E402
import memory  # noqa: E402
import publishers  # noqa: E402
import relay  # noqa: E402
import sockets  # noqa: E402
import switching  # noqa: E402
from fetch_hlsjs import fetch_hlsjs  # noqa: E402
from harness.procfs import cpu_nanoseconds, resident_bytes  # noqa: E402
from harness.program import Program, launch, start, stop  # noqa: E402
from harness.stolen import StolenTime  # noqa: E402
from harness.tools import chromium, streamer_binary  # noqa: E402
from harness.tunein import fetch  # noqa: E402
from harness.waiting import pause  # noqa: E402

Rows = list[tuple[str, str, str]]


class Bench:
    """State of all measurements: scratch folder, durations, the 720p streamer, result rows."""

    def __init__(self, folder: Path, quick: bool) -> None:
        self.folder, self.quick = folder, quick
        self.flags: list[str] = []
        try:
            self.flags = ["--hlsjs", str(fetch_hlsjs())]
        except (RuntimeError, OSError) as error:
            print(f"hls.js not found, not measured: {error}", file=sys.stderr)
        self.program: Program = start(self.flags)
        self.rows: Rows = []
        fetch(self.program.port)
        pause(3, "the start must not be measured")

    def seconds(self, long: float) -> float:
        """A duration, shorter in a quick run."""
        return long / 4 if self.quick else long

    def row(self, label: str, figure: str, budget: str = "") -> None:
        """Adds one line to the table."""
        self.rows.append((label, figure, budget))
        print(f"  {label:<58} {figure:<34} {budget}", flush=True)


def triple(figures: dict[str, float]) -> str:
    """p50 / p99 / max in ms."""
    return f"{figures['p50']} / {figures['p99']} / {figures['max']} ms" if figures else "no sample"


def measure_start(bench: Bench) -> dict[str, Any]:
    """Start of the process → first playable playlist at 720p."""
    times = []
    for _ in range(5):
        began = time.monotonic()
        program = launch([])
        program.listening.wait(5)
        fetch(program.port)
        times.append((time.monotonic() - began) * 1000)
        stop(program)
    bench.row("start → first playable playlist, 720p, median (worst)",
              f"{statistics.median(times):.0f} ({max(times):.0f}) ms", "≤ 500 ms")
    return {"ms": [round(t) for t in times]}


def measure_freshness(bench: Bench) -> dict[str, Any]:
    """Frame time → chunk readable by a client of the open segment."""
    found = freshness.frame_to_client(bench.program.port, bench.seconds(30))
    bench.row("frame time → chunk readable, p50 / p99 / max", triple(found),
              "p50 ≤ 3, p99 ≤ 10 ms")
    return found


def measure_publish(bench: Bench) -> dict[str, Any]:
    """Publication → bytes at 1 and 1,000 held requests."""
    result = {}
    for viewers in (1, 1000):
        found = fanout.publish_to_bytes(bench.folder, bench.program, viewers, bench.seconds(15))
        result[str(viewers)] = found
        for kind, figures in found.items():
            budget = "p99 ≤ 2 ms" if viewers == 1 else ""
            bench.row(f"publish → last byte, {kind}, {viewers} held, p50 / p99 / max",
                      triple(figures["each"]), budget)
            if viewers > 1:
                bench.row(f"publish → last byte at the last of {viewers}, {kind}",
                          triple(figures["last"]))
            if figures["errors"] or figures["closed"]:
                bench.row(f"  errors, closed ({kind}, {viewers})",
                          f"{figures['errors']}, {figures['closed']}")
    return result


def measure_cpu(bench: Bench) -> dict[str, Any]:
    """CPU per delivery against the minimal C origin, same bytes, interleaved rounds."""
    program = start(bench.flags, prefix=fanout.pinned(0))
    try:
        fetch(program.port)
        pause(3, "the start must not be measured")
        found = fanout.cpu_ratio(bench.folder, program, 1000, bench.seconds(8),
                                 1 if bench.quick else 3)
    finally:
        stop(program)
    for kind, figures in found.items():
        medians = figures["median_us"]
        bench.row(f"CPU per delivered {kind}, streamer / C origin",
                  f"{medians['streamer']} / {medians['c']} µs = {figures['ratio']}", "≤ 1.2")
        rounds = figures["us_per_delivery"]
        bench.row(f"  rounds ({kind})", f"{rounds['streamer']} / {rounds['c']}")
        last = figures["last_byte_at_last_viewer_p50_ms"]
        bench.row(f"  last byte at the last of 1000 ({kind}), p50 by round",
                  f"{last['streamer']} / {last['c']} ms")
    return found


def measure_idle_cpu(bench: Bench) -> dict[str, Any]:
    """CPU and memory of the process without viewers."""
    before = cpu_nanoseconds(bench.program.pid)
    pause(bench.seconds(8), "the duration of the measurement")
    share = (cpu_nanoseconds(bench.program.pid) - before) / bench.seconds(8) / 1e9
    resident = resident_bytes(bench.program.pid)
    bench.row("CPU without viewers, 720p30 (one core = 100 %)", f"{share:.0%}")
    bench.row("resident set", f"{resident / 1e6:.1f} MB")
    return {"cpu": share, "resident": resident}


def measure_ladder(bench: Bench) -> dict[str, Any]:
    """Three renditions of the test pattern at 30 fps."""
    found = ladder.three_renditions(bench.seconds(40))
    bench.row("720p + 480p + 360p: part ready in all after its last frame, p50 / p99 / max",
              triple(found["ready_ms"]), "p50 ≤ 15 ms")
    shares = ", ".join(f"{name} {share:.1%}" for name, share in found["cpu"].items())
    bench.row("CPU per rendition's thread, and of all threads (one core = 100 %)",
              f"{shares}; {found['cpu_all']:.1%}")
    return found


def measure_memory(bench: Bench) -> dict[str, Any]:
    """Resident bytes per idle connection and per held request."""
    found = memory.bytes_per_connection(bench.program)
    first, again = found["rounds"]
    bench.row("resident bytes per idle connection, first / again",
              f"{first['idle']} / {again['idle']}", "≤ 1024")
    bench.row("resident bytes per held request, first / again",
              f"{first['held']} / {again['held']}")
    return found


def measure_allocations(bench: Bench) -> dict[str, Any] | None:
    """Allocations per rendered playlist, by the Swift benchmark if it is built."""
    program = streamer_binary().with_name("streamer-bench")
    if not program.is_file():
        bench.row("allocations per rendered playlist", "not measured: streamer-bench is not built")
        return None
    run = subprocess.run([str(program)], capture_output=True, text=True, timeout=120)
    for line in run.stdout.splitlines():
        bench.row("streamer-bench", line)
    return {"status": run.returncode, "output": run.stdout}


def measure_glass(bench: Bench) -> dict[str, Any] | None:
    """Glass to glass of three players over a minute, by the burned clock."""
    executable = chromium()
    if executable is None:
        bench.row("glass to glass", "not measured: chromium not found")
        return None
    from harness.browser import chromium_running
    from lab import run_lab
    result = {}
    budgets = {"hlsjs": "median ≤ 400 ms, no stall", "frames": "median ≤ 150 ms, no stall",
               "ws": "median ≤ 400 ms, no stall"}
    for player, path in (("hlsjs", "/?player=hlsjs"), ("frames", "/?player=frames"),
                         ("ws", "/?transport=ws")):
        if player == "hlsjs" and not bench.flags:
            continue
        with chromium_running(executable) as browser:
            found = run_lab(browser, bench.program.url(path), seconds=bench.seconds(60), warm_up=5)
        late = found["glass_to_glass_ms"]
        bench.row(f"glass to glass, {player}, {bench.seconds(60):.0f} s, p50 / p95 / max",
                  f"{late['p50']} / {late['p95']} / {late['max']} ms", budgets[player])
        bench.row(f"  stalls, waits, frames shown ({player})",
                  f"{len(found['stalls'])}, {len(found['waits'])}, {found['frames']['share']:.1%}")
        result[player] = found
    return result


def measure_http(bench: Bench) -> dict[str, Any] | None:
    """CPU per request and requests per second compared with nginx, in eight cells."""
    if tool := http_cells.missing():
        bench.row("CPU per request beside nginx", f"not measured: {tool} not found")
        return None
    found = http_cells.measure(1 if bench.quick else 3, {"part": 20_000, "playlist": 60_000})
    for row in http_cells.rows(found):
        bench.row(*row)
    return found


def measure_held(bench: Bench) -> dict[str, Any]:
    """Many held requests released by one part, compared with the C server; memory, TLS."""
    found = held.measure([100, 1000, 5000, 10_000], bench.seconds(8), 1 if bench.quick else 3)
    for row in held.rows(found):
        bench.row(*row)
    return found


def measure_relay(bench: Bench) -> dict[str, Any]:
    """Chunk of an upload → at the readers; CPU per relayed byte over chunks per segment."""
    found = relay.relay(bench.seconds(60))
    for readers in (1, 10):
        bench.row(f"upload → chunk at each of {readers} readers of a relayed file, p50 / p99 / max",
                  triple(found[f"delay_{readers}"]), "p50 ≤ 1 ms")
    costs = found["cpu_ns_per_byte"]
    bench.row("CPU per relayed byte at 1 / 10 / 100 chunks per 1 MB, 10 readers",
              " / ".join(str(costs[key]) for key in ("1", "10", "100")) + " ns", "flat")
    return found


MEASURES: dict[str, Callable[[Bench], Any]] = {
    "start": measure_start,
    "idle": measure_idle_cpu,
    "memory": measure_memory,
    "freshness": measure_freshness,
    "answers": answers.measure,
    "publish": measure_publish,
    "cpu": measure_cpu,
    "allocations": measure_allocations,
    "glass": measure_glass,
    "http": measure_http,
    "held": measure_held,
    "dash": dash.measure,
    "sockets": sockets.measure,
    "relay": measure_relay,
    "ladder": measure_ladder,
    "switching": switching.measure,
    "inputs": inputs.measure,
    "publishers": publishers.measure,
    "isolation": isolation.measure,
    "first playlist": first_playlist.measure,
    "edges": edges.measure,
    "archive": archive.measure,
}


def main() -> int:
    """Runs the requested measurements; 1 if one of them failed."""
    parser = argparse.ArgumentParser(description="Measure the built streamer.")
    parser.add_argument("--quick", action="store_true", help="a quarter of the time, one round")
    parser.add_argument("--only", nargs="*", choices=list(MEASURES), default=list(MEASURES))
    options = parser.parse_args()
    if "debug" in str(streamer_binary()):
        print("DEBUG BUILD: the figures are not comparable", file=sys.stderr)
    load = os.getloadavg()[0]
    print(f"{streamer_binary()}; {os.cpu_count()} processors, load before {load:.1f}")
    results: dict[str, Any] = {
        "processors": os.cpu_count(), "load_before": load, "quick": options.quick
    }
    failed = 0
    with TemporaryDirectory() as scratch:
        fanout.build(Path(scratch))
        bench = Bench(Path(scratch), options.quick)
        try:
            for name in options.only:
                stolen = StolenTime()
                try:
                    results[name] = MEASURES[name](bench)
                except Exception as error:  # the other measurements continue
                    failed += 1
                    bench.row(name, f"FAILED: {type(error).__name__}: {str(error)[:200]}")
                bench.row(f"  processor time stolen by other machines ({name})",
                          f"{stolen.percent()} %", "≤ 2 %")
        finally:
            stop(bench.program)
    folder = ROOT / "bench-results"
    folder.mkdir(exist_ok=True)
    path = folder / time.strftime("bench-%Y%m%d-%H%M%S.json")
    path.write_text(json.dumps({**results, "rows": bench.rows}, indent=1, default=str))
    print(f"written: {path}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
