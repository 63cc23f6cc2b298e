# SPDX-License-Identifier: Apache-2.0
"""Follows the burned clock of a source through a streamer: continuity and delay of each frame."""

from __future__ import annotations

from dataclasses import dataclass

from harness.boxes import chunks, timescale
from harness.frames import clocks_of
from harness.recorder import Recording


@dataclass
class Frame:
    """One frame of the recording; seconds since 1970."""

    msn: int
    frame_time: float
    captured: float
    clock: float | None


def frames(found: Recording) -> list[Frame]:
    """All frames of the complete segments, in order; fails on a hole in the timeline."""
    init, segments = found.init(), found.segments()
    scale = timescale(init)
    numbers = sorted(segments)
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), f"numbers are missing: {numbers}"
    media = b"".join(segments[n][1] for n in numbers)
    clocks = clocks_of(init + media)
    places = [(n, chunk) for n in numbers for chunk in chunks(segments[n][1], init)]
    assert len(places) == len(clocks)
    for (_, one), (_, two) in zip(places, places[1:]):
        assert two.tfdt == one.tfdt + one.duration, "the timeline has a hole"
    return [Frame(n, c.tfdt / scale, (c.prft or 0) / 1e9, None if k is None else k / 1000)
            for (n, c), k in zip(places, clocks)]


def check_one_stream(found: Recording) -> None:
    """Checks for one CMAF header, no discontinuity, no gap, and numbers that rise."""
    assert not found.errors, found.errors
    assert len({s.map_uri for p in found.playlists for s in p.segments}) == 1, "the init changed"
    for playlist in found.playlists:
        assert "DISCONTINUITY\n" not in playlist.text and "GAP" not in playlist.text, \
            playlist.text
    firsts = [p.segments[0].msn for p in found.playlists]
    assert firsts == sorted(firsts)
    sequences = [p.last_part for p in found.playlists]
    assert sequences == sorted(sequences)


def repeated(shown: list[Frame]) -> int:
    """The number of frames with the same image as their predecessor."""
    return sum(one.clock == two.clock for one, two in zip(shown, shown[1:]))


def plays(shown: list[Frame]) -> list[list[Frame]]:
    """The frames of each play of a looped file, without repetitions of the last one."""
    found: list[list[Frame]] = [[]]
    for frame in shown:
        if found[-1] and (frame.clock or 0) < (found[-1][-1].clock or 0):
            found.append([])
        found[-1].append(frame)
    for play in found[:-1]:
        while len(play) > 1 and play[-1].clock == play[-2].clock:
            play.pop()
    return found


def lost(shown: list[Frame], period: float) -> int:
    """The number of frames of the source that are missing between the shown frames."""
    clocks = [f.clock for f in shown if f.clock is not None]
    return sum(
        max(0,
            round((two - one) / period) - 1) for one, two in zip(clocks, clocks[1:]) if two > one)
