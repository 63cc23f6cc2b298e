# SPDX-License-Identifier: Apache-2.0
"""Material and results without an encoder, a program or a player, for tests of the laboratory."""

from __future__ import annotations

from samples import AUDIO, CLOCK, VIDEO, Material, Sample, Setup
from showing import Beep, Frame, Shown

RATE, GROUP = 25, 25
SECONDS = 12
PICTURE = Setup("h264", (b"\x67\x42\0\x1e", b"\x68"), 160, 90, RATE)
SOUND = Setup("aac", (b"\x11\x88",), rate=48_000, channels=1)


def material(seconds: int = SECONDS) -> Material:
    """Frames at 25 per second with a key frame each second, and AAC frames of 1920 ticks."""
    video = [Sample(VIDEO, at := number * CLOCK // RATE, at, (bytes([5 if number % GROUP == 0
                                                                     else 1]),),
                    at, PICTURE, number, is_key=number % GROUP == 0)
             for number in range(RATE * seconds)]
    audio = [Sample(AUDIO, at := index * 1920, at, (b"audio",), at, SOUND)
             for index in range(seconds * CLOCK // 1920)]
    return Material(()).ordered([*video, *audio])


def shown(numbers: list[int | None], late: float = 0, drift: float = 0) -> Shown:
    """Frames of these numbers at their times, and beeps that are late, and drift per second."""
    frames, at = [], -1
    for number in numbers:
        at = max(at + 1, number or 0)
        frames.append(Frame(number, 1000 + at / RATE, 0))
    beeps = [Beep(1000 + second + late + drift * second, 0)
             for second in range(1, len(numbers) // RATE)]
    return Shown(frames, beeps, segments=len(numbers) // GROUP, has_audio=True,
                 first_sound=0)
