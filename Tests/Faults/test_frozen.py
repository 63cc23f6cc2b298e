# SPDX-License-Identifier: Apache-2.0
"""The program itself is frozen: it catches up, or is replaced."""

from __future__ import annotations

import os
import signal
import time

import pytest

from harness.follower import check_undisturbed
from harness.http1 import Connection, get
from harness.program import Program
from harness.tunein import PLAYLIST, align, fetch
from harness.waiting import pause, wait_until


@pytest.mark.timeout(90)
def test_frozen_server_catches_up(streamer) -> None:
    """SIGSTOP of the streamer for three seconds: it catches up, and held requests are answered."""
    program: Program = streamer("--resolution", "640x360")
    parent = align(program.port, 3).last_part[0]
    with Connection(program.port) as connection:
        connection.send(f"{PLAYLIST}?_HLS_msn={parent}&_HLS_part=9")
        os.kill(program.pid, signal.SIGSTOP)
        pause(3, "the duration of the freeze")
        os.kill(program.pid, signal.SIGCONT)
        assert connection.read().status in (200, 503)
    # Numbers follow the clock: the newest complete segment is that of the second before this one.
    wait_until(lambda: fetch(program.port).last_complete >= int(time.time()) - 2, 30,
               "the stream is at the clock again")
    check_undisturbed(program)


@pytest.mark.timeout(60)
def test_frozen_program_is_replaced(streamer) -> None:
    """Under --supervise, a program without a sign of life for 10 s is killed and restarted."""
    program: Program = streamer("--supervise", "--resolution", "160x90")
    frozen = int(program.wait_logged("supervisor", "was started").message.split()[1])
    # A process that is not ready yet has two minutes. The second sign of life says that it is.
    program.wait_logged("live", "playable")
    os.kill(frozen, signal.SIGSTOP)
    program.wait_logged("supervisor", f"process {frozen}: no sign of life for 10 s", within=30)
    program.wait_logged("supervisor", "was started", count=2, within=20)
    assert get(program.port, "/live/playlist.m3u8").status == 200
