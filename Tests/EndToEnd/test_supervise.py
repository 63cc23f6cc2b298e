# SPDX-License-Identifier: Apache-2.0
"""A program under `--supervise` is restarted and replaced while its ports stay open."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.http1 import get
from harness.program import Program
from harness.tools import streamer_binary
from harness.waiting import pause, wait_until

SMALL = ["--test-src", "--resolution", "160x90", "--host", "127.0.0.1", "--http-port", "0"]


def child(program: Program) -> int:
    """The process id in the newest log line about a start."""
    return int(program.wait_logged("supervisor", "was started").message.split()[1])


@contextmanager
def requests(port: int) -> Iterator[list[int]]:
    """Requests a playlist all the time, each on a new connection; gives the statuses."""
    statuses: list[int] = []
    done = threading.Event()

    def run() -> None:
        while not done.is_set():
            try:
                statuses.append(get(port, "/live/playlist.m3u8").status)
            except OSError:
                statuses.append(0)
            pause(0.02, "the rate of the requests")

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield statuses
    finally:
        done.set()
        thread.join()


def test_a_killed_program_is_restarted_on_the_same_ports(
        streamer: Callable[..., Program]) -> None:
    """After SIGKILL a new process has the ports, and no connection is refused meanwhile."""
    program = streamer("--supervise", *SMALL, "--self-signed", "--https-port", "0",
                       "--rtmp", "127.0.0.1:0", defaults=False)
    program.wait_logged("listening", count=3)
    ports = [entry.message for entry in program.logged("listening")]
    first = child(program)
    os.kill(first, signal.SIGKILL)
    assert get(program.port, "/live/playlist.m3u8").status == 200
    program.wait_logged("supervisor", f"process {first}", "SIGKILL", "starts in 100 ms")
    second = int(program.wait_logged("supervisor", "was started", count=2).message.split()[1])
    assert second != first
    program.wait_logged("listening", count=6)
    assert [entry.message for entry in program.logged("listening")][3:] == ports


def test_a_replaced_program_refuses_no_request(streamer: Callable[..., Program]) -> None:
    """SIGUSR2 starts a new process, which serves before the old one leaves."""
    program = streamer("--supervise", *SMALL, defaults=False)
    first = child(program)
    with requests(program.port) as statuses:
        wait_until(lambda: len(statuses) > 5, 5, "requests")
        program.process.send_signal(signal.SIGUSR2)
        second = int(program.wait_logged("supervisor", "was started", count=2).message.split()[1])
        program.wait_logged("supervisor", f"process {second} serves")
        wait_until(lambda: not os.path.exists(f"/proc/{first}"), 5, "the end of the old process")
        before = len(statuses)
        wait_until(lambda: len(statuses) > before + 5, 5, "requests")
    # A request that the old process had read may be cut when it leaves.
    assert len([status for status in statuses if status != 200]) <= 1, statuses
    assert os.path.exists(f"/proc/{second}")


def test_the_end_reaches_the_program(streamer: Callable[..., Program]) -> None:
    """SIGTERM of the parent ends the streams and both processes, with status 0."""
    program = streamer("--supervise", *SMALL, defaults=False)
    process = child(program)
    # A program that does not listen yet has no streams to end.
    program.wait_logged("listening")
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(10) == 0
    assert not os.path.exists(f"/proc/{process}")
    program.wait_logged("stopping")


def test_the_program_leaves_with_its_parent(streamer: Callable[..., Program]) -> None:
    """A parent that is killed leaves no process behind."""
    program = streamer("--supervise", *SMALL, defaults=False)
    process = child(program)
    program.process.kill()
    program.process.wait(10)
    wait_until(lambda: not os.path.exists(f"/proc/{process}"), 10, "the end of the program")


def test_wrong_settings_end_the_parent() -> None:
    """Wrong settings end the parent with status 2 and one line, before it starts anything."""
    made = subprocess.run(
        [str(streamer_binary()), "--supervise", *SMALL, "--self-signed", "--https-port", "0",
         "--encoder", "no-such-encoder"], capture_output=True, text=True, timeout=20)
    assert made.returncode == 2, made.stderr
    assert made.stderr.count("\n") == 1 and "no-such-encoder" in made.stderr
