# SPDX-License-Identifier: Apache-2.0
"""A source's process that the system cannot end costs only its own stream."""

from __future__ import annotations

import ctypes
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.gaps import GapWatch
from harness.http1 import get
from harness.program import Program, stop
from harness.waiting import wait_until
from test_isolation import advances, child, is_online, movie, states
from test_stopping import TOKEN, Deletion

PTRACE_SEIZE = 0x4206
WALL = 0x40000000


def test_a_process_that_does_not_end(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Another one replaces it, and other inputs start and end meanwhile."""
    path = str(movie(tmp_path / "movie.ts"))
    configuration = tmp_path / "streams.json"
    configuration.write_text(json.dumps({
        "adminToken": TOKEN,
        "streams": [{"stream": "good", "testSrc": True, "resolution": "160x90"},
                    {"stream": "bad", "input": path, "loop": True},
                    {"stream": "third", "input": path, "loop": True, "onDemand": True}]
    }))
    program = streamer("-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False)
    port = program.port
    wait_until(lambda: is_online(port, "bad"), 10, "the source")
    process = child(program)
    # The end of a traced process is seen by its tracer, and by its parent only after that.
    if ctypes.CDLL(None, use_errno=True).ptrace(PTRACE_SEIZE, process, None, None) != 0:
        pytest.skip(f"named: no right to trace a process: {os.strerror(ctypes.get_errno())}")
    try:
        with GapWatch(port, "good"):
            os.kill(process, signal.SIGKILL)
            assert get(port, "/third/playlist.m3u8", timeout=12).status == 200
            wait_until(lambda: is_online(port, "third"), 8, "the third stream")
            removal = Deletion(port, "/api/streams/third")
            assert removal.status(10) == 204
            program.wait_logged("source-crashed", "it does not end", stream="bad", within=4)
            wait_until(lambda: is_online(port, "bad"), 8, "the source again")
            advances(port, "bad", 5, 5)
            assert states([process]) == ["Z"]
    finally:
        os.waitpid(process, WALL)
    wait_until(lambda: states([process]) == [], 3, "the end of the process is noticed")
    assert stop(program) == 0, program.log_text()
