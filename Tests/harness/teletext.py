# SPDX-License-Identifier: Apache-2.0
"""Subtitles of teletext as PES packets, which ffmpeg cannot write (ETSI EN 300 706, EN 300 472)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

# Hamming 8/4 of the numbers 0 to 15 (EN 300 706 §8.2).
HAMMING = bytes.fromhex("1502495e6473382fd0c78c9ba1b6fdea")
HEADER_SIZE, UNIT_SIZE, BLOCK = 45, 46, 184
START_BOX, END_BOX = 0x0B, 0x0A


def descriptor(*pages: tuple[str, int, int]) -> bytes:
    """A teletext_descriptor (EN 300 468 §6.2.43) of pages: language, type, number such as 888."""
    body = b"".join(
        language.encode() + bytes([kind << 3 | number // 100 % 8,
                                   number // 10 % 10 << 4 | number % 10])
        for language, kind, number in pages)
    return bytes([0x56, len(body)]) + body


def reversed_bits(data: bytes) -> bytes:
    """The bytes in the order of transmission."""
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)


def odd_parity(data: bytes) -> bytes:
    """Characters of seven bits with a bit of odd parity."""
    return bytes(byte & 0x7F | (0 if (byte & 0x7F).bit_count() % 2 else 0x80) for byte in data)


def line(magazine: int, row: int, content: bytes) -> bytes:
    """A packet of 42 bytes."""
    head = bytes([HAMMING[magazine % 8 | (row & 1) << 3], HAMMING[row >> 1]])
    assert len(content) == 40
    return head + content


def header(number: int, *, hexadecimal: int | None = None) -> bytes:
    """The header of a page of subtitles that erases the one before; `hexadecimal` is its end."""
    page = number // 10 % 10 << 4 | number % 10 if hexadecimal is None else hexadecimal
    # C4 erases the page, C6 is a subtitle, C11 is the serial transmission of magazines.
    fields = [page & 15, page >> 4, 0, 8, 0, 8, 0, 1]
    return line(number // 100, 0, bytes(HAMMING[one] for one in fields) + odd_parity(b" " * 32))


def page(number: int, lines: Sequence[str]) -> list[bytes]:
    """The packets of a page with these lines, and of the next header, which completes it."""
    packets = [header(number)]
    for index, words in enumerate(lines):
        boxed = bytes([START_BOX, START_BOX]) + words.encode("ascii") + bytes([END_BOX, END_BOX])
        packets.append(line(number // 100, 20 + 2 * index, odd_parity(boxed.ljust(40))))
    return [*packets, header(number, hexadecimal=0xFF)]


def placed(number: int, rows: Sequence[tuple[int, bytes]]) -> list[bytes]:
    """The packets of a page with these rows of characters and spacing attributes."""
    packets = [line(number // 100, row, odd_parity(content.ljust(40))) for row, content in rows]
    return [header(number), *packets, header(number, hexadecimal=0xFF)]


def boxed(column: int, words: str, colour: int = 7, *, after: bytes = b"") -> bytes:
    """A row with words from a column on, in a colour by its number, and more after them."""
    spaces = bytes([colour, START_BOX, START_BOX])
    return b" " * (column - len(spaces)) + spaces + words.encode("ascii") + after \
        + bytes([END_BOX, END_BOX])


def pes(packets: Sequence[bytes], pts: int) -> bytes:
    """A PES packet with a header of 45 bytes and data units of 46 bytes, as EN 300 472 asks."""
    units = [bytes([3, 0x2C, 0xE0 | 7 + index, 0xE4]) + reversed_bits(packet)
             for index, packet in enumerate(packets)]
    while (HEADER_SIZE + 1 + UNIT_SIZE * len(units)) % BLOCK:
        units.append(bytes([0xFF, 0x2C]) + b"\xFF" * 44)
    stamp = bytes([0x21 | pts >> 29 & 0xE]) + struct.pack(">H", pts >> 14 & 0xFFFE | 1) \
        + struct.pack(">H", pts << 1 & 0xFFFE | 1)
    head = bytes([0x84, 0x80, 0x24]) + stamp.ljust(0x24, b"\xFF")
    data = b"\x10" + b"".join(units)
    return b"\0\0\1\xBD" + struct.pack(">H", len(head + data)) + head + data
