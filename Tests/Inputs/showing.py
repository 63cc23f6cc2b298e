# SPDX-License-Identifier: Apache-2.0
"""Decodes a recording as a player does: frames with number and time, and beeps."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from follow import Followed, Kept, Recording
from fragments import Times, sample_times
from harness.avsync import LOUD, onsets
from harness.tools import decoder
from picture import read_numbers

# The largest error of rounded times, in seconds.
MOST_HOLE = 0.002
# The start of a run in which a beep may have begun before it.
BEGIN_SECONDS = 0.08


@dataclass(frozen=True)
class Frame:
    """A decoded frame: its number, its presentation time in seconds, and its period.

    `segment` is the number of its segment, and `offset` its time within it in seconds.
    """

    number: int | None
    time: float
    period: int
    segment: int = 0
    offset: float = 0


@dataclass(frozen=True)
class Beep:
    """The start of a beep in seconds of media time, and its period, as those of a frame."""

    time: float
    period: int
    segment: int = 0
    offset: float = 0


@dataclass(frozen=True)
class Decoded:
    """The media of a run, and the number of the frame at each presentation time."""

    header: bytes
    media: bytes
    numbers: dict[Fraction, int | None]

    def of(self, header: bytes, media: bytes) -> list[Frame] | None:
        """The frames of a part of the media; None if the bytes are others, or cannot begin there.

        Key frames of open groups have frames before them that refer to the group before.
        """
        if header != self.header or media not in self.media:
            return None
        times = [one.pts for one in sample_times(header, media)]
        if any(time < times[0] for time in times):
            return None
        return [Frame(self.numbers[time], float(time), 0) for time in sorted(times)]


@dataclass
class Shown:
    """All that was shown; a run has one header, and ends at a Discontinuity or a gap.

    `faults` are the lines of the decoder, and runs whose frames are not those of the samples.
    """

    frames: list[Frame] = field(default_factory=list)
    beeps: list[Beep] = field(default_factory=list)
    # The beeps, and those with which a run begins: they have no silence before them.
    heard: list[Beep] = field(default_factory=list)
    discontinuities: int = 0
    gaps: int = 0
    segments: int = 0
    faults: list[str] = field(default_factory=list)
    # The time from the first to the last sample of the audio that a run has, and its holes.
    holes: list[float] = field(default_factory=list)
    has_audio: bool = False
    # The time from the start of the audio to its first sound; None without any.
    first_sound: float | None = None
    decoded: list[Decoded] = field(default_factory=list)


def runs(followed: Followed) -> list[list[Kept]]:
    """Consecutive segments with one header and without a Discontinuity between them."""
    found: list[list[Kept]] = []
    before: Kept | None = None
    for _, segment in sorted(followed.segments.items()):
        if segment.is_gap or not segment.media:
            before = None
            continue
        if before is None or segment.is_discontinuous or segment.header != before.header \
                or segment.number != before.number + 1:
            found.append([])
        found[-1].append(segment)
        before = segment
    return found


def shown(recording: Recording) -> Shown:
    """Decodes a recording, each run with the header that the playlist states."""
    found = Shown()
    video = recording.renditions.get("video")
    if video is None:
        return found
    listed = [segment for _, segment in sorted(video.segments.items())]
    found.segments = len(listed)
    found.gaps = sum(segment.is_gap for segment in listed)
    # The first listed segment may have a Discontinuity before it, which no player notices.
    found.discontinuities = sum(segment.is_discontinuous for segment in listed[1:])
    for run in runs(video):
        _show_video(found, recording, run)
    audio = recording.renditions.get("audio")
    if audio is not None:
        found.has_audio = True
        for run in runs(audio):
            _show_audio(found, recording, run)
    return found


def holes_of(times: list[Times]) -> list[float]:
    """The times without a sample between those of a run of audio, in seconds."""
    holes = [float(after.dts - one.dts - one.duration) for one, after in zip(times, times[1:])]
    return [hole for hole in holes if abs(hole) > MOST_HOLE]


def _show_video(found: Shown, recording: Recording, run: list[Kept]) -> None:
    header, media = recording.headers[run[0].header], b"".join(one.media for one in run)
    numbers, lines = read_numbers(header + media)
    times = sorted(one.pts for one in sample_times(header, media))
    found.faults += [f"video {run[0].number}: {line}" for line in lines[:3]]
    if len(times) != len(numbers):
        found.faults.append(f"video {run[0].number}–{run[-1].number}: {len(times)} samples, "
                            f"{len(numbers)} frames")
    elif not lines and len(set(times)) == len(times):
        found.decoded.append(Decoded(header, media, dict(zip(times, numbers))))
    starts = {one.pts: segment for segment in run for one in sample_times(header, segment.media)}
    begins = {segment: time for time, segment in reversed(sorted(
        (time, segment.number) for time, segment in starts.items()))}
    found.frames += [Frame(number, float(time), run[0].period, starts[time].number,
                           float(time - begins[starts[time].number]))
                     for number, time in zip(numbers, times)]


def _show_audio(found: Shown, recording: Recording, run: list[Kept]) -> None:
    header, media = recording.headers[run[0].header], b"".join(one.media for one in run)
    times = sample_times(header, media)
    command = [decoder("beeps of media"), "-v", "info", "-nostats", "-threads", "1", "-i", "-",
               "-map", "0:a:0", "-ac", "1", "-f", "s16le", "-"]
    done = subprocess.run(command, input=header + media, capture_output=True, timeout=60)
    log = done.stderr.decode(errors="replace")
    rate = re.search(r"Audio:.*?, (\d+) Hz", log)
    if not rate or not times or done.returncode:
        found.faults.append(f"audio {run[0].number}: {log[-300:]}")
        return
    hertz = int(rate[1])
    start = float(times[0].pts)
    found.holes += holes_of(times)
    wave = np.frombuffer(done.stdout, "<i2").astype(np.float32) / 32768
    if run[0] is next(iter(runs(recording.renditions["audio"])))[0]:
        loud = np.flatnonzero(np.abs(wave) > LOUD)
        found.first_sound = float(loud[0]) / hertz if loud.size else None
    begins = [(float(sample_times(header, one.media)[0].pts), one.number) for one in run]

    def beep(time: float) -> Beep:
        begin, number = next((one for one in reversed(begins) if one[0] <= time), begins[0])
        return Beep(time, run[0].period, number, time - begin)

    new = [beep(start + at / hertz) for at in onsets(wave, hertz)]
    found.beeps += new
    begun = np.flatnonzero(np.abs(wave[:round(BEGIN_SECONDS * hertz)]) > LOUD)
    found.heard += [*([beep(start)] if begun.size else []), *new]
