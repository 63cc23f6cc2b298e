# SPDX-License-Identifier: Apache-2.0
"""Processes of inputs that hang, are frozen, or crash one time after another."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.gaps import GapWatch
from harness.http1 import get
from harness.ports import free_port
from harness.preload import preloaded
from harness.program import Program, children, stop
from harness.sources import ffmpeg_sender
from harness.waiting import pause, wait_until
from test_hostile_sources import H264, VIDEO, make
from test_isolation import ADMIN, AUDIO, advances, child, is_online, movie  # noqa: F401
from test_process_crashes import two  # noqa: F401


@pytest.mark.parametrize(("function", "event", "within"), [
    ("avcodec_send_packet", "codec-hangs", 15), ("av_read_frame", "demuxer-hangs", 30),
])
def test_a_library_that_loops_for_ever_is_noticed(
        streamer: Callable[..., Program], tmp_path: Path, function: str, event: str,
        within: float) -> None:
    """Its process still sends counters, but is ended, and the other stream has no gap."""
    configuration = tmp_path / "streams.json"
    configuration.write_text(json.dumps({
        "streams": [{"stream": "good", "testSrc": True, "resolution": "160x90"},
                    {"stream": "bad", "input": str(movie(tmp_path / "movie.ts")), "loop": True,
                     "passthrough": "never"}]
    }))
    program = streamer(
        "-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0", defaults=False,
        env=preloaded("loopinglibrary", tmp_path, quoted=False, FUNCTION=function, AFTER=150))
    wait_until(lambda: is_online(program.port, "bad"), 10, "the source")
    with GapWatch(program.port, "good"):
        program.wait_logged(event, "has not returned for", stream="bad", within=within)
        program.wait_logged("source-crashed", stream="bad", within=3)
        advances(program.port, "bad", 5, 5)


@pytest.mark.parametrize("kind", ["udp", "pipe"])
def test_an_input_without_data_is_no_hang(streamer: Callable[..., Program], tmp_path: Path,
                                          kind: str) -> None:
    """A read that waits for longer than a demuxer may take ends with the next data."""
    address = f"udp://127.0.0.1:{free_port()}"
    if kind == "pipe":
        address = str(tmp_path / "pipe")
        os.mkfifo(address)
    program = streamer("--input", address, "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False)
    target = f"{address}?pkt_size=1316" if kind == "udp" else f"file:{address}"
    sender = ffmpeg_sender(["-y", "-f", "mpegts", target])
    try:
        wait_until(lambda: is_online(program.port, "live"), 15, "the source")
        advances(program.port, "live", 3, 5)
        process = child(program)
        # The other end of a pipe stays open.
        sender.freeze()
        pause(17, "more than the 15 s of a demuxer, less than the 20 s of a silent source")
        # A pipe counts as present until its end.
        assert is_online(program.port, "live") == (kind == "pipe")
        assert child(program) == process
        sender.thaw()
        wait_until(lambda: is_online(program.port, "live"), 2.5, "the source, not opened again")
        advances(program.port, "live", 3, 5)
        assert child(program) == process
    finally:
        sender.kill()
    assert not program.logged("source-crashed") and not program.logged("demuxer-hangs")
    assert stop(program) == 0, program.log_text()


@pytest.mark.parametrize("mode", ["auto", "never"])
def test_a_server_that_does_not_read_is_no_hang(streamer: Callable[..., Program], tmp_path: Path,
                                                mode: str) -> None:
    """A process that waits to publish for longer than a codec may take goes on."""
    path = make(tmp_path / "noise.ts", *VIDEO, *AUDIO[:4], "-t", "10", "-vf",
                "noise=alls=100:allf=t", *H264, "-b:v", "4M", *AUDIO[4:])
    encoded = ["--bitrate", "4000"] if mode == "never" else []
    program = streamer("--input", str(path), "--loop", "--passthrough", mode, *encoded, "--host",
                       "127.0.0.1", "--http-port", "0", defaults=False,
                       env=preloaded("smallsocket", tmp_path))
    wait_until(lambda: is_online(program.port, "live"), 10, "the source")
    advances(program.port, "live", 5, 5)
    process = child(program)
    os.kill(program.pid, signal.SIGSTOP)
    pause(7, "the socket is soon full, and a codec may take 4 s")
    os.kill(program.pid, signal.SIGCONT)
    advances(program.port, "live", 5, 10)
    advances(program.port, "live", 5, 10)
    assert child(program) == process
    assert not program.logged("codec-hangs") and not program.logged("source-crashed")
    assert stop(program) == 0, program.log_text()


def test_a_freeze_of_server_and_process_is_no_crash(two: Callable[..., Program]) -> None:
    """A container that was paused for 3 s goes on with the same process."""
    program = two(passthrough="never")
    process = child(program)
    for _ in range(3):
        os.kill(program.pid, signal.SIGSTOP)
        os.kill(process, signal.SIGSTOP)
        pause(3, "more than the time after which a process is silent")
        # The order of waking is that which is the harder one.
        os.kill(program.pid, signal.SIGCONT)
        pause(0.1, "the server runs before its process")
        os.kill(process, signal.SIGCONT)
        advances(program.port, "bad", 3, 10)
    assert child(program) == process
    assert not program.logged("source-crashed")
    assert stop(program) == 0, program.log_text()


def test_five_crashes(two: Callable[..., Program]) -> None:
    """After five crashes within a minute the source is opened every 30 s, over slate."""
    program = two(passthrough="never")
    for count in range(5):
        wait_until(lambda: children(program), 5, "a process")
        os.kill(child(program), signal.SIGKILL)
        program.wait_logged("source-crashed", stream="bad", count=count + 1)
    program.wait_logged("source-crashed", "every 30", stream="bad")
    advances(program.port, "bad", 10, 12)
    wait_until(lambda: not is_online(program.port, "bad"), 8, "the end of its frames")
    streams = json.loads(get(program.port, "/api/streams",
                             headers={"Authorization": f"Bearer {ADMIN}"}).text)
    bad = next(stream for stream in streams if stream["stream"] == "bad")
    assert bad["sourceCrashes"] == 5 and 10 <= bad["sourceRetry"] <= 30
    assert stop(program) == 0, program.log_text()
