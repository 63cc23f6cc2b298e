# SPDX-License-Identifier: Apache-2.0
"""Publishing by RTMP to streams that are encoded: every frame, and a ladder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.continuity import check_one_stream, frames, lost, repeated
from harness.http1 import get
from harness.recorder import record
from harness.rtmp import publish
from harness.sources import ENCODER, Source
from harness.tools import need
from test_rtmp import origin, plays


@pytest.mark.timeout(90)
def test_a_ladder_of_a_publisher(streamer, sources: list[Source]) -> None:
    """With renditions the publisher is decoded, and each rendition has its frames."""
    program, port = origin(
        streamer, "--rendition", "640x360@900", "--rendition", "320x180@300")
    sources.append(publish(port, audio="aac"))
    plays(program, "/live/360p/playlist.m3u8")
    master = get(program.port, "/live/playlist.m3u8").text
    assert "RESOLUTION=640x360" in master and "RESOLUTION=320x180" in master
    found = record(program.port, 5, "/live/360p/playlist.m3u8")
    check_one_stream(found)
    seen = [frame for frame in frames(found) if frame.clock is not None]
    assert len(seen) >= 60
    assert repeated(seen) <= len(seen) // 10 and lost(seen, 1 / 30) <= len(seen) // 10


@pytest.mark.timeout(90)
def test_frames_are_those_that_were_published(streamer, sources: list[Source],
                                              tmp_path: Path) -> None:
    """Frame hashes of what ffmpeg published and of what it reads back are equal."""
    ffmpeg = need("ffmpeg", "publishing by RTMP")
    clip = tmp_path / "clip.flv"
    subprocess.run([ffmpeg, "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
                    "-t", "14", *ENCODER, "-g", "25", str(clip)], check=True, timeout=60)
    program, port = origin(streamer)
    send = subprocess.Popen([ffmpeg, "-v", "error", "-re", "-i", str(clip), "-c", "copy",
                             "-f", "flv", f"rtmp://127.0.0.1:{port}/live/x"],
                            stdin=subprocess.DEVNULL)
    sources.append(Source(send))
    plays(program)
    back = tmp_path / "back.mp4"
    subprocess.run([ffmpeg, "-v", "error", "-i", program.url("/live/playlist.m3u8"), "-t", "6",
                    "-c", "copy", str(back)], check=True, timeout=40)

    def hashes(path: Path) -> list[str]:
        run = subprocess.run([ffmpeg, "-v", "error", "-i", str(path), "-map", "0:v", "-f",
                              "framemd5", "-"], capture_output=True, check=True, timeout=40)
        return [line.rsplit(b",", 1)[1].strip().decode()
                for line in run.stdout.splitlines() if not line.startswith(b"#")]

    sent, read = hashes(clip), hashes(back)
    assert len(read) >= 50
    start = sent.index(read[0])
    assert sent[start:start + len(read)] == read
