# SPDX-License-Identifier: Apache-2.0
"""Decodes media with ffmpeg and reads the burned clock of each frame."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from harness.boxes import chunks, timescale
from harness.burnedclock import decode
from harness.http1 import get
from harness.tools import decoder, need
from harness.tunein import fetch

STRIP = ["-vf", "crop=iw:trunc(ih/18)*2:0:0,scale=256:16:flags=area", "-pix_fmt", "gray"]
STRIP_BYTES = 256 * 16


def strip_clock(frame: bytes) -> int | None:
    """The burned clock of one frame that STRIP has cropped and scaled."""
    return decode(np.frombuffer(frame, np.uint8).reshape(16, 256), rows=2)


def clocks_of(source: bytes | Path) -> list[int | None]:
    """The burned clock of each frame of a file or of bytes; None if it is not valid."""
    given = source if isinstance(source, bytes) else None
    path = "-" if given is not None else str(source)
    command = [decoder("burned clock of media"), "-v", "error", "-i", path, "-map", "0:v:0",
               "-fps_mode", "passthrough", *STRIP, "-f", "rawvideo", "-"]
    run = subprocess.run(command, input=given,
                         stdin=None if given is not None else subprocess.DEVNULL,
                         capture_output=True, timeout=60)
    assert run.returncode == 0, run.stderr.decode(errors="replace")[-500:]
    data = run.stdout
    return [strip_clock(data[i : i + STRIP_BYTES]) for i in range(0, len(data), STRIP_BYTES)]


def frame_times(port: int, number: int, base: str = "/live/video/") -> list[Fraction]:
    """The exact times of the frames of a segment, Unix ms; a busy encoder leaves frames out."""
    body = get(port, f"{base}segment{number}.m4s").body
    header = fetch(port, path=f"{base}playlist.m3u8").segments[-1].map_uri
    scale = timescale(get(port, f"{base}{header}").body)
    return [Fraction(chunk.tfdt * 1000, scale) for chunk in chunks(body)]


def frame_at(port: int, milliseconds: int, base: str = "/live/video/") -> int:
    """The time of the newest frame of an instant, whole Unix ms.

    For segments of one second, numbered by the clock.
    """
    times = frame_times(port, milliseconds // 1000, base)
    return max(int(time) for time in times if time <= milliseconds)


def luma_frames(media: bytes, width: int, height: int, limit: int = 100) -> np.ndarray:
    """Luma planes of the first frames of CMAF header + media, in the coded size."""
    command = [need("ffmpeg", "frames of media"), "-v", "error", "-i", "-", "-map", "0:v:0",
               "-frames:v", str(limit), "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    run = subprocess.run(command, input=media, capture_output=True, timeout=60)
    assert run.stdout, run.stderr.decode(errors="replace")[-500:]
    return np.frombuffer(run.stdout, np.uint8).reshape(-1, height, width)


def read_strips(command: Sequence[str], seconds: float) -> list[tuple[float, int | None]]:
    """Runs a player that outputs STRIP frames; returns (arrival, burned clock) of each."""
    player = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    samples: list[tuple[float, int | None]] = []
    stop_at = time.monotonic() + seconds
    assert player.stdout is not None
    try:
        buffer = b""
        while time.monotonic() < stop_at:
            if not select.select([player.stdout], [], [], 0.2)[0]:
                continue
            data = os.read(player.stdout.fileno(), 1 << 20)
            if not data:
                break
            buffer += data
            while len(buffer) >= STRIP_BYTES:
                samples.append((time.time(), strip_clock(buffer[:STRIP_BYTES])))
                buffer = buffer[STRIP_BYTES:]
    finally:
        player.kill()
        _, error = player.communicate(timeout=10)
    if not samples:
        raise AssertionError(
            f"no frame from {' '.join(command)}: {error.decode(errors='replace')[-800:]}")
    return samples
