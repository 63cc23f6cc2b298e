# SPDX-License-Identifier: Apache-2.0
"""Publishing by SRT: ffmpeg as a caller, several callers on a port, and refused callers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.http1 import get
from harness.metrics import total
from harness.program import Program, stop
from harness.rtmp import rtmp_port
from harness.tools import need
from harness.uploads import Encoder, frames
from harness.waiting import wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0", "--srt", "127.0.0.1:0"]
TS = ("-f", "mpegts", "-muxdelay", "0", "-flush_packets", "1")


@contextmanager
def caller(folder: Path, program: Program, query: str) -> Iterator[Encoder]:
    """ffmpeg that publishes with a query of its URL."""
    port = rtmp_port(program, "srt")
    running = Encoder(folder, *TS, f"srt://127.0.0.1:{port}?latency=60000&{query}")
    try:
        yield running
    finally:
        running.stop()


def plays(program: Program, running: Encoder, stream: str) -> None:
    """Waits until a stream has a playlist."""
    path = f"/{stream}/video/playlist.m3u8"
    running.wait(lambda: get(program.port, path, timeout=15).status == 200, 15, "a playlist")


def refused(program: Program, query: str) -> None:
    """ffmpeg cannot publish."""
    port = rtmp_port(program, "srt")
    run = subprocess.run(
        [need("ffmpeg", "publishing by SRT"), "-v", "error", "-re", "-f", "lavfi",
         "-i", "testsrc2=size=64x64:rate=10", "-t", "20", *TS, f"srt://127.0.0.1:{port}?{query}"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=15, check=False)
    assert run.returncode != 0, query


@pytest.mark.timeout(60)
def test_callers_on_a_port(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Two callers on one port, with plain and other stream IDs: two streams, with statistics."""
    program = streamer(*HOST, defaults=False)
    with caller(tmp_path, program, "streamid=one") as one, \
            caller(tmp_path, program, "streamid=#!::r=two,m=publish,u=me") as two:
        plays(program, one, "one")
        plays(program, two, "two")
        assert frames(program.url("/one/playlist.m3u8"), 2) >= 40
        program.wait_logged("publish-started", "SRT", "latency 120 ms", stream="two")
        refused(program, "streamid=one")
        program.wait_logged("publish-refused", "already published")
        refused(program, "streamid=#!::r=three,m=request")
        program.wait_logged("publish-refused", "m=publish")
        assert total(program.port, "streamer_srt_received_packets_total", stream="two") > 50
        assert total(program.port, "streamer_srt_overflow_packets_total") == 0
        assert total(program.port, "streamer_publisher_connected") == 2
    wait_until(lambda: len(program.logged("publish-ended")) == 2, 8, "the ends")


@pytest.mark.timeout(60)
def test_keys_and_passphrases(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The key is in the stream ID; a passphrase is demanded; neither is logged."""
    program = streamer(*HOST, "--publish-key", "sesame-open", "--srt-passphrase",
                       "correct-horse-battery", "--srt-latency", "80", defaults=False)
    refused(program, "streamid=live/wrong&passphrase=correct-horse-battery")
    program.wait_logged("publish-refused", "unknown stream or wrong key")
    refused(program, "streamid=live/sesame-open&passphrase=another-passphrase")
    program.wait_logged("publish-refused", "wrong passphrase, or none")
    query = "streamid=live/sesame-open&passphrase=correct-horse-battery&pbkeylen=32"
    with caller(tmp_path, program, query) as running:
        plays(program, running, "live")
        program.wait_logged("publish-started", "latency 80 ms, encrypted", stream="live")
    assert not [line for line in program.log if "sesame" in line or "horse" in line]


@pytest.mark.timeout(60)
def test_a_supervised_program_waits_for_the_port(streamer: Callable[..., Program],
                                                 tmp_path: Path) -> None:
    """Another process has the port: it is opened when that process has left."""
    first = streamer("--test-src", *HOST, defaults=False)
    port = rtmp_port(first, "srt")
    second = streamer("--supervise", "--host", "127.0.0.1", "--http-port", "0", "--srt",
                      f"127.0.0.1:{port}", defaults=False)
    second.wait_logged("port-busy", "retrying")
    stop(first)
    assert rtmp_port(second, "srt") == port
    with caller(tmp_path, second, "streamid=live") as running:
        plays(second, running, "live")
