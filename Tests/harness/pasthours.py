# SPDX-License-Identifier: Apache-2.0
"""An archive of hours, made in seconds: recorded segments repeated under earlier numbers.

The number of a segment is its time, so a repetition needs other decode times and nothing else.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.archive import complete
from harness.boxes import boxes
from harness.http1 import get
from harness.program import Program
from harness.waiting import wait_until

# Segments of one second have the same AAC frames every eight seconds at 48 kHz.
PERIOD = 8


@dataclass(frozen=True)
class Track:
    """The header and eight consecutive segments of a rendition, by number."""

    name: str
    hash: str
    header: bytes
    segments: dict[int, bytes]

    @property
    def timescale(self) -> int:
        """Ticks per second, from mdhd."""
        place = self.header.index(b"mdhd") + 4
        offset = 20 if self.header[place] == 1 else 12
        return struct.unpack_from(">I", self.header, place + offset)[0]


def record(program: Program, names: Iterable[str] = ("video", "audio")) -> list[Track]:
    """Fetches eight complete segments of each rendition of a stream with 1-s segments."""
    def newest(name: str) -> list[int] | None:
        numbers = sorted(complete(program, name))[-PERIOD:]
        return numbers if numbers and numbers == list(range(numbers[-1] - PERIOD + 1,
                                                            numbers[-1] + 1)) else None

    found = []
    for name in names:
        numbers = wait_until(lambda name=name: newest(name), 30, "eight segments without a gap")
        text = get(program.port, f"/live/{name}/playlist.m3u8").text
        header = next(line.split('"')[1] for line in text.splitlines() if "EXT-X-MAP" in line)
        found.append(Track(
            name, header[5:-4], get(program.port, f"/live/{name}/{header}").body,
            {number: get(program.port, f"/live/{name}/segment{number}.m4s").body
             for number in numbers}))
    return found


def shifted(segment: bytes, seconds: int, timescale: int) -> bytes:
    """The segment with all its times moved."""
    out = bytearray(segment)
    position = 0
    for box in boxes(segment):
        body = position + box.size - len(box.body)
        if box.kind == "prft":
            ntp, media = struct.unpack_from(">QQ", out, body + 8)
            struct.pack_into(">QQ", out, body + 8, ntp + (seconds << 32),
                             media + seconds * timescale)
        elif box.kind == "moof":
            place = out.index(b"tfdt", body, position + box.size) + 8
            decode = struct.unpack_from(">Q", out, place)[0]
            struct.pack_into(">Q", out, place, decode + seconds * timescale)
        position += box.size
    return bytes(out)


def repeated(track: Track, number: int) -> bytes:
    """The segment of a number: one that was recorded, at another time."""
    source = next(known for known in track.segments if (known - number) % PERIOD == 0)
    return shifted(track.segments[source], number - source, track.timescale)


def reheaded(track: Track) -> Track:
    """The same media with another CMAF header: that of a stream which was created later."""
    header = bytearray(track.header)
    header[header.index(b"mvhd") + 11] ^= 1
    value = 2_166_136_261
    for byte in header:
        value = (value ^ byte) * 16_777_619 & 0xFFFFFFFF
    return Track(track.name, f"{value:08x}", bytes(header), track.segments)


def mark(number: int) -> bytes:
    """The box before the first segment of an hour file, and after missing ones."""
    return struct.pack(">I4s12sIqq", 40, b"free", b"segment.mark", 0, number, 0)


def write(folder: Path, tracks: Iterable[Track], first: int, end: int,
          missing: range = range(0), stream: str = "live") -> None:
    """Writes the hour files of the segments from `first` to `end`, without those of `missing`."""
    for track in tracks:
        extension = "cmfa" if b"soun" in track.header else "cmfv"
        number = first
        while number < end:
            until = min(end, (number // 3600 + 1) * 3600)
            at = time.gmtime(number)
            path = (folder / stream / track.name / time.strftime("%Y-%m-%d", at)
                    / f"{time.strftime('%H', at)}-{track.hash}.{extension}")
            path.parent.mkdir(parents=True, exist_ok=True)
            room = 40 + 12 * 4000
            with path.open("wb") as file:
                file.write(track.header + struct.pack(">I4s", room, b"free") + bytes(room - 8))
                last = None
                for current in range(number, until):
                    if current in missing:
                        continue
                    if last is None or current != last + 1:
                        file.write(mark(current))
                    file.write(repeated(track, current))
                    last = current
                # The last segment is complete.
                file.write(struct.pack(">I4s", 8, b"free"))
            number = until
