# SPDX-License-Identifier: Apache-2.0
"""Readers of motion JPEG that are slow, or take nothing."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from harness.http1 import Connection
from harness.metrics import total
from harness.program import Program
from harness.tunein import edge
from harness.waiting import wait_until
from test_motion_jpeg import clock, pictures_of, read, wait_live


@pytest.mark.timeout(60)
def test_slow_reader_misses_pictures_and_costs_others_nothing(server: Program) -> None:
    """A reader that pauses continues with whole pictures; the others have theirs."""
    wait_live(server)
    with Connection(server.port) as slow:
        slow.send("/live/stream.mjpeg")
        response = slow.read_head(time.monotonic() + 10)
        arrivals, body = read(server, "/live/stream.mjpeg", 4)
        assert len(pictures_of(body)) >= 15 and len(arrivals) >= 15
        before = edge(server.port)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            slow.read_piece(response, end + 5)
        shown = [clock(picture) for picture in pictures_of(
            b"".join(data for _, data in response.pieces))]
    assert shown == sorted(set(shown)) and shown[-1] > before, "no picture of after the pause"


@pytest.mark.timeout(90)
def test_reader_that_takes_nothing_is_cut(streamer: Callable[..., Program]) -> None:
    """It holds one picture in memory, and is cut as other readers that stall."""
    program = streamer("--resolution", "1280x720", "--bitrate", "1500")
    wait_live(program)
    with socket.socket() as stalled:
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.connect(("127.0.0.1", program.port))
        stalled.sendall(b"GET /live/stream.mjpeg HTTP/1.1\r\nHost: x\r\n\r\n")
        kept = []

        def is_cut() -> bool:
            kept.append(total(program.port, "streamer_past_media_bytes"))
            return total(program.port, "streamer_connection_faults_total", reason="stalled") == 1

        wait_until(is_cut, 60, "the end of the reader")
    assert 0 < max(kept) < 200_000, kept
