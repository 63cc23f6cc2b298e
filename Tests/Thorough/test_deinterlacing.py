# SPDX-License-Identifier: Apache-2.0
"""Interlaced video is encoded without combs, by the process of the source."""

from __future__ import annotations

import ctypes.util
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.frames import luma_frames
from harness.http1 import get
from harness.program import Program
from harness.tools import need
from harness.tunein import next_segments

WIDTH, HEIGHT, RATE, SECONDS = 320, 192, 25, 4
BAR, STEP, DARK, LIGHT = 60, 6, 16, 235
CODERS = {"h264": ["libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-crf", "12",
                   "-sc_threshold", "0"],
          "mpeg2": ["mpeg2video", "-qscale:v", "2", "-bf", "0"]}
# Of a frame whose bar moves by STEP between its fields: both edges differ by STEP columns.
COMBED = 2 * STEP * (LIGHT - DARK) / WIDTH


def interlaced(path: Path, *coder: str) -> Path:
    """A bright bar whose place is another one in each field, the top field first."""
    luma = np.full((RATE * SECONDS, HEIGHT, WIDTH), DARK, np.uint8)
    for index, frame in enumerate(luma):
        for parity in (0, 1):
            left = (2 * index + parity) * STEP % (WIDTH - BAR)
            frame[parity::2, left:left + BAR] = LIGHT
    chroma = np.full(WIDTH * HEIGHT // 2, 128, np.uint8).tobytes()
    subprocess.run(
        [need("ffmpeg", "interlaced video"), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt",
         "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", f"{RATE}", "-i", "-", "-c:v", *coder,
         "-flags", "+ildct+ilme", "-top", "1", "-g", f"{RATE}", "-pix_fmt", "yuv420p", str(path)],
        input=b"".join(frame.tobytes() + chroma for frame in luma), check=True, timeout=60)
    return path


def combs(frames: np.ndarray) -> np.ndarray:
    """For each frame the mean difference of a line and the next one."""
    return np.abs(np.diff(frames[:, 8:-8].astype(int), axis=1)).mean(axis=(1, 2))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("coder", CODERS)
def test_encoded_frames_have_no_combs(coder: str, streamer: Callable[..., Program],
                                      tmp_path: Path) -> None:
    """Each frame of the source is combed, no encoded frame is, and the bar moves on."""
    if ctypes.util.find_library("avfilter") is None:
        pytest.skip("libavfilter not found: interlaced video is encoded with its combs")
    path = interlaced(tmp_path / "film.ts", *CODERS[coder])
    source = combs(luma_frames(path.read_bytes(), WIDTH, HEIGHT))
    assert len(source) == RATE * SECONDS and source.min() > COMBED / 2, source.min()
    program = streamer("--input", str(path), "--loop", "--passthrough", "never", "--host",
                       "127.0.0.1", "--http-port", "0", defaults=False, within=25)
    segments = next_segments(program.port, 4).segments[-2:]
    addresses = [segments[-1].map_uri, *(segment.uri for segment in segments)]
    frames = luma_frames(b"".join(get(program.port, f"/live/video/{name}").body
                                  for name in addresses), WIDTH, HEIGHT)
    left = [int(np.argmax(frame[HEIGHT // 2] > 128)) for frame in frames]
    assert len(set(left)) > len(left) // 2, "the bar does not move"
    found = combs(frames)
    print(f"{coder}: mean difference of lines {source.mean():.2f} before, {found.mean():.2f} after "
          f"(at most {found.max():.2f})")
    assert found.max() < COMBED / 4, found.max()
    assert not program.logged("interlaced")
