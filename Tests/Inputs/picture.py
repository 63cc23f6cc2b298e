# SPDX-License-Identifier: Apache-2.0
"""Draws the number of a frame into its picture, and reads it from decoded media.

The upper two ninths of a picture have two rows of 16 blocks: the number, and its complement. A
picture of another origin, such as a slate, has no number. All whole seconds begin with a flash.
"""

from __future__ import annotations

import subprocess

import numpy as np

from harness.tools import decoder, need

BITS = 16
MASK = (1 << BITS) - 1
# The filters that leave one byte for each block.
BLOCKS = ["-vf", f"crop=iw:trunc(ih*2/9):0:0,scale={BITS}:2:flags=area,format=gray"]
FLASH_FRAMES = 3


def draw(number: int, rate: float, width: int, height: int) -> bytes:
    """The luma plane of a frame."""
    picture = np.full((height, width), 60, np.uint8)
    picture[height // 2::8] = 90
    left = number * 7 % (width - width // 8)
    picture[height * 5 // 9:height * 7 // 9, left:left + width // 8] = 150
    if number % round(rate) < FLASH_FRAMES:
        picture[height * 2 // 9:] = 235
    side = height // 9
    for row, value in enumerate((number & MASK, ~number & MASK)):
        bits = [220 if value >> (BITS - 1 - at) & 1 else 20 for at in range(BITS)]
        picture[row * side:(row + 1) * side] = np.repeat(bits, width // BITS)
    return picture.tobytes()


def number_of(blocks: np.ndarray) -> int | None:
    """The number in the blocks of a picture; None if the rows are not complements."""
    rows = [int("".join("1" if bit else "0" for bit in row), 2)
            for row in blocks.reshape(2, BITS) > 120]
    return rows[0] if rows[0] ^ rows[1] == MASK else None


def read_numbers(media: bytes) -> tuple[list[int | None], list[str]]:
    """The numbers of all decoded frames in order of presentation, and the lines of the decoder."""
    # The smaller program decodes AV1 by hardware only.
    program = need("ffmpeg", "numbers of frames") if b"av01" in media[:4096] \
        else decoder("numbers of frames")
    command = [program, "-v", "warning", "-threads", "1", "-i", "-", "-map",
               "0:v:0", "-fps_mode", "passthrough", *BLOCKS, "-f", "rawvideo", "-"]
    run = subprocess.run(command, input=media, capture_output=True, timeout=60)
    blocks = np.frombuffer(run.stdout, np.uint8).reshape(-1, 2 * BITS)
    # The output of raw frames has no times: its own complaints are about none.
    lines = [line for line in run.stderr.decode(errors="replace").splitlines()
             if not line.startswith("[rawvideo")]
    return [number_of(one) for one in blocks], lines
