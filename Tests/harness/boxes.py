# SPDX-License-Identifier: Apache-2.0
"""Reads the boxes of fragmented MP4 that the tests need (ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

NTP_TO_UNIX_SECONDS = 2_208_988_800


@dataclass(frozen=True)
class Box:
    """One box: its type, and its body without the header."""

    kind: str
    body: bytes
    size: int


@dataclass(frozen=True)
class Chunk:
    """One moof and mdat, with the prft before it: one HTTP chunk of an open segment."""

    prft: int | None
    tfdt: int
    duration: int
    samples: int
    sequence: int
    data: bytes
    sizes: tuple[int, ...]

    def sample_data(self) -> list[bytes]:
        """The bytes of each sample; raises ValueError if they do not fill the mdat."""
        content = list(boxes(self.data))[-1].body
        if sum(self.sizes) != len(content):
            raise ValueError(f"samples of {sum(self.sizes)} bytes, mdat of {len(content)}")
        ends = list(accumulate(self.sizes))
        return [content[end - size : end] for end, size in zip(ends, self.sizes)]


def boxes(data: bytes) -> Iterator[Box]:
    """The boxes of one level; raises ValueError if the last box is truncated."""
    for kind, begin, end, size in spans(data):
        yield Box(kind.decode("latin-1"), data[begin:end], size)


def spans(data: bytes) -> Iterator[tuple[bytes, int, int, int]]:
    """Type, place of the body, and size of each box of one level, as ``boxes`` has them."""
    offset = 0
    while offset < len(data):
        if offset + 8 > len(data):
            raise ValueError(f"box header cut at {offset} of {len(data)}")
        size, kind = struct.unpack_from(">I4s", data, offset)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, offset + 8)[0], 16
        if size < head or offset + size > len(data):
            raise ValueError(
                f"box {kind!r} at {offset}: size {size}, {len(data) - offset} bytes left")
        yield kind, offset + head, offset + size, size
        offset += size


def kinds(data: bytes) -> list[str]:
    """The box types of one level, in order."""
    return [box.kind for box in boxes(data)]


def find(data: bytes, path: str) -> list[bytes]:
    """Bodies of all boxes at a path such as ``moov/trak/mdia``."""
    head, _, rest = path.partition("/")
    wanted = head.encode("latin-1")
    found = [data[begin:end] for kind, begin, end, _ in spans(data) if kind == wanted]
    return [inner for body in found for inner in find(body, rest)] if rest else found


def prft_nanoseconds(body: bytes) -> int:
    """Unix nanoseconds of a ProducerReferenceTimeBox."""
    seconds, fraction = struct.unpack_from(">II", body, 8)
    return (seconds - NTP_TO_UNIX_SECONDS) * 1_000_000_000 + (fraction * 1_000_000_000 +
                                                              (1 << 31) >> 32)


def timescale(init: bytes) -> int:
    """Ticks per second of the first track."""
    body = find(init, "moov/trak/mdia/mdhd")[0]
    return struct.unpack_from(">I", body, 20 if body[0] else 12)[0]


def tfdt_ticks(body: bytes) -> int:
    """baseMediaDecodeTime of a tfdt box."""
    return struct.unpack_from(">Q" if body[0] else ">I", body, 4)[0]


def sample_count_and_duration(traf: bytes, default: int) -> tuple[int, int]:
    """Number of samples of a traf and their total duration in ticks; `default` from trex."""
    header = find(traf, "tfhd")[0]
    flags, offset = int.from_bytes(header[1:4], "big"), 8
    offset += 8 * bool(flags & 1) + 4 * bool(flags & 2)
    if flags & 8:
        default = struct.unpack_from(">I", header, offset)[0]
    count = total = 0
    for run in find(traf, "trun"):
        flags, samples = int.from_bytes(run[1:4], "big"), struct.unpack_from(">I", run, 4)[0]
        at = 8 + 4 * bool(flags & 1) + 4 * bool(flags & 4)
        step = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
        for i in range(samples):
            total += struct.unpack_from(">I", run, at + i * step)[0] if flags & 0x100 else default
        count += samples
    return count, total


def sample_sizes(traf: bytes, default: int) -> list[int]:
    """The size of each sample of a traf in bytes; `default` from trex."""
    header = find(traf, "tfhd")[0]
    flags, offset = int.from_bytes(header[1:4], "big"), 8
    offset += 8 * bool(flags & 1) + 4 * bool(flags & 2) + 4 * bool(flags & 8)
    if flags & 0x10:
        default = struct.unpack_from(">I", header, offset)[0]
    sizes: list[int] = []
    for run in find(traf, "trun"):
        flags, samples = int.from_bytes(run[1:4], "big"), struct.unpack_from(">I", run, 4)[0]
        at = 8 + 4 * bool(flags & 1) + 4 * bool(flags & 4) + 4 * bool(flags & 0x100)
        step = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
        sizes += [struct.unpack_from(">I", run, at + i * step)[0] if flags & 0x200 else default
                  for i in range(samples)]
    return sizes


def sample_flags(chunk: bytes, init: bytes) -> list[int]:
    """The flags of each sample of a chunk; the default is that of `tfhd`, else of `trex`."""
    default = struct.unpack_from(">I", find(init, "moov/mvex/trex")[0], 20)[0]
    flags_of: list[int] = []
    for traf in find(chunk, "moof/traf"):
        header = find(traf, "tfhd")[0]
        flags, offset = int.from_bytes(header[1:4], "big"), 8
        offset += 8 * bool(flags & 1) + 4 * bool(flags & 2) + 4 * bool(flags & 8)
        offset += 4 * bool(flags & 0x10)
        if flags & 0x20:
            default = struct.unpack_from(">I", header, offset)[0]
        for run in find(traf, "trun"):
            flags, samples = int.from_bytes(run[1:4], "big"), struct.unpack_from(">I", run, 4)[0]
            first = 8 + 4 * bool(flags & 1)
            at = first + 4 * bool(flags & 4)
            before = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200))
            step = before + 4 * sum(bool(flags & bit) for bit in (0x400, 0x800))
            found = [struct.unpack_from(">I", run, at + i * step + before)[0] if flags & 0x400
                     else default for i in range(samples)]
            if flags & 4:
                found[:1] = struct.unpack_from(">I", run, first)
            flags_of += found
    return flags_of


def default_duration(init: bytes) -> int:
    """default_sample_duration of the first trex."""
    return struct.unpack_from(">I", find(init, "moov/mvex/trex")[0], 12)[0]


def default_size(init: bytes) -> int:
    """default_sample_size of the first trex."""
    return struct.unpack_from(">I", find(init, "moov/mvex/trex")[0], 16)[0]


def chunks(media: bytes, init: bytes | None = None) -> list[Chunk]:
    """The chunks of a segment or part, in order."""
    default = default_duration(init) if init else 0
    size = default_size(init) if init else 0
    result: list[Chunk] = []
    start = offset = 0
    prft: int | None = None
    moof = b""
    for box in boxes(media):
        offset += box.size
        if box.kind == "prft":
            prft = prft_nanoseconds(box.body)
        elif box.kind == "moof":
            moof = box.body
        elif box.kind == "mdat":
            traf = find(moof, "traf")[0]
            count, duration = sample_count_and_duration(traf, default)
            sequence = struct.unpack_from(">I", find(moof, "mfhd")[0], 4)[0]
            time = tfdt_ticks(find(traf, "tfdt")[0])
            sizes = tuple(sample_sizes(traf, size))
            result.append(Chunk(prft, time, duration, count, sequence, media[start:offset], sizes))
            start, prft = offset, None
    return result
