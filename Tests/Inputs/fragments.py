# SPDX-License-Identifier: Apache-2.0
"""The times of the samples in fragmented MP4, in the form that players read them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

from harness.boxes import boxes, default_duration, find, tfdt_ticks, timescale


@dataclass(frozen=True)
class Times:
    """Decode and presentation time of a sample, and its duration, in seconds of media time."""

    dts: Fraction
    pts: Fraction
    duration: Fraction


def sample_times(header: bytes, media: bytes) -> list[Times]:
    """The times of all samples, in decoding order."""
    scale, usual = timescale(header), default_duration(header)
    found: list[Times] = []
    for box in boxes(media):
        if box.kind == "moof":
            for traf in find(box.body, "traf"):
                found += _track_times(traf, usual, scale)
    return found


def _track_times(traf: bytes, usual: int, scale: int) -> list[Times]:
    inner = list(boxes(traf))
    header = next(box.body for box in inner if box.kind == "tfhd")
    found: list[Times] = []
    flags = int.from_bytes(header[1:4])
    if flags & 8:
        usual = struct.unpack_from(">I", header, 8 + 8 * (flags & 1) + 4 * bool(flags & 2))[0]
    clock = tfdt_ticks(next(box.body for box in inner if box.kind == "tfdt"))
    for run in (box.body for box in inner if box.kind == "trun"):
        flags, count = int.from_bytes(run[1:4]), struct.unpack_from(">I", run, 4)[0]
        at = 8 + 4 * bool(flags & 1) + 4 * bool(flags & 4)
        for _ in range(count):
            duration, offset = usual, 0
            if flags & 0x100:
                duration = struct.unpack_from(">I", run, at)[0]
            at += 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400))
            if flags & 0x800:
                offset = struct.unpack_from(">i" if run[0] else ">I", run, at)[0]
                at += 4
            found.append(Times(Fraction(clock, scale), Fraction(clock + offset, scale),
                               Fraction(duration, scale)))
            clock += duration
    return found
