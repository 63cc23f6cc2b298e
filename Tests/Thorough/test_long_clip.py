# SPDX-License-Identifier: Apache-2.0
"""A long clip of the archive: its length before its bytes, ranges, duration, and memory.

CLIP_MINUTES=60 takes a clip of an hour.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import pasthours
from harness.boxes import boxes
from harness.frames import STRIP, strip_clock
from harness.http1 import get
from harness.procfs import resident_bytes
from harness.program import Program, start, stop
from harness.tools import need
from harness.waiting import wait_until

MINUTES = int(os.environ.get("CLIP_MINUTES", "4"))
SECONDS = 60 * MINUTES
FLAGS = ("--resolution", "320x180", "--bitrate", "150", "--audio", "tone")
# The frame that begins the clip, and the first one after it.
BEGIN, END = 17, 11


@dataclass
class Past:
    """A program with an archive, the first second of the clip, and the segments that repeat."""

    program: Program
    first: int
    video: pasthours.Track

    @property
    def path(self) -> str:
        """The clip: from frame `BEGIN` of its first second on."""
        return (f"/live/clip/{self.first + BEGIN / 30 + 0.001:.3f}--"
                f"{self.first + SECONDS + END / 30 - 0.001:.3f}.mp4")

    def clock(self, second: float) -> int:
        """The burned clock of the frame at a time of the clip."""
        index = round(second * 30) + BEGIN
        number = self.first + index // 30
        source = next(known for known in self.video.segments
                      if (known - number) % pasthours.PERIOD == 0)
        return source * 1000 + index % 30 * 1000 // 30


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Past]:
    """A program whose archive was filled before its start, over the end of an hour."""
    folder = tmp_path_factory.mktemp("archive")
    program = start(["--test-src", *FLAGS])
    # Prefill has no clock.
    wait_until(lambda: get(program.port, f"/live/at/{time.time() - 9:.3f}").status == 200, 30,
               "nine seconds")
    tracks = pasthours.record(program)
    stop(program)
    first = int(time.time()) // 3600 * 3600 - 3600 - SECONDS // 2
    pasthours.write(folder, tracks, first - 2, first + SECONDS + 2)
    program = start([*FLAGS, "--archive", str(folder), "--dvr", "8h"])
    try:
        # The indexes are made at the start.
        wait_until(lambda: get(program.port, f"/live/audio/segment{first}.m4s").status == 200, 60,
                   "the archive")
        yield Past(program, first, tracks[0])
    finally:
        stop(program)


class Memory:
    """The most resident bytes of a program within a `with` block, more than before it."""

    def __init__(self, program: Program) -> None:
        self.pid, self.most = program.pid, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self.before = resident_bytes(self.pid)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join(5)

    def _watch(self) -> None:
        while not self.ended.wait(0.01):
            self.most = max(self.most, resident_bytes(self.pid) - self.before)


@pytest.mark.timeout(120 + 4 * MINUTES)
def test_a_long_clip_is_exact_and_needs_no_memory(past: Past, tmp_path: Path) -> None:
    """HEAD, body, ranges, ffprobe, and seeks to single frames."""
    port, path = past.program.port, past.path
    clip = tmp_path / "clip.mp4"
    # The memory of the pages of the program is counted once.
    get(port, f"/live/clip/{past.first}.5--{past.first + 4}.5.mp4")
    with Memory(past.program) as memory:
        head = get(port, path, "HEAD")
        asked = time.monotonic()
        fetched = subprocess.run(
            [need("curl", "long clips"), "-sS", "--fail", "-o", str(clip), "-w",
             "%{time_starttransfer}", past.program.url(path)],
            capture_output=True, check=True, text=True)
        elapsed = time.monotonic() - asked
    size = int(head.headers["content-length"])
    assert head.status == 200 and not head.body
    assert clip.stat().st_size == size
    with clip.open("rb") as file:
        for _ in range(20):
            begin = random.randrange(size)
            end = min(size, begin + random.randrange(1, 200_000))
            file.seek(begin)
            part = get(port, path, headers={"Range": f"bytes={begin}-{end - 1}"})
            assert part.status == 206 and part.headers["etag"] == head.headers["etag"]
            assert part.body == file.read(end - begin)
        file.seek(0)
        moov = next(box for box in boxes(file.read(8 << 20)) if box.kind == "moov").size
    probe = json.loads(subprocess.run(
        [need("ffprobe", "long clips"), "-v", "error", "-show_streams", "-show_format", "-of",
         "json", str(clip)], capture_output=True, check=True).stdout)
    frames = 30 * SECONDS + END - BEGIN
    assert float(probe["format"]["duration"]) == pytest.approx(frames / 30, abs=0.0005)
    assert float(probe["format"]["start_time"]) == pytest.approx(0, abs=0.0005)
    for second in (0, 1, SECONDS / 2 + 0.1, SECONDS - 1):
        run = subprocess.run(
            [need("ffmpeg", "long clips"), "-v", "error", "-ss", f"{second:.3f}", "-i", str(clip),
             "-frames:v", "1", *STRIP, "-f", "rawvideo", "-"], capture_output=True, check=True)
        assert strip_clock(run.stdout) == past.clock(second), second
    per_minute = moov / MINUTES
    print(f"{MINUTES} min: {size / 1e6:.1f} MB, moov {moov / 1e6:.2f} MB ({per_minute / 1e3:.1f} kB"
          f" a minute), first byte after {float(fetched.stdout) * 1000:.0f} ms, {elapsed:.1f} s, "
          f"{memory.most / 1e6:.1f} MB more memory")
    # 619 bytes a second: 2.3 MB an hour.
    assert per_minute < 40_000
    # The tables, while they are made, and as bytes of two responses.
    assert memory.most < 8e6 + 200_000 * MINUTES
