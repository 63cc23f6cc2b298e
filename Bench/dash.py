# SPDX-License-Identifier: Apache-2.0
"""LL-DASH: capture → chunk at a client, compared with ffmpeg's LL-DASH; and the CPU of readers.

Run: python Bench/dash.py [--quick]; bench.py calls `measure`.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

if __name__ == "__main__":
    for folder in ("Tests", "Tests/EndToEnd"):
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent / folder))

from harness.boxes import chunks  # noqa: E402
from harness.http1 import Connection  # noqa: E402
from harness.mpd import fetch  # noqa: E402
from harness.procfs import cpu_of, event_loops  # noqa: E402
from harness.program import Program, start, stop  # noqa: E402
from harness.tools import chromium, need  # noqa: E402
from harness.waiting import pause  # noqa: E402

SIZE, KILOBITS = "640x360", "1000"
WARM_UP = 2.5
Ages = dict[str, list[float]]


def percentiles(values: list[float]) -> dict[str, float]:
    """p50, p95 and max in the unit of the values, two digits."""
    ordered = sorted(values) or [float("nan")]
    at = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))]  # noqa: E731
    return {
        "p50": round(at(0.5), 2), "p95": round(at(0.95), 2), "max": round(ordered[-1], 2),
        "count": len(values)
    }


def follow(port: int, name: str, number: int, seconds: float) -> Ages:
    """Milliseconds from each chunk's prft to its last byte here; first chunks of segments apart."""
    ages: Ages = {"first": [], "later": []}
    until = time.monotonic() + seconds
    with Connection(port) as connection:
        while time.monotonic() < until:
            response = connection.get(name.format(number))
            if response.status != 200 or not response.pieces:
                raise RuntimeError(
                    f"{name.format(number)}: {response.status}, {len(response.pieces)} HTTP chunks")
            for age, is_first in arrivals(response.pieces):
                ages["first" if is_first else "later"].append(age)
            number += 1
    return ages


def arrivals(pieces: list[tuple[float, bytes]]) -> list[tuple[float, bool]]:
    """Age in ms of each CMAF chunk at its last byte, independent of HTTP chunks."""
    ends, total, body = [], 0, b"".join(data for _, data in pieces)
    for at, data in pieces:
        total += len(data)
        ends.append((total, at))
    found, offset = [], 0
    for index, chunk in enumerate(chunks(body)):
        offset += len(chunk.data)
        at = next(at for end, at in ends if end >= offset)
        if chunk.prft:
            found.append((at * 1000 - chunk.prft / 1e6, index == 0))
    return found


class FFmpeg:
    """ffmpeg's LL-DASH of its own test pattern, uploaded to the relay."""

    def __init__(self) -> None:
        relay = [sys.executable, str(Path(__file__).with_name("dash_relay.py"))]
        self.relay = subprocess.Popen(relay, stdout=subprocess.PIPE, text=True)
        assert self.relay.stdout is not None
        self.port = int(self.relay.stdout.readline())
        encode = [
            "-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-b:v",
            f"{KILOBITS}k", "-maxrate", f"{KILOBITS}k", "-bufsize", f"{KILOBITS}k", "-g", "30",
            "-keyint_min", "30", "-sc_threshold", "0", "-pix_fmt", "yuv420p"
        ]
        package = [
            "-f", "dash", "-ldash", "1", "-streaming", "1", "-write_prft", "1", "-use_template",
            "1", "-use_timeline", "0", "-seg_duration", "1", "-frag_type", "every_frame",
            "-target_latency", "0.5", "-utc_timing_url", f"http://127.0.0.1:{self.port}/time",
            "-method", "PUT", "-http_persistent", "1", "-remove_at_exit", "0",
            f"http://127.0.0.1:{self.port}/f/manifest.mpd"
        ]
        command = [need("ffmpeg", "its LL-DASH"), "-v", "error", "-re", "-f", "lavfi", "-i",
                   f"testsrc2=size={SIZE}:rate=30", *encode, *package]
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def next_number(self) -> int:
        """The segment after the open one; segments are numbered from 1."""
        return int(time.monotonic() - self.began) + 2

    def stop(self) -> None:
        """Ends both processes."""
        for process in (self.process, self.relay):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def freshness(program: Program, seconds: float, rounds: int) -> dict[str, Any]:
    """Rounds of both servers in turn."""
    ours: Ages = {"first": [], "later": []}
    theirs: Ages = {"first": [], "later": []}
    ffmpeg = FFmpeg()
    try:
        pause(4, "ffmpeg needs segments before its measurement")
        for _ in range(rounds):
            number = fetch(program.port).number(time.time()) + 1
            for into, found in ((ours,
                                 follow(program.port, "/live/video/segment{}.m4s", number,
                                        seconds)), (theirs,
                                                    follow(ffmpeg.port,
                                                           "/f/chunk-stream0-{:05d}.m4s",
                                                           ffmpeg.next_number(), seconds))):
                for key, values in found.items():
                    into[key] += values
    finally:
        ffmpeg.stop()
    return {who: {key: percentiles(values) for key, values in ages.items()}
            for who, ages in (("streamer", ours), ("ffmpeg", theirs))}


