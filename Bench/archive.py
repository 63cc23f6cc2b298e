# SPDX-License-Identifier: Apache-2.0
"""The archive, rewinding, clips and stills: what they cost, and how soon they answer."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import archive_live
import archive_past
import archive_stills
from archive_live import percentile
from archive_made import made
from harness.pasthours import Track, record
from harness.preload import preloaded
from harness.program import start, stop
from harness.waiting import pause
from isolation import movie

if TYPE_CHECKING:
    from bench import Bench

HOURS = 1000
PATTERN = ["--test-src", "--host", "127.0.0.1", "--http-port", "0", "--audio", "tone"]


def recorded(flags: list[str]) -> list[Track]:
    """Eight segments of a stream, without those of its prefill."""
    program = start(flags, defaults=False)
    try:
        pause(11, "the segments")
        return record(program)
    finally:
        stop(program)


def measure_live(bench: Bench, folder: Path) -> dict[str, Any]:
    """CPU and delay of the live stream."""
    source = ["--host", "127.0.0.1", "--http-port", "0", "--input", str(movie(folder / "live.ts")),
              "--loop", "--passthrough", "always", "--isolation", "none"]
    first, count = int(time.time()) - 1800, 120
    past = made(folder / "live", recorded(source), first, count)
    switch = folder / "frozen"
    env = preloaded("slowdisk", folder, FOLDER=past, WRITES=1, READS=1, SWITCH=switch)
    programs = [start(source, defaults=False),
                start([*source, "--archive", str(past), "--dvr", "7d"], defaults=False, env=env)]
    try:
        found = archive_live.live(programs[0], programs[1], first, count, switch,
                                  bench.seconds(16), 1 if bench.quick else 4)
    finally:
        for program in programs:
            stop(program)
    for row in archive_live.rows(found):
        bench.row(*row)
    return found


def measure_past(bench: Bench, folder: Path) -> dict[str, Any]:
    """A rewound segment beside nginx, and a long clip."""
    seconds = 600 if bench.quick else 3600
    first = int(time.time()) - 2 * seconds
    tracks = recorded(PATTERN)
    program = archive_past.small(made(folder / "past", tracks, first, seconds))
    try:
        pause(2, "the start must not be measured")
        cost = archive_past.against_nginx(
            program, folder / "nginx", f"/live/video/segment{first + 100}.m4s",
            2 if bench.quick else 5, 3000 if bench.quick else 8000)
        clip = archive_past.clip(program, first, seconds, bench.seconds(20))
    finally:
        stop(program)
    label = "rewound segment, CPU per request, streamer / nginx"
    if isinstance(cost, str):
        bench.row(label, cost, "≤ 1.2")
    else:
        own, other = (statistics.median(cost["cpu_us"][name]) for name in ("streamer", "nginx"))
        bench.row(f"{label} ({cost['bytes']} bytes)",
                  f"{own:.0f} / {other:.0f} µs = {own / other:.2f}", "≤ 1.2")
    firsts = clip["first_byte_ms"]
    name = f"clip of {seconds // 60} min"
    bench.row(f"{name}: first byte, median (worst)",
              f"{statistics.median(firsts):.0f} ({max(firsts):.0f}) ms", "≤ 50 ms")
    bench.row(f"{name}: memory while it is read at 2 MB/s / at once",
              f"{clip['slow_mb']:.1f} / {clip['fast_mb']:.1f} MB more", "≤ 8 MB")
    lengths = ", ".join(f"{kind} {length:.3f}" for kind, length in clip["length"].items())
    bench.row(f"{name}: seconds by ffprobe", f"{lengths} s", f"{clip['seconds']} s")
    return {"segment": cost, "clip": clip}


def measure_hour(bench: Bench, folder: Path) -> dict[str, Any]:
    """An hour file in players."""
    found = archive_past.hour(folder / "hour", recorded(PATTERN), 3 if bench.quick else 7)
    for name, times in found["sidx"].items():
        others = found["none"][name]
        bench.row(f"an hour ({found['bytes'] / 1e9:.2f} GB) in {name}, with sidx / without",
                  f"{statistics.median(times):.0f} / {statistics.median(others):.0f} ms",
                  "≤ 300 ms")
    return found


def measure_starts(bench: Bench, folder: Path) -> dict[str, Any]:
    """Starts with a long archive."""
    tracks = recorded([*PATTERN, *archive_past.SMALL])
    found = archive_past.starts(folder / "hours", tracks, HOURS, 3 if bench.quick else 7)
    for key, label in (("ready", "/ready"), ("live", "a playlist")):
        bench.row(f"start → {label}, without archive / with {HOURS} hours",
                  f"{found['without'][key]:.0f} / {found['with'][key]:.0f} ms",
                  "≤ 1000 ms" if key == "live" else "")
    bench.row(f"start → an archived segment of {HOURS} hours", f"{found['with']['past']:.0f} ms",
              "≤ 1000 ms")
    return found


def measure_stills(bench: Bench, folder: Path) -> dict[str, Any]:
    """The newest frame of 720p, and instants of an archive of 1080p."""
    count = int(bench.seconds(80))
    shots = archive_stills.newest(bench.program, count)
    bench.row("still: snapshot.jpg of 720p, warm, p50 / p95",
              f"{percentile(shots, 0.5):.0f} / {percentile(shots, 0.95):.0f} ms", "p95 ≤ 60 ms")
    tracks = recorded([*PATTERN, "--resolution", "1920x1080", "--bitrate", "5000"])
    first, seconds = int(time.time()) - 1800, 120
    program = archive_past.small(made(folder / "stills", tracks, first, seconds))
    try:
        found = archive_stills.instants(program, first, seconds, count)
        asked = archive_stills.askers(program, first + 0.9)
    finally:
        stop(program)
    for key, label, budget in (("ms", "still: at/T.jpg of 1080p from the archive", "p95 ≤ 120 ms"),
                               ("cpu_ms", "  CPU of the process of stills", "")):
        bench.row(f"{label}, p50 / p95", f"{percentile(found[key], 0.5):.0f} / "
                  f"{percentile(found[key], 0.95):.0f} ms", budget)
    bench.row(f"still: {archive_stills.ASKERS} clients ask for one frame: stills, decoded frames",
              f"{asked['stills']:.0f}, {asked['frames']:.0f}; the last after "
              f"{asked['last_ms']:.0f} ms", "1 still")
    return {"newest_ms": shots, "instants": found, "askers": asked}


def measure(bench: Bench) -> dict[str, Any]:
    """All rows."""
    folder = bench.folder / "archive"
    folder.mkdir()
    return {"live": measure_live(bench, folder), "past": measure_past(bench, folder),
            "hour": measure_hour(bench, folder), "starts": measure_starts(bench, folder),
            "stills": measure_stills(bench, folder)}
