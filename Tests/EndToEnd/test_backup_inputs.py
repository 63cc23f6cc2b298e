# SPDX-License-Identifier: Apache-2.0
"""A published stream has a backup input, and changes back."""

from __future__ import annotations

import subprocess

import pytest

from harness.http1 import get
from harness.program import Program
from harness.rtmp import HOST as RTMP
from harness.rtmp import rtmp_port
from harness.sources import ENCODER, Source
from harness.tools import need
from harness.tunein import next_segments
from harness.waiting import pause, wait_until

TOKEN = "admin-secret-of-the-server"
SIZE = "320x180"


def paint(colour: str, *output: str, seconds: float = 0) -> Source:
    """ffmpeg sends frames of one colour, 30 per second, to `output`."""
    limit = ["-t", str(seconds)] if seconds else []
    realtime = [] if seconds else ["-re"]
    return Source(
        subprocess.Popen([
            need("ffmpeg", "backup inputs"), "-v", "error", "-y", *realtime, "-f", "lavfi", "-i",
            f"color={colour}:size={SIZE}:rate=30", *limit, *ENCODER, "-pix_fmt", "yuv420p", "-g",
            "30", "-flush_packets", "1", *output
        ], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def shown(program: Program) -> dict:
    """The shown input of the stream, as /api/streams states it."""
    answer = get(program.port, "/api/streams", headers={"Authorization": f"Bearer {TOKEN}"})
    return answer.json()[0].get("input", {})


@pytest.mark.timeout(60)
def test_a_published_stream_has_a_backup(tmp_path, streamer, sources: list[Source]) -> None:
    """A file is shown until a publisher comes, and after it; both are passed through."""
    film = tmp_path / "film.mp4"
    for process in paint("blue", str(film), seconds=4).processes:
        assert process.wait(30) == 0
    program = streamer("--source", "rtmp", "--input", str(film), "--loop", "--admin-token", TOKEN,
                       *RTMP, defaults=False)
    port = rtmp_port(program)
    wait_until(lambda: shown(program).get("shown") == 1, 15, "the file is shown")
    red = paint("red", "-f", "flv", f"rtmp://127.0.0.1:{port}/live/x")
    sources.append(red)
    wait_until(lambda: shown(program)["shown"] == 0, 8, "the publisher is shown")
    pause(2, "the publisher is shown")
    red.kill()
    wait_until(lambda: shown(program)["shown"] == 1, 8, "the file is shown again")
    next_segments(program.port, 2)
    text = get(program.port, "/live/video/playlist.m3u8").text
    assert text.splitlines().count("#EXT-X-DISCONTINUITY") == 2, text
