# SPDX-License-Identifier: Apache-2.0
"""Audio beside passed-through video has the times of its source, copied or encoded.

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

# The name of each track, its language, and how ffmpeg makes it. AAC is copied, MP2 is encoded.
TRACKS = {
    "audio": ("ger", ["copy"]), "audio-en": ("eng", ["copy"]), "audio-fr": ("fra", ["copy"]),
    "audio-es": ("spa", ["copy"]), "audio-it": ("ita", ["aac", "-ar", "44100"]),
    "audio-pl": ("pol", ["mp2", "-ar", "48000"]), "audio-sv": ("swe", ["mp2", "-ar", "44100"]),
}
QUARTERS = 4
QUARTER = 1024 / 48_000 / 4


def film(tone: Path) -> Path:
    """A film with the tracks; the first four are a quarter of an AAC frame apart."""
    path, source = tone.with_name("tracks.ts"), str(tone.with_name("long.mkv"))
    command = [need("ffmpeg", "times of audio"), "-v", "error", "-y", "-i", source]
    options: list[str] = []
    for index, (language, (codec, *rate)) in enumerate(TRACKS.values()):
        command += ["-itsoffset", f"{index % QUARTERS * QUARTER:.6f}", "-i", source]
        options += ["-map", f"{index + 1}:a", f"-c:a:{index}", codec]
        options += [f"-ar:a:{index}", rate[1]] if rate else []
        options += [f"-metadata:s:a:{index}", f"language={language}"]
    subprocess.run(
        [*command, "-map", "0:v", "-c:v", "copy", *options, "-f", "mpegts", "-pes_payload_size",
         "0", "-muxdelay", "0", "-muxpreload", "0", str(path)],
        check=True, timeout=60, stdin=subprocess.DEVNULL)
    return path


def offset(seen: dict[int, float], heard: list[float]) -> float:
    """How early audio is, by its beeps and the flashes of the video, in seconds."""
    return statistics.median(mark.offset for mark in avsync.matched(seen, heard))


@pytest.mark.timeout(120)
def test_audio_is_within_5_ms_of_its_source(tmp_path: Path, streamer,
                                            sources: list[Source]) -> None:
    """The tracks have the distance from the video that they have in the source.

    The archive, which dates segments by their decode times, has their dates too.
    """
    port = free_port()
    path = film(record(tmp_path))
    heard = avsync.beeps(path)
    assert all(abs(after - before - 1) <= 0.001 for before, after in zip(heard, heard[1:]))
    seen = avsync.flashes(path)
    expected = [offset(seen, avsync.beeps(path, index)) for index in range(len(TRACKS))]
    # The four copies have four distances from the grid.
    for index in range(QUARTERS):
        assert abs(expected[index] + index * QUARTER - expected[0]) <= 0.001
    sources.append(silent(
        [need("ffmpeg", "times of audio"), "-v", "error", "-re", "-i", str(path), "-map", "0", "-c",
         "copy", "-flush_packets", "1", *ts(port)]))
    archive = tmp_path / "archive"
    program = passes(streamer, f"udp://127.0.0.1:{port}", "--archive", str(archive))
    program.check_logged("audio-tracks", "7 of 7")
    next_segments(program.port, 7)
    tracks = {name: Track(program.port, name) for name in ["video", *TRACKS]}
    media = {name: track.media(track.playlist(), 6) for name, track in tracks.items()}
    stop(program)
    seen = avsync.flashes(media["video"])
    errors: dict[str, float] = {}
    for name, early in zip(TRACKS, expected, strict=True):
        errors[name] = offset(seen, avsync.beeps(media[name])) - early
        print(f"{name}: {early * 1000:.1f} ms in the source, {errors[name] * 1000:.1f} ms from it")
    assert all(abs(error) <= 0.005 for error in errors.values()), errors
    check = subprocess.run([streamer_binary(), "archive", "check", str(archive)],
                           capture_output=True, text=True, timeout=30)
    assert check.returncode == 0 and list(archive.rglob("*.cmfa")), check.stdout + check.stderr


@pytest.mark.timeout(120)
def test_live_aac_in_latm_plays(tmp_path: Path, streamer, sources: list[Source]) -> None:
    """AAC in LATM, as DVB has it, is decoded from live MPEG-TS, at the times of its source.

    Its packets have several frames each.
    """
    port = free_port()
    source = record(tmp_path).with_name("long.mkv")
    early = offset(avsync.flashes(source), avsync.beeps(source))
    sources.append(silent(
        [need("ffmpeg", "AAC in LATM"), "-v", "error", "-re", "-i", str(source), "-map", "0:v:0",
         "-map", "0:a:0", "-c", "copy", "-flush_packets", "1", "-mpegts_flags", "latm",
         *ts(port)[:-1], "-pes_payload_size", "2930", ts(port)[-1]]))
    program = passes(streamer, f"udp://127.0.0.1:{port}")
    next_segments(program.port, 5)
    tracks = {name: Track(program.port, name) for name in ("video", "audio")}
    media = {name: track.media(track.playlist(), 4) for name, track in tracks.items()}
    found = offset(avsync.flashes(media["video"]), avsync.beeps(media["audio"]))
    assert abs(found - early) <= 0.02, (found, early)
    assert not program.logged("audio-refused")
