# SPDX-License-Identifier: Apache-2.0
"""A supervisor such as systemd learns that the program is ready, runs, and stops."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.http1 import get
from harness.program import Program

SMALL = ["--test-src", "--resolution", "160x90", "--host", "127.0.0.1", "--http-port", "0"]


@pytest.fixture
def notices(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A socket for notices, and its path."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as found:
        found.bind(path)
        found.settimeout(5)
        yield found, path


def test_ready_alive_and_stopping(streamer: Callable[..., Program],
                                  notices: tuple[socket.socket, str]) -> None:
    """READY comes once, when requests are answered; WATCHDOG twice per interval; then STOPPING."""
    found, path = notices
    program = streamer(*SMALL, defaults=False,
                       env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "600000"})
    assert found.recv(100) == b"READY=1"
    assert get(program.port, "/live/playlist.m3u8").status == 200
    assert [found.recv(100) for _ in range(4)] == [b"WATCHDOG=1"] * 4
    program.process.send_signal(signal.SIGTERM)
    seen = {found.recv(100)}
    while b"STOPPING=1" not in seen:
        seen.add(found.recv(100))
    assert seen <= {b"WATCHDOG=1", b"STOPPING=1"}
    assert program.process.wait(10) == 0


def test_a_frozen_program_sends_no_sign_of_life(streamer: Callable[..., Program],
                                                notices: tuple[socket.socket, str]) -> None:
    """A program that is stopped by a signal is silent until it continues."""
    found, path = notices
    program = streamer(*SMALL, defaults=False,
                       env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
    assert found.recv(100) == b"READY=1" and found.recv(100) == b"WATCHDOG=1"
    program.process.send_signal(signal.SIGSTOP)
    found.settimeout(1)
    with pytest.raises(TimeoutError):
        for _ in range(3):
            found.recv(100)
    program.process.send_signal(signal.SIGCONT)
    assert found.recv(100) == b"WATCHDOG=1"
