# SPDX-License-Identifier: Apache-2.0
"""Processes of inputs that are killed, crash, stop, or grow."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.gaps import GapWatch
from harness.http1 import get
from harness.metrics import total
from harness.playlist import parse
from harness.program import Program, children, stop
from harness.waiting import wait_until
from test_hostile_sources import make
from test_isolation import ADMIN, advances, child, is_online, movie, parts, states


@pytest.fixture
def two(streamer: Callable[..., Program], tmp_path: Path) -> Callable[..., Program]:
    """Starts a server of a test picture, `good`, and of a movie, `bad`."""

    def run(**keys: object) -> Program:
        configuration = tmp_path / "streams.json"
        path = str(movie(tmp_path / "movie.ts"))
        configuration.write_text(json.dumps({
            "streams": [{"stream": "good", "testSrc": True, "resolution": "160x90"},
                        {"stream": "bad", "input": path, "loop": True, **keys}]
        }))
        program = streamer("-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0",
                           "--admin-token", ADMIN, defaults=False)
        wait_until(lambda: is_online(program.port, "bad"), 10, "the source")
        return program

    return run


@pytest.mark.parametrize("mode", ["auto", "never"])
@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGSTOP"])
def test_crash(two: Callable[..., Program], mode: str, name: str) -> None:
    """A killed or stopped process is replaced; its stream continues, the other has no gap."""
    program = two(passthrough=mode)
    port = program.port
    before = {stream: parts(port, stream) for stream in ("good", "bad")}
    header = parse(get(port, "/bad/video/playlist.m3u8").text).segments[0].map_uri
    first = child(program)
    with GapWatch(port, "good"):
        os.kill(first, getattr(signal, name))
        words = ["did not answer"] if name == "SIGSTOP" else [name]
        program.wait_logged("source-crashed", *words, stream="bad", within=15)
        wait_until(lambda: is_online(port, "bad"), 15, "the source again")
        # The segment that begins after the crash is complete.
        advances(port, "bad", 25, 15)
    assert parts(port, "bad") > before["bad"]
    assert total(port, "streamer_source_crashes_total", stream="bad") == 1
    playlist = parse(get(port, "/bad/video/playlist.m3u8").text)
    numbers = [int((segment.uri or "").split("segment")[1].split(".")[0])
               for segment in playlist.segments]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert {segment.map_uri for segment in playlist.segments} == {header}
    breaks = sum(segment.discontinuity for segment in playlist.segments)
    assert breaks == (1 if mode == "auto" else 0), playlist
    assert children(program) != [first]
    assert states([first]) == []
    assert stop(program) == 0, program.log_text()


def test_memory(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """A process that needs more memory than its limit ends, and the server goes on."""
    path = make(tmp_path / "large.mkv", "-f", "lavfi", "-i", "testsrc=s=4096x2304:r=5", "-t", "2",
                "-c:v", "mjpeg")
    configuration = tmp_path / "streams.json"
    configuration.write_text(json.dumps({
        "maxSourceMemory": 80,
        "streams": [{"stream": "good", "testSrc": True, "resolution": "160x90"},
                    {"stream": "bad", "input": str(path), "loop": True}]
    }))
    program = streamer("-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False)
    entry = program.wait_logged("out-of-memory", stream="bad", within=15)
    assert "80 MB (--max-source-memory)" in entry.message
    program.wait_logged("source-crashed", stream="bad")
    advances(program.port, "good", 5, 3)
    assert stop(program) == 0, program.log_text()
