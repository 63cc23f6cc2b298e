# SPDX-License-Identifier: Apache-2.0
"""Copied audio beside passed-through video has the times of its source.

The grid of AAC frames is not that of the video: four tracks of one source, each a quarter of an AAC
frame after the one before, have four distances from it.
"""

from __future__ import annotations

import statistics
import subprocess
from pathlib import Path

import pytest

from harness import avsync
from harness.audio import Track
from harness.audioinputs import passes, silent
from harness.ports import free_port
from harness.program import stop
from harness.sources import Source
from harness.tone import record, ts
from harness.tools import need, streamer_binary
from harness.tunein import next_segments

TRACKS = {"audio": "ger", "audio-en": "eng", "audio-fr": "fra", "audio-es": "spa"}
QUARTER = 1024 / 48_000 / 4


@pytest.mark.timeout(120)
def test_copied_audio_is_within_5_ms_of_its_source(tmp_path: Path, streamer,
                                                   sources: list[Source]) -> None:
    """Four tracks have the distance from the video that they have in the source.

    The archive, which dates segments by their decode times, has their dates too.
    """
    port = free_port()
    tone = record(tmp_path)
    film = str(tone.with_name("long.mkv"))
    command = [need("ffmpeg", "times of copied audio"), "-v", "error", "-re", "-i", film]
    options: list[str] = []
    for index, language in enumerate(TRACKS.values()):
        command += ["-itsoffset", f"{index * QUARTER:.6f}", "-re", "-i", film]
        options += ["-map", f"{index + 1}:a", f"-metadata:s:a:{index}", f"language={language}"]
    command += ["-map", "0:v", *options, "-c", "copy", "-flush_packets", "1", *ts(port)]
    sources.append(silent(command))
    archive = tmp_path / "archive"
    program = passes(streamer, f"udp://127.0.0.1:{port}", "--archive", str(archive))
    next_segments(program.port, 7)
    expected = avsync.av_offset(tone, tone)
    video = Track(program.port, "video")
    for index, name in enumerate(TRACKS):
        audio = Track(program.port, name)
        marks = avsync.marks(video.media(video.playlist(), 5), audio.media(audio.playlist(), 6))
        offset = statistics.median(mark.offset for mark in marks)
        error = offset + index * QUARTER - expected
        print(f"{name}: {offset * 1000:.1f} ms, {error * 1000:.1f} ms from its source")
        assert abs(error) <= 0.005, name
    stop(program)
    check = subprocess.run([streamer_binary(), "archive", "check", str(archive)],
                           capture_output=True, text=True, timeout=30)
    assert check.returncode == 0 and list(archive.rglob("*.cmfa")), check.stdout + check.stderr
