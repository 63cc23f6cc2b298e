# SPDX-License-Identifier: Apache-2.0
"""Sources whose audio cannot be encoded, or whose packets are far too large."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.audio import Track
from harness.boxes import boxes
from harness.hostilefiles import H264, VIDEO, access_units, flv_with_configuration, make, slices
from harness.messages import PASSED_THROUGH
from harness.ports import free_port
from harness.program import Program
from harness.sources import Source
from harness.tools import need
from test_hostile_sources import advances, ends, peak_memory, runs

NOISE = ["-f", "lavfi", "-i", "anoisesrc=r=48000"]
AUDIO = {
    "not-a-number": (["-f", "lavfi", "-i", "aevalsrc=0/0:s=48000"], ["-c:a", "pcm_f32le"]),
    "infinite": (["-f", "lavfi", "-i", "aevalsrc=1/0:s=48000"], ["-c:a", "pcm_f32le"]),
    "1e7": (NOISE, ["-af", "aformat=sample_fmts=flt,volume=140dB:precision=float", "-c:a",
                    "pcm_f32le"]),
    "1e11": (NOISE, ["-af", "aformat=sample_fmts=flt,volume=220dB:precision=float", "-c:a",
                     "pcm_f32le"]),
    "nine-channels": (["-f", "lavfi", "-i", "aevalsrc=" + "|".join(["sin(440*t)"] * 9) +
                       ":s=48000"], ["-c:a", "pcm_s16le"]),
    "500-hertz": (["-f", "lavfi", "-i", "aevalsrc=sin(100*t):s=500"],
                  ["-ar", "500", "-c:a", "pcm_s16le"]),
}


@pytest.mark.parametrize("name", AUDIO)
def test_audio_that_cannot_be_encoded(name: str, streamer: Callable[..., Program],
                                      tmp_path: Path) -> None:
    """Such audio is silence or limited; video and audio go on, and SIGTERM ends the program."""
    source, codec = AUDIO[name]
    path = make(tmp_path / "audio.mkv", *VIDEO, *source, "-t", "6", *H264, *codec)
    program = runs(streamer, str(path), "--loop")
    advances(program, "audio", by=8)
    advances(program, "video", by=1)
    refused = program.logged("audio-refused")
    assert len(refused) <= 1, refused
    assert bool(refused) == (name in ("nine-channels", "500-hertz")), refused
    assert not program.logged("audio-failed")
    ends(program)


def test_large_audio_packet(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """One packet of 3,000 s is left out: neither memory nor processor time grows."""
    video = make(tmp_path / "video.mkv", *VIDEO, "-t", "20", *H264)
    samples = "aresample=1000,asetnsamples=n=3000000:p=0"
    path = make(tmp_path / "large.mkv", "-i", str(video), "-f", "lavfi", "-i",
                "sine=100:r=8000:d=3000", "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-af",
                samples, "-c:a", "pcm_s16le")
    program = runs(streamer, str(path))
    advances(program, "video")
    program.wait_logged("audio-refused", "3000 s")
    assert peak_memory(program.pid) < 400 << 20
    ends(program)


def test_aac_at_an_unlisted_rate(streamer: Callable[..., Program], tmp_path: Path,
                                 sources: list[Source]) -> None:
    """AAC that declares 20,000 Hz is not copied, since no encoder makes silence of that rate."""
    base = make(tmp_path / "base.flv", *VIDEO, "-f", "lavfi", "-i", "sine=440:r=48000", "-t", "20",
                *H264, "-c:a", "aac", "-ac", "2")
    # AAC-LC, index 15, 20,000 Hz, two channels.
    path = flv_with_configuration(base, tmp_path / "odd.flv", bytes.fromhex("178027101000"))
    url = f"http://127.0.0.1:{free_port()}/x.flv"
    sources.append(Source(subprocess.Popen(
        [need("ffmpeg", "FLV over HTTP"), "-v", "error", "-re", "-stream_loop", "-1", "-i",
         str(path), "-c", "copy", "-f", "flv", "-listen", "1", url],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)))
    program = runs(streamer, url)
    advances(program, "video")
    advances(program, "audio")
    assert PASSED_THROUGH in program.description()
    ends(program)


def test_large_access_units(streamer: Callable[..., Program], tmp_path: Path,
                            sources: list[Source]) -> None:
    """Access units of more than 204,800 bytes in MPEG-TS arrive whole and unchanged."""
    noise = ["-f", "lavfi", "-i", "nullsrc=s=1280x720:r=10,geq=random(1)*255:128:128"]
    path = make(tmp_path / "large.ts", *noise, "-t", "3", "-c:v", "libx264", "-preset", "ultrafast",
                "-qp", "18", "-g", "10", "-bf", "0", "-x264-params", "aud=1:scenecut=0")
    elementary = make(tmp_path / "large.h264", "-i", str(path), "-c", "copy", "-f", "h264")
    sent = access_units(elementary.read_bytes())
    assert len(sent) == 30 and max(map(len, sent)) > 600_000, [len(unit) for unit in sent]
    url = f"http://127.0.0.1:{free_port()}/x.ts"
    sources.append(Source(subprocess.Popen(
        [need("ffmpeg", "MPEG-TS over HTTP"), "-v", "error", "-re", "-stream_loop", "-1", "-i",
         str(path), "-c", "copy", "-f", "mpegts", "-listen", "1", url],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)))
    program = runs(streamer, url)
    advances(program, "video", by=4)
    assert PASSED_THROUGH in program.description()
    track = Track(program.port, "video")
    found = [slices(box.body) for box in boxes(track.media(track.playlist(), 3))
             if box.kind == "mdat"]
    assert len(found) >= 20
    unknown = [len(unit) for unit in found if unit not in sent]
    assert not unknown, f"access units that were not sent, of {unknown} bytes"
    ends(program)
