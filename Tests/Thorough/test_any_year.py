# SPDX-License-Identifier: Apache-2.0
"""Any wall clock: before 1970, after 2038 and 2106, and steps of many years while it runs."""

from __future__ import annotations

import calendar
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.clockstep import ClockStep
from harness.http1 import get
from harness.program import Program, stop
from harness.tunein import PLAYLIST, fetch
from harness.waiting import wait_until

SECOND = 1_000_000_000


def until(year: int) -> int:
    """Nanoseconds from now to the start of a year."""
    return (calendar.timegm((year, 1, 1, 0, 0, 0)) - int(time.time())) * SECOND


def advances(program: Program) -> None:
    """Waits for two further segments, and reads every document of the stream."""
    first = fetch(program.port).last_part
    wait_until(lambda: fetch(program.port).last_part >= (first[0] + 2, 0), 10, "two segments")
    for path in ("/live/manifest.mpd", "/live/playlist.m3u8", "/live/chunked.m3u8",
                 "/timestamps.json", "/metrics", "/isotime"):
        assert get(program.port, path).status == 200, path


@pytest.mark.parametrize("year", [1903, 1969, 1970, 2036, 2107, 2261])
def test_the_program_starts_in_any_year(year: int, streamer: Callable[..., Program],
                                        tmp_path: Path) -> None:
    """Playlists, MPD and metrics are served, and SIGTERM ends the program with status 0."""
    clock = ClockStep(tmp_path)
    clock.set(until(year))
    program = streamer("--resolution", "320x180", env=clock.env)
    advances(program)
    date = get(program.port, PLAYLIST).headers["date"]
    assert f" {year} " in date or f" {year - 1} " in date, date
    assert stop(program) == 0, program.log_text()


def test_steps_of_many_years_change_nothing_for_viewers(streamer: Callable[..., Program],
                                                        tmp_path: Path) -> None:
    """The stream continues after steps between 1969 and 2200, and ends with status 0."""
    clock = ClockStep(tmp_path)
    program = streamer("--resolution", "320x180", env=clock.env)
    for year in (2200, 1969, 2107, 1990):
        clock.set(until(year))
        wait_until(lambda: get(program.port, PLAYLIST).status == 200, 10, f"a playlist in {year}")
        before = fetch(program.port).last_part
        wait_until(lambda: fetch(program.port).last_part > before, 10, f"a part in {year}")
    assert stop(program) == 0, program.log_text()
