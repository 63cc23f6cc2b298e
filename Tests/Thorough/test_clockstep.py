# SPDX-License-Identifier: Apache-2.0
"""Steps of the wall clock: announced once; numbers never fall; the stream continues (PL-21)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from harness.clockstep import ClockStep
from harness.http1 import get
from harness.playlist import Playlist
from harness.program import Program
from harness.tunein import PLAYLIST, fetch, next_segments
from harness.waiting import pause

SECOND = 1_000_000_000


def follow(program: Program, seconds: float) -> list[Playlist]:
    """The playlists of the next `seconds`, one per 100 ms."""
    found, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        found.append(fetch(program.port))
        pause(0.1, "the sampling rate of the playlists")
    return found


def marks(playlists: list[Playlist]) -> set[int]:
    """Numbers of segments with EXT-X-DISCONTINUITY, open ones included."""
    listed = [s for p in playlists for s in (*p.segments, p.open_segment) if s]
    return {segment.msn for segment in listed if segment.discontinuity}


def shift_at(playlists: list[Playlist], msn: int) -> float:
    """Milliseconds by which PROGRAM-DATE-TIME jumps at segment `msn`."""
    listed = {s.msn: s for p in playlists for s in p.segments}
    before = max(n for n in listed if n < msn and not listed[n].gap)
    skipped = sum(float(listed[n].duration) for n in range(before, msn) if n in listed)
    return listed[msn].milliseconds() - listed[before].milliseconds() - skipped * 1000


def never_back(playlists: list[Playlist]) -> None:
    """Sequence numbers and live edge never fall; constants stay."""
    for before, after in zip(playlists, playlists[1:]):
        assert after.media_sequence >= before.media_sequence
        assert after.last_part >= before.last_part
        assert int(after.tags["EXT-X-DISCONTINUITY-SEQUENCE"]) >= int(
            before.tags["EXT-X-DISCONTINUITY-SEQUENCE"])
        assert after.tags["EXT-X-SERVER-CONTROL"] == before.tags["EXT-X-SERVER-CONTROL"]
        numbers = [segment.msn for segment in after.segments]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert all(f"segment{s.msn}." in str(s.uri) for s in after.segments)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("step_ms", [200, -200], ids=["+200ms", "-200ms"])
def test_small_step_is_one_discontinuity(step_ms: int, streamer, tmp_path: Path) -> None:
    """Beyond ±50 ms: one EXT-X-DISCONTINUITY with the new date; media time continues."""
    clock = ClockStep(tmp_path)
    program = streamer("--resolution", "320x180", env=clock.env)
    seen = follow(program, 1.5)
    assert not marks(seen)
    clock.set(step_ms * 1_000_000)
    seen += follow(program, 7)
    never_back(seen)
    found = marks(seen)
    assert len(found) == 1, f"announced {len(found)} times"
    assert shift_at(seen, found.pop()) == pytest.approx(step_ms, abs=25)
    edge = seen[-1]
    assert not any(segment.gap for segment in edge.segments)
    before = time.time() * 1000 + step_ms
    # The second one ends after the request.
    last = next_segments(program.port, 2).segments[-1]
    end = last.milliseconds() + float(last.duration) * 1000
    # A segment is complete up to a frame before its end.
    assert before < end <= time.time() * 1000 + step_ms + 35, "dates follow the stepped clock"


@pytest.mark.timeout(60)
def test_no_step_below_50_ms(streamer, tmp_path: Path) -> None:
    """A difference of 30 ms is not announced."""
    clock = ClockStep(tmp_path)
    program = streamer("--resolution", "320x180", env=clock.env)
    fetch(program.port)
    clock.set(30_000_000)
    assert not marks(follow(program, 3))


@pytest.mark.timeout(60)
def test_step_by_five_seconds_skips_to_the_wall_clock(streamer, tmp_path: Path) -> None:
    """Forwards by more than a segment: skips to the wall clock's number, with gaps between."""
    clock = ClockStep(tmp_path)
    program = streamer("--resolution", "320x180", env=clock.env)
    seen = follow(program, 1.5)
    before = seen[-1].last_complete
    clock.set(5 * SECOND)
    seen += follow(program, 7)
    never_back(seen)
    gaps = {s.msn for p in seen for s in p.segments if s.gap}
    assert 3 <= len(gaps) <= 6, f"gaps: {sorted(gaps)}"
    assert min(gaps) > before
    assert len(marks(seen)) == 1
    before = int(time.time()) + 5
    number = next_segments(program.port, 2).last_complete
    assert before <= number < time.time() + 5, "not at the wall's number"
    still = next(s for s in seen[-1].segments if s.gap) if any(
        s.gap for s in seen[-1].segments) else None
    if still:
        response = get(program.port, f"/live/video/{still.uri}")
        assert response.status == 200 and response.body[4:8] == b"styp" and len(response.body) < 100


@pytest.mark.timeout(60)
def test_step_back_by_an_hour_keeps_the_numbers(streamer, tmp_path: Path) -> None:
    """Backwards: numbers continue; the step is announced once."""
    clock = ClockStep(tmp_path)
    program = streamer("--resolution", "320x180", env=clock.env)
    seen = follow(program, 1.5)
    clock.set(-3600 * SECOND)
    seen += follow(program, 6)
    never_back(seen)
    assert len(marks(seen)) == 1
    assert seen[-1].last_complete > seen[0].last_complete + 4
    assert get(program.port, PLAYLIST + "?_HLS_msn=1").status == 200
