# SPDX-License-Identifier: Apache-2.0
"""A line that carried nothing for seconds: the server's next attempt is at most a second away."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.lossyline import ADDRESS, line
from harness.ownnetwork import in_own_network
from harness.program import start, stop
from harness.tools import ROOT
from harness.waiting import pause

SILENCE = 5.5  # with doubled timeouts, attempts would be about 3.6 and 7.4 s after its start
GREATEST = 1.0  # TCP_RTO_MAX_MS
RTO_MAX = 44  # TCP_RTO_MAX_MS of linux/tcp.h
VIEWER = """
import sys, time
from harness.websocket import Media, Socket
with Socket(int(sys.argv[2]), "/live/ws", host=sys.argv[1], timeout=20) as viewer:
    viewer.send({"t": "hello", "v": 1})
    viewer.send({"t": "subscribe", "start": "live"})
    while True:
        if isinstance(viewer.next(), Media):
            print(time.monotonic(), flush=True)
"""


def has_option() -> bool:
    """Whether the kernel bounds the timeout."""
    with socket.socket() as asked:
        try:
            asked.setsockopt(socket.IPPROTO_TCP, RTO_MAX, 1000)
        except OSError:
            return False
    return True


def seconds_until_media(folder: Path) -> float:
    """The time from the end of a silence to the next media of a WebSocket that stays open."""
    with line(folder) as path:
        program = start(["--host", ADDRESS, "--http-port", "0", "--test-src", "--resolution",
                         "320x180", "--bitrate", "200"], defaults=False)
        try:
            path.set(delay=0.02)
            with subprocess.Popen([*path.far, sys.executable, "-c", VIEWER, ADDRESS,
                                   str(program.port)], stdout=subprocess.PIPE, text=True,
                                  cwd=ROOT / "Tests") as viewer:
                try:
                    assert viewer.stdout is not None
                    for _ in range(60):
                        assert viewer.stdout.readline(), "the viewer has ended"
                    path.set(loss=1, delay=0.02)
                    pause(SILENCE, "the line carries nothing")
                    path.set(delay=0.02)
                    end = time.monotonic()
                    while text := viewer.stdout.readline():
                        if float(text) > end:
                            return float(text) - end
                    raise AssertionError("the viewer has ended")
                finally:
                    viewer.kill()
        finally:
            stop(program)


@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces and tun devices need root")
@pytest.mark.skipif(not has_option(), reason="the kernel has no TCP_RTO_MAX_MS")
def test_media_continue_within_a_second_after_a_silence(tmp_path: Path) -> None:
    """Attempts of the kernel are at most GREATEST apart: RFC 6298 (5.5) doubles them otherwise."""
    late = in_own_network(lambda: seconds_until_media(tmp_path))
    print(f"{late:.2f} s after the silence")
    assert late < GREATEST + 0.4
