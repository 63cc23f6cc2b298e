# SPDX-License-Identifier: Apache-2.0
"""The measurement of audio against video, checked with media whose offset is known."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from harness import avsync
from harness.burnedclock import paint
from harness.tools import need

START = 1_795_155_719_500
WIDTH, HEIGHT = 320, 180


def video(path: Path, rate: tuple[int, int], count: int) -> None:
    """A test pattern with burned clock and flash; its first frame is at media time 0."""
    numerator, denominator = rate
    frames = []
    for index in range(count):
        clock = START + index * 1000 * denominator // numerator
        luma = np.full((HEIGHT, WIDTH), 60, np.uint8)
        paint(luma, clock)
        if clock % 1000 < 100:
            luma[63:96, 140:180] = 235
        frames.append(luma.tobytes())
    command = [
        need("ffmpeg", "offset of video and audio"), "-v", "error", "-y", "-f", "rawvideo",
        "-pix_fmt", "gray", "-s", f"{WIDTH}x{HEIGHT}", "-r", f"{numerator}/{denominator}", "-i",
        "-", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
        str(path)
    ]
    subprocess.run(command, input=b"".join(frames), check=True, timeout=60)


def audio(path: Path, seconds: float, late: float) -> None:
    """Beeps of 1 kHz at each whole second of the burned clock, `late` seconds late."""
    time = np.arange(int(seconds * 48_000)) / 48_000 + START / 1000 % 1 - late
    place = time % 1.0
    samples = np.where(place < 0.1, np.sin(2 * np.pi * 1000 * place), 0.0) * 16_000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(samples.astype("<i2").tobytes())


@pytest.mark.parametrize("rate", [(30, 1), (30_000, 1001), (25, 1)])
@pytest.mark.parametrize("shift", [0.0, 0.037, -0.120])
def test_offset_is_measured_within_a_millisecond(tmp_path: Path, rate: tuple[int, int],
                                                 shift: float) -> None:
    """Known offsets are measured, independent of the phase of the frame grid."""
    frame, tone = tmp_path / "frames.mp4", tmp_path / "tone.wav"
    video(frame, rate, 4 * rate[0] // rate[1])
    audio(tone, 4, shift)
    found = avsync.marks(frame, tone)
    assert [mark.second for mark in found] == [1_795_155_720 + i for i in range(4)][: len(found)]
    assert len(found) >= 3
    for mark in found:
        assert abs(mark.offset + shift) < 0.0015, mark
    assert abs(avsync.av_offset(frame, tone) + shift) < 0.0015
