# SPDX-License-Identifier: Apache-2.0
"""Sources that a streamer pulls from, with the burned clock: ffmpeg, GStreamer, files."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from harness.tools import ROOT, need

PAINTER = ROOT / "Tests/harness/painter.py"
RTSP_SERVER = ROOT / "Tests/harness/rtspserver.py"
SYSTEM_PYTHON = "/usr/bin/python3"
ENCODER = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-b:v", "1500k"]


class Source:
    """A process, or a pipe of two, that can be killed, frozen and thawed."""

    def __init__(self, *processes: subprocess.Popen[bytes]) -> None:
        self.processes = processes

    def kill(self) -> None:
        """Kills the processes; the transport is not closed in an orderly way."""
        for process in reversed(self.processes):
            process.kill()
        for process in self.processes:
            process.wait(5)

    def freeze(self) -> None:
        """SIGSTOP."""
        for process in self.processes:
            os.kill(process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        for process in self.processes:
            os.kill(process.pid, signal.SIGCONT)


def painter(size: str = "640x360", rate: float = 30, count: int = 0) -> subprocess.Popen[bytes]:
    """A process that writes raw frames to its standard output: in real time, or `count` at once."""
    return subprocess.Popen(
        [sys.executable, str(PAINTER), "--size", size, "--rate", str(rate), "--count", str(count)],
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)


def ffmpeg_sender(output: Sequence[str], size: str = "640x360", rate: float = 30, group: int = 30,
                  stdout: int | None = None) -> Source:
    """Draws frames, encodes them without delay and sends them to `output`."""
    paint = painter(size, rate)
    send = subprocess.Popen([
        need("ffmpeg", "pulled inputs"), "-v", "error", "-fflags", "nobuffer", "-f", "rawvideo",
        "-pix_fmt", "yuv420p", "-s", size, "-r",
        str(rate), "-i", "-", *ENCODER, "-g",
        str(group), "-flush_packets", "1", *output
    ], stdin=paint.stdout, stdout=stdout if stdout is not None else subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    assert paint.stdout is not None
    paint.stdout.close()
    return Source(paint, send)


@cache
def has_rtsp_server() -> bool:
    """Whether GStreamer's RTSP server and its elements are installed."""
    return Path(SYSTEM_PYTHON).exists() and subprocess.run([
        SYSTEM_PYTHON, "-c",
        "import gi; gi.require_version('GstRtspServer', '1.0')\n"
        "from gi.repository import Gst, GstRtspServer; Gst.init(None)\n"
        "assert all(map(Gst.ElementFactory.find, ('x264enc', 'rtph264pay', 'appsrc')))"
    ], capture_output=True, timeout=30).returncode == 0


def rtsp_server(port: int, *options: str) -> Source:
    """GStreamer's RTSP server on `port`, path /x; skips the test if it is not installed."""
    if not has_rtsp_server():
        pytest.skip("GStreamer's RTSP server not found: RTSP inputs are not tested")
    server = subprocess.Popen(
        [SYSTEM_PYTHON, str(RTSP_SERVER), str(port), *options], stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert server.stdout is not None
    assert select.select([server.stdout], [], [], 15)[0] and server.stdout.readline() == b"ready\n"
    return Source(server)


def clip(path: Path, seconds: float, *options: str, size: str = "640x360") -> Path:
    """A file of the last `seconds` with the burned clock and, by default, AAC audio."""
    count = int(seconds * 30)
    paint = painter(size, count=count)
    try:
        subprocess.run([
            need("ffmpeg", "files as inputs"), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt",
            "yuv420p", "-s", size, "-r", "30", "-i", "-", "-f", "lavfi", "-i",
            "sine=frequency=440:sample_rate=48000", "-frames:v", str(count), "-shortest", *ENCODER,
            "-g", "30", "-c:a", "aac", *options,
            str(path)
        ], stdin=paint.stdout, check=True, timeout=60)
    finally:
        paint.kill()
        paint.wait(5)
    return path