def readers(folder: Path, program: Program, count: int, seconds: float) -> dict[str, Any]:
    """CPU of the event loops per reader and second, while `count` readers read open segments."""
    client = folder / "follow"
    if not client.exists():
        source = Path(__file__).with_name("follow.c")
        subprocess.run(
            [need("cc", "readers of open segments"), "-O2", "-Wall", "-Wextra", "-o",
             str(client),
             str(source)], check=True)
    loops = event_loops(program.pid)
    number = fetch(program.port).number(time.time()) + 1
    command = [
        str(client),
        str(program.port),
        str(count),
        str(seconds + WARM_UP + 0.5), "/live/video/segment",
        str(number)
    ]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    pause(WARM_UP, "warm-up")
    began, before = time.monotonic(), cpu_of(program.pid, loops)
    one = follow(program.port, "/live/video/segment{}.m4s",
                 fetch(program.port).number(time.time()) + 1, seconds - 1)
    pause(began + seconds - time.monotonic(), "the duration of the measurement")
    spent, wall = cpu_of(program.pid, loops) - before, time.monotonic() - began
    out, _ = running.communicate(timeout=30)
    found = json.loads(out)
    return {
        **found, "followers": count, "cpu_us_per_follower_second": round(
            spent / 1000 / wall / count, 1),
        "age_ms_at_one_more": {key: percentiles(values)
                               for key, values in one.items()}
    }


def page(program: Program, seconds: float) -> dict[str, Any]:
    """Glass to glass of our page on the MPD at two targets; nothing without Chromium."""
    from harness.browser import chromium_running
    from lab import run_lab
    executable = chromium()
    found: dict[str, Any] = {}
    for target in ("0.5", "1") if executable else ():
        with chromium_running(executable or "") as browser:
            url = program.url(f"/ldash/play/live?player=frames&target={target}")
            found[target] = run_lab(browser, url, seconds=seconds, warm_up=6)
    return found


def measure(bench: Any) -> dict[str, Any]:
    """All measurements, as rows of bench.py: `bench` has `seconds`, `row`, `folder` and `quick`."""
    program = start(["--resolution", SIZE, "--bitrate", KILOBITS])
    try:
        pause(3, "the start must not be measured")
        result: dict[str, Any] = {
            "freshness": freshness(program, bench.seconds(12), 1 if bench.quick else 3)
        }
        for who, figures in result["freshness"].items():
            for key, values in figures.items():
                bench.row(
                    f"capture → chunk at a reader, {who}, {key} chunks of segments, p50 / p95",
                    f"{values['p50']} / {values['p95']} ms",
                    "p95 ≤ 10 ms" if who == "streamer" else "")
        for count in (200, 1000):
            found = result[str(count)] = readers(bench.folder, program, count, bench.seconds(16))
            bench.row(f"CPU per reader and second, {count} readers, {SIZE} at 30 fps",
                      f"{found['cpu_us_per_follower_second']} µs", "below 360 µs")
            later = found["age_ms_at_one_more"]["later"]
            bench.row(f"  chunk at one more reader, p50 / p95 ({count})",
                      f"{later['p50']} / {later['p95']} ms")
            if found["errors"] or found["cut"]:
                bench.row(f"  errors, cut ({count})", f"{found['errors']}, {found['cut']}")
        result["page"] = page(program, bench.seconds(60))
        for target, found in result["page"].items():
            late = found["glass_to_glass_ms"]
            bench.row(f"glass to glass, our page on the MPD, target {target} s, p50 / p95 / max",
                      f"{late['p50']} / {late['p95']} / {late['max']} ms", "within 50 ms, no stall")
            bench.row("  stalls", str(len(found["stalls"])))
        if not result["page"]:
            bench.row("glass to glass, our page on the MPD", "not measured: chromium not found")
        return result
    finally:
        stop(program)


class Printer:
    """Replaces bench.py's Bench if this file is run alone."""

    def __init__(self, folder: Path, quick: bool) -> None:
        self.folder, self.quick = folder, quick

    def seconds(self, long: float) -> float:
        """A duration, shorter in a quick run."""
        return long / 4 if self.quick else long

    def row(self, label: str, figure: str, budget: str = "") -> None:
        """Prints one line of the table."""
        print(f"  {label:<78} {figure:<24} {budget}", flush=True)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Measure LL-DASH of the built streamer.")
    parser.add_argument("--quick", action="store_true", help="a quarter of the time, one round")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        measure(Printer(Path(folder), options.quick))
    return 0


if __name__ == "__main__":
    sys.exit(main())
