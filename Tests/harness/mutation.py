# SPDX-License-Identifier: Apache-2.0
"""Damaged media files, repeatable: mutant `index` of a seed number is always the same bytes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

EXTREMES = [0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0xFFFFFF, 0x7FFFFFFF,
            0x80000000, 0xFFFFFFFE, 0xFFFFFFFF]
BOX = re.compile(rb"[a-zA-Z0-9]{4}")


@dataclass(frozen=True)
class Mutant:
    """A damaged file: its number, the file it was made of, the operations, and its bytes."""

    index: int
    name: str
    operations: str
    data: bytes

    def __str__(self) -> str:
        return f"mutant {self.index} of {self.name} ({self.operations}), {len(self.data)} bytes"


def flip(random: random.Random, data: bytearray) -> None:
    """Flips single bits, up to one in a hundred bytes."""
    for _ in range(random.randint(1, max(1, len(data) // 100))):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def overwrite(random: random.Random, data: bytearray) -> None:
    """Writes an extreme number of one, two, four or eight bytes somewhere."""
    size = random.choice([1, 2, 4, 8])
    value = random.choice([*EXTREMES, 1 << 63, (1 << 63) - 1, (1 << 64) - 1])
    at = random.randrange(len(data))
    data[at:at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "big")


def truncate(random: random.Random, data: bytearray) -> None:
    """Cuts the end off."""
    del data[random.randrange(1, len(data) + 1):]


def insert(random: random.Random, data: bytearray) -> None:
    """Inserts random bytes, or a run of one byte."""
    at, size = random.randrange(len(data) + 1), random.choice([1, 2, 4, 188, 1000])
    data[at:at] = random.choice([random.randbytes(size), bytes([random.randrange(256)]) * size])


def remove(random: random.Random, data: bytearray) -> None:
    """Removes some bytes."""
    at = random.randrange(len(data))
    del data[at:at + random.choice([1, 2, 4, 188, 1000])]


def repeat(random: random.Random, data: bytearray) -> None:
    """Copies a range to another place, as a TS packet that is late or comes twice."""
    begin, at = random.randrange(len(data)), random.randrange(len(data))
    data[at:at] = data[begin:begin + random.choice([4, 188, 376, 2000])]


def shuffle(random: random.Random, data: bytearray) -> None:
    """Exchanges two ranges of 188 bytes."""
    one, two = (random.randrange(max(1, len(data) // 188)) * 188 for _ in range(2))
    data[one:one + 188], data[two:two + 188] = data[two:two + 188], data[one:one + 188]


def stress_length(random: random.Random, data: bytearray) -> None:
    """Writes an extreme number into a length field of the container."""
    fields = list(lengths(bytes(data)))
    if not fields:
        return overwrite(random, data)
    at, size = random.choice(fields)
    old = int.from_bytes(data[at:at + size], "big")
    value = random.choice([*EXTREMES, old + 1, old - 1, old * 2, old // 2, len(data)])
    data[at:at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "big")


def lengths(data: bytes) -> list[tuple[int, int]]:
    """Places and sizes of length and time fields: TS, FLV, ADTS, else boxes of MP4."""
    if data[:1] == b"\x47":
        found = []
        for at in range(0, len(data) - 188, 188):
            if data[at + 3] & 0x20:
                found.append((at + 4, 1))
            if data[at + 1] & 0x40:
                # The header of a PES packet or of a section: lengths and timestamps.
                begin = at + 4 + (1 + data[at + 4] if data[at + 3] & 0x20 else 0)
                found += [(begin + 1, 2), (begin + 4, 2), (begin + 8, 1), (begin + 9, 4)]
        return [(at, size) for at, size in found if at + size <= len(data)]
    if data[:3] == b"FLV":
        found, at = [], 13
        while at + 11 <= len(data):
            size = int.from_bytes(data[at + 1:at + 4], "big")
            found += [(at + 1, 3), (at + 4, 4), (at + 11 + size, 4)]
            at += 15 + size
        return [(at, size) for at, size in found if at + size <= len(data)]
    if data[:1] == b"\xff":
        found, at = [], 0
        while at + 7 <= len(data) and data[at] == 0xFF:
            found += [(at + 2, 2), (at + 3, 3)]
            at += max(7, (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5)
        return found
    # The size is before the type; entries of tables follow it.
    return [(place, 4) for match in BOX.finditer(data)
            for place in (match.start() - 4, match.end() + 4, match.end() + 8, match.end() + 12)
            if 0 <= place <= len(data) - 4]


OPERATIONS: list[Callable[[random.Random, bytearray], None]] = [
    flip, flip, overwrite, truncate, insert, remove, repeat, shuffle, stress_length, stress_length,
    stress_length
]


def mutant(seeds: dict[str, bytes], seed: int, index: int) -> Mutant:
    """Mutant `index` of the files `seeds`; some are damaged in several ways, one in 20 not."""
    chance = random.Random(f"{seed}/{index}")
    name = chance.choice(sorted(seeds))
    data = bytearray(seeds[name])
    used = []
    for _ in range(chance.choice([0, *[1] * 9, *[2] * 5, *[4] * 4, 12])):
        operation = chance.choice(OPERATIONS)
        used.append(operation.__name__)
        if data:
            operation(chance, data)
    if chance.random() < 0.05:
        # One file after another: the tracks change without a new connection.
        used.append("append")
        data += seeds[chance.choice(sorted(seeds))]
    return Mutant(index, name, " ".join(used) or "unchanged", bytes(data))
