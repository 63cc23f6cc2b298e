# SPDX-License-Identifier: Apache-2.0
"""The films of the publishers: their frames have a burned clock that names film and frame."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.painter import frame
from harness.sources import ENCODER
from harness.tools import ROOT, need

FOLDER = ROOT / ".build/consumers/films"
# The burned clock of a film's first frame, ms, per number of the film.
EACH = 10_000_000


@dataclass(frozen=True)
class Film:
    """Frames with one key frame per second, and a tone."""

    number: int
    size: str = "320x180"
    rate: int = 25
    audio_rate: int = 48_000
    channels: int = 2
    seconds: int = 150

    @property
    def base(self) -> int:
        """The burned clock of the first frame, ms."""
        return self.number * EACH

    def offset(self, clock: int | None) -> int | None:
        """Milliseconds of a burned clock since the first frame; None for other films."""
        if clock is None or not self.base <= clock < self.base + EACH:
            return None
        return clock - self.base

    def file(self) -> Path:
        """The film as an FLV file, which is made once."""
        name = hashlib.sha256(f"{self}{ENCODER}".encode()).hexdigest()[:16]
        path = FOLDER / f"{name}.flv"
        if path.exists():
            return path
        FOLDER.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{os.getpid()}-{path.name}")
        width, height = map(int, self.size.split("x"))
        encoder = subprocess.Popen(
            [need("ffmpeg", "films of publishers"), "-v", "error", "-y", "-f", "rawvideo",
             "-pix_fmt", "yuv420p", "-s", self.size, "-r", str(self.rate), "-i", "-", "-f",
             "lavfi", "-i", f"sine=frequency=440:sample_rate={self.audio_rate}", "-map", "0:v",
             "-map", "1:a", "-t", str(self.seconds), *ENCODER, "-b:v", "500k", "-g",
             str(self.rate), "-sc_threshold", "0", "-threads", "1", "-c:a", "aac", "-ac",
             str(self.channels), "-f", "flv", str(made)], stdin=subprocess.PIPE)
        assert encoder.stdin is not None
        for index in range(self.seconds * self.rate):
            clock = self.base + index * 1000 // self.rate
            encoder.stdin.write(frame(width, height, clock, index))
        encoder.stdin.close()
        assert encoder.wait(120) == 0
        made.rename(path)
        return path


FIRST = Film(1)
SAME = Film(2)
# S: another size.
SIZE = Film(3, "640x360")
# R: another size, rate and audio.
OTHER = Film(4, "640x360", 30, 44_100, 1)
# A file that ends.
SHORT = Film(5, seconds=25)
