# SPDX-License-Identifier: Apache-2.0
"""Media of the past: a rewound segment beside nginx, a clip of an hour, an hour file, the start."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

import http_cells
from archive_made import made, many
from fanout import pinned
from harness.http1 import Connection, get
from harness.pasthours import Track
from harness.procfs import event_loops, thread_cpu
from harness.program import Program, launch, start, stop
from harness.tools import need
from harness.waiting import pause, wait_until

# A stream that costs little beside the past that is measured.
SMALL = ("--resolution", "320x180", "--framerate", "10", "--bitrate", "100", "--dvr", "7d")


def against_nginx(program: Program, folder: Path, path: str, rounds: int,
                  count: int) -> dict[str, Any] | str:
    """CPU µs per request of a segment of the archive, and of nginx with a file of its bytes."""
    if tool := http_cells.missing():
        return f"not measured: {tool} not found"
    body = get(program.port, path).body
    folder.mkdir()
    (folder / "part.m4s").write_bytes(body)
    readers = {tid for tid, (name, _) in thread_cpu(program.pid).items()
               if name.startswith("archive-read")}
    own = http_cells.Server("streamer", program.pid, {"h1": program.port}, {"part": path},
                            event_loops(program.pid) | readers)
    costs: dict[str, list[float]] = {}
    rates: dict[str, list[float]] = {}
    with http_cells.nginx(folder) as other:
        for number in range(-1, rounds):
            for server in (own, other):
                found = http_cells.load(server, "h1", "part", count if number >= 0 else 300)
                if isinstance(found, str):
                    return f"not measured: {found}"
                if number >= 0:
                    costs.setdefault(server.name, []).append(found[0])
                    rates.setdefault(server.name, []).append(found[1])
    return {"bytes": len(body), "cpu_us": costs, "rate": rates}


def resident(pid: int, key: str) -> float:
    """A line of /proc/PID/status in MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(key)) / 1024


def peak_while(program: Program, path: str, rate: float, limit: float) -> tuple[float, int]:
    """MB of memory above that before a response, read with `rate` bytes per second; its bytes."""
    Path(f"/proc/{program.pid}/clear_refs").write_text("5")  # The peak begins here.
    before, taken = resident(program.pid, "VmRSS"), 0
    with Connection(program.port, timeout=30) as connection:
        connection.send(path, headers={"Connection": "close"})
        began = time.monotonic()
        while time.monotonic() - began < limit:
            data = connection.socket.recv(1 << 20)
            if not data:
                break
            taken += len(data)
            pause(max(0.0, taken / rate - (time.monotonic() - began)), "the rate of the reader")
    return resident(program.pid, "VmHWM") - before, taken


def clip(program: Program, first: int, seconds: int, limit: float) -> dict[str, Any]:
    """First byte, memory and length of a clip."""
    path = f"/live/clip/{first}.5--{first + seconds - 1}.25.mp4"
    firsts = []
    for _ in range(10):
        with Connection(program.port, timeout=30) as connection:
            connection.send(path, headers={"Range": "bytes=0-99"})
            firsts.append(connection.read_head(time.monotonic() + 30).held * 1000)
    slow, _ = peak_while(program, path, 2e6, limit)
    fast, _ = peak_while(program, path, 1e12, limit)
    probed = subprocess.run(
        [need("ffprobe", "the clip"), "-v", "error", "-of", "json", "-show_entries",
         "stream=codec_type,duration,nb_frames", program.url(path)],
        capture_output=True, text=True, check=True, timeout=120)
    streams = json.loads(probed.stdout)["streams"]
    return {"first_byte_ms": firsts, "slow_mb": slow, "fast_mb": fast,
            "seconds": seconds - 1.25,
            "length": {stream["codec_type"]: float(stream["duration"]) for stream in streams},
            "frames": {stream["codec_type"]: stream["nb_frames"] for stream in streams}}


# Programs that open an hour file, and show one frame: its first one, or one of its last minutes.
OPENING = {
    "ffprobe": ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name"],
    "ffmpeg": ["ffmpeg", "-v", "error", "-i"],
    "ffmpeg -ss 3500": ["ffmpeg", "-v", "error", "-ss", "3500", "-i"],
    "mpv": ["mpv", "--no-config", "--really-quiet", "--vo=null", "--no-audio", "--frames=1"],
    "mpv --start=+3500": ["mpv", "--no-config", "--really-quiet", "--vo=null", "--no-audio",
                          "--frames=1", "--start=+3500"],
}
ONE_FRAME = ["-map", "0:v", "-frames:v", "1", "-f", "null", "-"]


def opening(file: Path, rounds: int) -> dict[str, list[float]]:
    """Milliseconds from the start of a program to its first frame, and its end."""
    found: dict[str, list[float]] = {}
    for name, command in OPENING.items():
        line = [need(command[0], "an hour file"), *command[1:], str(file)]
        line += ONE_FRAME if command[0] == "ffmpeg" else []
        for _ in range(rounds):
            began = time.monotonic()
            run = subprocess.run(line, capture_output=True, text=True, timeout=120, check=True)
            found.setdefault(name, []).append((time.monotonic() - began) * 1000)
            assert not run.stderr, run.stderr
    return found


def without_references(file: Path) -> None:
    """Overwrites the name of the `sidx`: a `free` box of the same size remains."""
    with file.open("r+b") as data:
        place = data.read(1 << 20).index(b"sidx")
        data.seek(place)
        data.write(b"free")


def hour(folder: Path, tracks: list[Track], rounds: int) -> dict[str, Any]:
    """How soon players open the video of a whole hour, with its `sidx` and without it."""
    made(folder, tracks, (int(time.time()) // 3600 - 1) * 3600, 3600)
    file = next(folder.glob("live/video/*/*.cmfv"))
    size = file.stat().st_size
    opening(file, 1)  # The file is in memory.
    whole = opening(file, rounds)
    without_references(file)
    found = {"bytes": size, "sidx": whole, "none": opening(file, rounds)}
    shutil.rmtree(folder)
    return found


def start_times(flags: list[str], past: str) -> dict[str, float]:
    """Milliseconds from the start of a process to each kind of answer."""
    began = time.monotonic()
    program = launch([*SMALL, "--audio", "tone", *flags])
    found: dict[str, float] = {}
    try:
        program.listening.wait(10)
        for name, path in (("ready", "/ready"), ("live", "/live/video/playlist.m3u8"),
                           ("past", past)):
            if path:
                wait_until(lambda path=path: get(program.port, path).status == 200, 20, path)
                found[name] = (time.monotonic() - began) * 1000
    finally:
        stop(program)
    return found


def starts(folder: Path, tracks: list[Track], hours: int, rounds: int) -> dict[str, Any]:
    """Starts with and without an archive of many hours, in turn."""
    first = many(folder, tracks, hours)
    flags = ["--archive", str(folder)]
    past = f"/live/video/segment{first + 1800}.m4s"
    start_times(flags, past)
    found = [(start_times([], ""), start_times(flags, past)) for _ in range(rounds)]
    shutil.rmtree(folder)
    return {
        "without": {key: statistics.median(one[key] for one, _ in found)
                    for key in ("ready", "live")},
        "with": {key: statistics.median(one[key] for _, one in found)
                 for key in ("ready", "live", "past")}
    }


def small(archive: Path) -> Program:
    """A server of this archive, on the first core."""
    program = start([*SMALL, "--audio", "tone", "--archive", str(archive)], prefix=pinned(0))
    wait_until(lambda: get(program.port, "/ready").status == 200, 20, "/ready")
    return program
