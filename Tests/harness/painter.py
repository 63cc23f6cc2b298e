# SPDX-License-Identifier: Apache-2.0
"""Draws frames with the burned clock BC64 to standard output, without any library.

Runs in any Python: `python painter.py --size 640x360 --rate 30`. The output is raw I420.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time

COLUMNS, ROWS = 32, 18


def crc12(value: int, bits: int = 48) -> int:
    """CRC-12 (0x80F, start 0xFFF) of the low `bits` bits, most significant first."""
    crc = 0xFFF
    for i in range(bits - 1, -1, -1):
        top = crc >> 11 & 1
        crc = crc << 1 & 0xFFF
        if top ^ (value >> i & 1):
            crc ^= 0x80F
    return crc


def cells(milliseconds: int) -> list[int]:
    """The 64 cells of one time, in order."""
    time_bits = [milliseconds >> i & 1 for i in range(47, -1, -1)]
    check = crc12(milliseconds)
    return [1, 0, 1, 0, *time_bits, *(check >> i & 1 for i in range(11, -1, -1))]


def frame(width: int, height: int, milliseconds: int, index: int) -> bytes:
    """One I420 frame: the clock strip, a grey background, and a box that moves."""
    bits = cells(milliseconds)
    rows = bytearray()
    for row in range(2):
        line = bytearray(width)
        for column in range(COLUMNS):
            left, right = column * width // COLUMNS, (column + 1) * width // COLUMNS
            line[left:right] = bytes([235 if bits[row * COLUMNS + column] else 16]) * (right - left)
        rows += bytes(line) * ((row + 1) * height // ROWS - row * height // ROWS)
    plain = bytes([70]) * width
    left = index * 8 % (width - 48)
    boxed = plain[:left] + bytes([190]) * 48 + plain[left + 48:]
    top = 2 * height // ROWS
    middle = height // 2
    rows += plain * (middle - top) + boxed * 40 + plain * (height - middle - 40)
    return bytes(rows) + bytes([128]) * (width * height // 2)


def frames(width: int, height: int, rate: float, count: int = 0):
    """Endless frames; each is drawn at its frame time and shows it.

    `count` frames are drawn at once, as if the last one were due now; 0 is for endless ones.
    """
    start = time.time() - count / rate
    for index in range(count) if count else itertools.count():
        due = start + index / rate
        if (wait := due - time.time()) > 0:
            time.sleep(wait)  # until the frame time
        yield index, frame(width, height, int(due * 1000), index)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--rate", type=float, default=30)
    parser.add_argument("--count", type=int, default=0, help="frames of the past, drawn at once")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    try:
        for _, data in frames(width, height, options.rate, options.count):
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
    except (BrokenPipeError, KeyboardInterrupt):
        pass


if __name__ == "__main__":
    main()
