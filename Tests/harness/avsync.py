# SPDX-License-Identifier: Apache-2.0
"""Measures audio against video by flash and beep: the test source marks each UTC second with both.

The offset of second s is the time of the first flash frame, less (its burned clock − s), less the
time at which the beep starts. The correction removes the phase of the frame grid. A positive offset
means that the audio is early.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.frames import STRIP_BYTES, strip_clock
from harness.tools import decoder

# The flash covers 7/16 to 9/16 of the width and 35 to 53 % of the height; its centre is enough.
FLASH = "crop=iw/16:ih/20:iw*15/32:ih*46/100,scale=4:4:flags=area"
FLASH_BYTES = 4 * 4
LOUD = 0.125
RATE = 48_000


@dataclass(frozen=True)
class Mark:
    """The flash and the beep of one whole second, on the media timeline, in seconds."""

    second: int
    flash: float
    beep: float

    @property
    def offset(self) -> float:
        """Seconds from the beep to the flash; positive if the audio is early."""
        return self.flash - self.beep


def _ffmpeg(source: bytes | Path | str, arguments: list[str]) -> tuple[bytes, str]:
    given = source if isinstance(source, bytes) else None
    command = [decoder("offset of video and audio"), "-v", "info", "-nostats", "-copyts",
               "-i", "-" if given is not None else str(source), *arguments]
    run = subprocess.run(command, input=given,
                         stdin=None if given is not None else subprocess.DEVNULL,
                         capture_output=True, timeout=60)
    log = run.stderr.decode(errors="replace")
    assert run.returncode == 0, log[-800:]
    return run.stdout, log


def _ticks(log: str, filter_name: str) -> list[int]:
    """The time of each frame, in ticks: the seconds of showinfo have six digits only."""
    lines = [line for line in log.splitlines() if f"Parsed_{filter_name}_" in line]
    return [
        int(found[1]) for line in lines if (found := re.search(r"\bn: *\d+ pts: *(-?\d+)", line))
    ]


def _video_times(log: str) -> list[float]:
    base = re.search(r"config in time_base: (\d+)/(\d+)", log)
    assert base, log[-800:]
    return [tick * int(base[1]) / int(base[2]) for tick in _ticks(log, "showinfo")]


def flashes(video: bytes | Path | str) -> dict[int, float]:
    """The media time of each second whose first flash frame was preceded by a dark frame.

    `video` is a file, a URL, or the bytes of a CMAF header and media.
    """
    graph = (
        "[0:v:0]showinfo,split[a][b];"
        "[a]crop=iw:trunc(ih/18)*2:0:0,scale=256:16:flags=area,format=gray,scale=256:16[strip];"
        f"[b]{FLASH},format=gray,scale=256:1:flags=neighbor[flash];"
        "[strip][flash]vstack[out]")
    data, log = _ffmpeg(video, [
        "-filter_complex", graph, "-map", "[out]", "-fps_mode", "passthrough", "-pix_fmt", "gray",
        "-f", "rawvideo", "-"
    ])
    size = STRIP_BYTES + 256
    times = _video_times(log)
    assert len(data) == len(times) * size, f"{len(times)} times for {len(data) / size} frames"
    found: dict[int, float] = {}
    was_dark = False
    for place, time in enumerate(times):
        frame = data[place * size : (place + 1) * size]
        clock = strip_clock(frame[:STRIP_BYTES])
        bright = float(np.frombuffer(frame[STRIP_BYTES:], np.uint8).mean()) > 128
        if bright and was_dark and clock is not None:
            second = clock // 1000
            found[second] = time - (clock - second * 1000) / 1000
        was_dark = not bright
    return found


def timed_clocks(video: bytes | Path | str) -> list[tuple[float, int | None]]:
    """The media time and the burned clock of each frame, in the order of decoding."""
    filters = "showinfo,crop=iw:trunc(ih/18)*2:0:0,scale=256:16:flags=area"
    data, log = _ffmpeg(video, ["-map", "0:v:0", "-vf", filters, "-fps_mode", "passthrough",
                                "-pix_fmt", "gray", "-f", "rawvideo", "-"])
    strips = [data[place:place + STRIP_BYTES] for place in range(0, len(data), STRIP_BYTES)]
    return list(zip(_video_times(log), map(strip_clock, strips), strict=True))


def samples_of(audio: bytes | Path | str, track: int = 0) -> tuple[float, np.ndarray]:
    """The media time of the first sample, and all samples of the first channel at 48 kHz."""
    filters = f"pan=mono|c0=c0,aresample={RATE},asettb=1/{RATE},ashowinfo"
    data, log = _ffmpeg(audio, ["-map", f"0:a:{track}", "-af", filters, "-f", "f32le", "-"])
    ticks = _ticks(log, "ashowinfo")
    assert ticks, log[-800:]
    return ticks[0] / RATE, np.frombuffer(data, np.float32)


def beeps(audio: bytes | Path | str, track: int = 0) -> list[float]:
    """Media times at which a beep starts after at least 0.2 s of silence."""
    start, samples = samples_of(audio, track)
    return [start + place / RATE for place in onsets(samples)]


def onsets(samples: np.ndarray, rate: int = RATE) -> list[int]:
    """Indices of samples at which a loud part starts after at least 0.2 s of silence."""
    loud = np.flatnonzero(np.abs(samples) > LOUD)
    if loud.size == 0:
        return []
    gaps = np.diff(loud, prepend=0)
    return [int(place) for place in loud[gaps > rate // 5]]


def marks(video: bytes | Path | str, audio: bytes | Path | str) -> list[Mark]:
    """Every second with both its flash and its beep, at most half a second apart."""
    return matched(flashes(video), beeps(audio))


def matched(seen: dict[int, float], heard: list[float]) -> list[Mark]:
    """Every second with both its flash and its beep, at most half a second apart."""
    found = []
    for second, flash in sorted(seen.items()):
        nearest = min(heard, key=lambda beep: abs(beep - flash), default=None)
        if nearest is not None and abs(nearest - flash) < 0.5:
            found.append(Mark(second, flash, nearest))
    return found


def av_offset(video: bytes | Path | str, audio: bytes | Path | str) -> float:
    """The median offset of all seconds, in seconds; positive if the audio is early."""
    found = marks(video, audio)
    assert found, "no second has both flash and beep"
    return float(np.median([mark.offset for mark in found]))
