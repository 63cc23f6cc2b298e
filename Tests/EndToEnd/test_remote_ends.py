# SPDX-License-Identifier: Apache-2.0
"""No remote end ends the program: neither media that does not fit, nor its failure or end."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.ports import free_port
from harness.program import Program
from harness.rtmp import HOST, publish, rtmp_port
from harness.sources import ENCODER, Source, clip, ffmpeg_sender
from harness.waiting import pause, wait_until

PLAYLIST = "/live/playlist.m3u8"
WEB = ["--host", "127.0.0.1", "--http-port", "0"]
LONG_GROUP = [*ENCODER, "-sc_threshold", "0"]


def answers(program: Program) -> bool:
    """Whether the program runs and answers."""
    return program.process.poll() is None and get(program.port, "/health").status == 200


@pytest.mark.timeout(90)
def test_a_publisher_that_does_not_fit_is_refused(streamer: Callable[..., Program],
                                                  sources: list[Source]) -> None:
    """`--passthrough always`: its connection ends with the reason, and the next one plays."""
    program = streamer(*HOST, "--passthrough", "always", "--max-gop", "1", defaults=False)
    port = rtmp_port(program)
    unfit = publish(port, group=300, options=LONG_GROUP)
    sources.append(unfit)
    entry = program.wait_logged("publish-refused", "--passthrough always", within=20)
    assert "no key frame for more than 1 s" in entry.message and entry.stream == "live"
    # Its connection ends: ffmpeg cannot write.
    wait_until(lambda: unfit.processes[1].poll() is not None, 10, "the end of the encoder")
    assert answers(program)
    sources.append(publish(port, group=15))
    wait_until(lambda: get(program.port, PLAYLIST, timeout=15).status == 200, 20, "a playlist")


@pytest.mark.timeout(60)
def test_a_sender_that_does_not_fit_is_retried(streamer: Callable[..., Program],
                                               sources: list[Source]) -> None:
    """An input of a flag whose media does not fit fails with the reason, and is tried again."""
    port = free_port()
    program = streamer("--input", f"udp://127.0.0.1:{port}", "--passthrough", "always",
                       "--max-gop", "1", *WEB, defaults=False)
    sources.append(ffmpeg_sender(["-sc_threshold", "0", "-f", "mpegts",
                                  f"udp://127.0.0.1:{port}?pkt_size=1316"], group=300))
    program.wait_logged("stream-failed", "no key frame for more than 1 s", "retrying", within=20)
    assert answers(program)


@pytest.mark.timeout(60)
def test_the_end_of_a_remote_file_is_no_end_of_the_program(streamer: Callable[..., Program],
                                                           tmp_path: Path) -> None:
    """The stream ends, and the program goes on."""
    clip(tmp_path / "clip.mp4", 3, "-movflags", "+faststart")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        program = streamer("--input", f"http://127.0.0.1:{server.server_port}/clip.mp4",
                           "--segment-duration", "0.5",
                           "--playlist-length", "6", *WEB, defaults=False)
        program.wait_logged("ended", "the source has ended", within=30)
        pause(4, "the time in which players of a local file would play its window")
        assert "#EXT-X-ENDLIST" in get(program.port, "/live/video/playlist.m3u8").text
        assert answers(program) and not program.logged("stopping")
    finally:
        server.shutdown()
        server.server_close()
