# SPDX-License-Identifier: Apache-2.0
"""SIGUSR2 without a supervisor: a server leaves its streams to another one between two segments."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable

import pytest

from harness.http1 import Connection
from harness.program import Program
from harness.tunein import align

BASE = "/live/video/"


@pytest.mark.parametrize("part", [9, 4], ids=["at-the-end", "within"])
def test_a_server_leaves_between_two_segments(part: int, streamer: Callable[..., Program]) -> None:
    """A segment becomes complete, it and its parts stay, and all that is later is refused."""
    program = streamer("--resolution", "320x180", "--bitrate", "300")
    align(program.port, part)
    os.kill(program.pid, signal.SIGUSR2)
    found = re.search(r"segment (\d+)", program.wait_logged("handover").message)
    assert found
    next_one = int(found[1])
    last = f"{BASE}segment{next_one - 1}"
    with Connection(program.port) as viewer, Connection(program.port) as held:
        parts = [viewer.get(f"{last}.{index}.m4s") for index in range(10)]
        assert [answer.status for answer in parts] == [200] * 10
        held.send(f"{BASE}playlist.m3u8?_HLS_msn={next_one}&_HLS_part=0")
        refused = [viewer.get(f"{BASE}segment{next_one}.0.m4s"), held.read()]
        assert [answer.held_ms for answer in refused] == [None, None], "refused at once"
        refused += [viewer.get(path) for path in (f"{BASE}playlist.m3u8", "/live/manifest.mpd",
                                                  f"{BASE}segment{next_one}.m4s")]
        for answer in refused:
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
            assert answer.text == "another server continues the stream\n"
        assert viewer.get("/ready").status == 503
        assert viewer.get(f"{last}.m4s").body == b"".join(answer.body for answer in parts)
    assert program.process.wait(5) == 0
