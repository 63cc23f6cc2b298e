# SPDX-License-Identifier: Apache-2.0
"""Audio beside video: ffmpeg plays both tracks of each form, aligned."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from harness import avsync
from harness.audio import Track, loudest, tone_stream
from harness.program import Program
from harness.tools import need
from harness.tunein import next_segments

RATE = 48_000


@pytest.fixture(scope="module")
def tone(binary: Path) -> Iterator[Program]:
    """A stream with the test tone, at least two segments old."""
    with tone_stream() as program:
        yield program


def decoded(url: str, seconds: float = 4) -> tuple[int, np.ndarray]:
    """Decodes a URL with ffmpeg: number of frames, and the first channel at 48 kHz."""
    command = [
        need("ffmpeg", "plays video and audio"), "-v", "error", "-nostats", "-i", url, "-t",
        str(seconds), "-map", "0:v:0", "-map", "0:a:0", "-progress", "-", "-f", "null", "-"
    ]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60,
                         stdin=subprocess.DEVNULL)
    assert run.returncode == 0 and not run.stderr, run.stderr[-800:]
    frames = [
        int(line.partition("=")[2]) for line in run.stdout.splitlines() if line.startswith("frame=")
    ]
    command = [
        need("ffmpeg", "plays the audio"), "-v", "error", "-nostats", "-i", url, "-t",
        str(seconds), "-map", "0:a:0", "-ac", "1", "-ar",
        str(RATE), "-f", "f32le", "-"
    ]
    audio = subprocess.run(command, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    assert audio.returncode == 0 and not audio.stderr, audio.stderr[-800:]
    return frames[-1], np.frombuffer(audio.stdout, np.float32)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("path", ["/live.m3u8", "/live/chunked.m3u8", "/live/manifest.mpd"])
def test_ffmpeg_decodes_video_and_audio(path: str, tone: Program) -> None:
    """ffmpeg without options decodes video and audio of every form; 1 kHz beeps each second."""
    frames, samples = decoded(tone.url(path))
    assert frames >= 100 and len(samples) >= 3.5 * RATE
    onsets = avsync.onsets(samples)
    assert len(onsets) >= 3
    assert all(abs(b - a - RATE) <= 2 for a, b in zip(onsets, onsets[1:]))
    assert abs(loudest(samples[onsets[0] : onsets[0] + 4800]) - 1000) < 15


@pytest.mark.timeout(60)
def test_flash_and_beep_are_within_a_millisecond(tone: Program) -> None:
    """Flash and beep are less than 1 ms apart: the delay of the AAC encoder is removed."""
    video, audio = Track(tone.port, "video"), Track(tone.port, "audio")
    next_segments(tone.port, 3)
    found = avsync.marks(video.media(video.playlist(), 5), audio.media(audio.playlist(), 6))
    assert len(found) >= 2
    print([f"{mark.offset * 1000:.3f} ms" for mark in found])
    assert all(abs(mark.offset) < 0.001 for mark in found)
