# SPDX-License-Identifier: Apache-2.0
"""The process of stills: killed, replaced, and ended when idle."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.metrics import total
from harness.procfs import descendants
from harness.program import Program
from harness.waiting import wait_until
from test_stills import clock, wait_live

CRASHES = 5
"""After as many crashes within half a minute stills pause for as long."""


def processes(program: Program) -> list[int]:
    """The processes of stills of a program."""
    found = []
    for pid in descendants(program.process.pid):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--still-process" in words:
            found.append(pid)
    return found


@pytest.mark.timeout(90)
def test_a_killed_process_is_replaced_and_an_idle_one_ends(
        streamer: Callable[..., Program]) -> None:
    """A process that was killed between two requests costs no request; after 10 s it ends."""
    program = streamer("--rendition", "640x360@700")
    assert not processes(program), "a process before the first request"
    wait_live(program)
    clock(get(program.port, "/live/snapshot.jpg"))
    [first] = processes(program)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: first not in descendants(program.process.pid), 5, "the end of the process")
    clock(get(program.port, f"/live/at/{time.time() - 0.6:.3f}.jpg"))
    [second] = processes(program)
    assert second != first
    wait_until(lambda: not processes(program), 40, "the end of the idle process")
    wait_until(lambda: total(program.port, "streamer_stills_running") == 0, 5, "the gauge")


@pytest.mark.timeout(120)
def test_late_stills_are_no_crashes(streamer: Callable[..., Program]) -> None:
    """A process that takes too long for a still is replaced, however often, without a pause."""
    program = streamer("--rendition", "640x360@700")
    wait_live(program)
    for count in range(1, CRASHES + 1):
        clock(get(program.port, f"/live/at/{time.time() - 0.6:.3f}.jpg"))
        [process] = processes(program)
        os.kill(process, signal.SIGSTOP)
        assert get(program.port, f"/live/at/{time.time() - 0.6:.3f}.jpg").status == 503
        wait_until(lambda count=count: total(program.port, "streamer_stills_late_total") == count,
                   5, "the count")
    clock(get(program.port, f"/live/at/{time.time() - 0.6:.3f}.jpg"))
    assert total(program.port, "streamer_stills_crashes_total") == 0
