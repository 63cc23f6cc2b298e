# SPDX-License-Identifier: Apache-2.0
"""The Periods of the MPD of the past stay, from the first request on."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import pasthours
from harness.http1 import get
from harness.program import Program, stop
from harness.waiting import pause

FLAGS = ("--resolution", "320x180", "--bitrate", "150", "--audio", "tone")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("gap", [0, 2])
def test_no_period_vanishes(gap: int, tmp_path: Path, streamer: Callable[..., Program]) -> None:
    """Requests every 50 ms while the archive is opened, and while it gets the first segments."""
    program = streamer(*FLAGS)
    tracks = pasthours.record(program)
    stop(program)
    now = int(time.time())
    pasthours.write(tmp_path, tracks, now - 300, now + 1 - gap, range(now - 200, now - 60))
    program = streamer(*FLAGS, "--archive", str(tmp_path), "--dvr", "1h")
    listed: list[str] = []
    history: list[list[str]] = []
    end = time.monotonic() + 6
    while time.monotonic() < end:
        response = get(program.port, "/live/dvr.mpd")
        if response.status == 200:
            ids = re.findall(r'<Period id="([^"]*)"', response.text)
            if ids != listed:
                history.append(ids)
            assert [each for each in ids if each in listed] == listed, history
            listed = ids
        pause(0.05, "the lists of the first seconds are compared")
    # Two runs of the archive and the stream, which may continue the second one.
    assert listed[:2] == [f"p{now - 300}", f"p{now - 60}"] and len(listed) <= 3, history
