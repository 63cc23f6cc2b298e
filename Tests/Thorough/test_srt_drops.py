# SPDX-License-Identifier: Apache-2.0
"""Payloads of SRT callers that a source does not read."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.metrics import total
from harness.playlist import parse
from harness.program import Program
from harness.rtmp import rtmp_port
from harness.tools import need
from harness.waiting import wait_until
from test_srt import HOST, TS


def last(program: Program) -> int:
    """The number of the newest complete segment."""
    return parse(get(program.port, "/live/video/playlist.m3u8", timeout=15).text).last_complete


def child(program: Program) -> int:
    """The process of the source."""
    def find() -> list[int]:
        found = [(task / "children").read_text().split()
                 for task in Path(f"/proc/{program.pid}/task").iterdir()]
        return [int(pid) for pids in found for pid in pids]
    return wait_until(find, 10, "a process of the source")[0]


@pytest.mark.timeout(120)
def test_payloads_that_the_source_does_not_read_are_dropped_and_counted(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The process of the source is stopped: 2 MiB wait, and `/metrics` counts the rest."""
    # Until the process counts as hanging, more must arrive than the kernel and the queue hold.
    file = tmp_path / "noise.ts"
    ffmpeg = [need("ffmpeg", "publishing by SRT"), "-v", "error", "-nostdin"]
    subprocess.run(
        [*ffmpeg, "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25,noise=alls=100:allf=t",
         "-t", "4", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25",
         "-b:v", "100M", "-maxrate", "100M", "-bufsize", "10M", str(file)], check=True, timeout=50)
    assert file.stat().st_size > 40_000_000
    program = streamer(*HOST, defaults=False)
    port = rtmp_port(program, "srt")
    running = subprocess.Popen(
        [*ffmpeg, "-re", "-stream_loop", "-1", "-i", str(file), "-c", "copy", *TS,
         f"srt://127.0.0.1:{port}?latency=60000&streamid=live"], stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200,
                   20, "a playlist")
        assert total(program.port, "streamer_srt_overflow_packets_total") == 0
        process = child(program)
        os.kill(process, signal.SIGSTOP)
        wait_until(lambda: total(program.port, "streamer_srt_overflow_packets_total") > 10, 10,
                   "dropped packets")
        # The stream continues with the next process of the source.
        program.wait_logged("source-crashed", within=15)
        before = last(program)
        wait_until(lambda: child(program) != process and last(program) > before + 1, 20, "media")
    finally:
        running.kill()
        running.wait(5)
