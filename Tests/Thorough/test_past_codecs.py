# SPDX-License-Identifier: Apache-2.0
"""The past keeps the codecs of its Periods after a restart, also if the present ones are others."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.playlist import parse
from harness.program import Program, stop
from harness.rtmp import HOST
from harness.tools import need
from harness.trackpublisher import CMAF, CMAFTrack
from harness.waiting import wait_until

CODECS = re.compile(r'<Representation id="video" codecs="([^"]*)"')


def film(pixels: str) -> bytes:
    """A CMAF track of HEVC with a key frame per second."""
    return subprocess.run(
        [need("ffmpeg", "HEVC"), "-v", "error", "-f", "lavfi", "-i",
         "testsrc2=size=320x180:rate=30", "-t", "8", "-pix_fmt", pixels, "-c:v", "libx265",
         "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params",
         "log-level=none:keyint=30:min-keyint=30:scenecut=0:bframes=0:open-gop=0", *CMAF, "-"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, timeout=60).stdout


@pytest.mark.timeout(90)
def test_hevc_of_before_a_restart_has_its_codecs(streamer: Callable[..., Program],
                                                 tmp_path: Path) -> None:
    """Eight bits in one run of the program, ten in the next one: Main, then Main 10."""
    shown = []
    for pixels in ("yuv420p", "yuv420p10le"):
        data = film(pixels)
        program = streamer(*HOST, "--archive", str(tmp_path), "--dvr", "1h", defaults=False)
        track = CMAFTrack(program, "/live/video.cmfv", data, 30, time.monotonic())
        playlist = "/live/video/playlist.m3u8"
        wait_until(lambda program=program: get(program.port, playlist, timeout=15).status == 200
                   and len(parse(get(program.port, playlist).text).segments) >= 3, 25,
                   "three segments")
        shown = CODECS.findall(get(program.port, "/live/dvr.mpd").text)
        track.end()
        stop(program)
    assert [codecs[:9] for codecs in shown] == ["hvc1.1.6.", "hvc1.2.4."], shown
