# SPDX-License-Identifier: Apache-2.0
"""The pictures that a consumer shows: the burned clock of each, read from its decoded frames."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from harness.burnedclock import decode
from harness.frames import STRIP_BYTES, strip_clock


@dataclass(frozen=True)
class Picture:
    """A decoded picture: Unix seconds, and its burned clock; None if the clock is not readable.

    A damaged picture has no clock, and a frozen one has the clock of the picture before.
    """

    at: float
    clock: int | None


Clock = int | None
Reader = Callable[["Pipe"], Iterator[Clock]]


class Pipe:
    """The output of a process, by exact lengths; `more` returns nothing at the end."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._kept = bytearray()

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes; EOFError if the output ends before."""
        while len(self._kept) < size:
            self._fill()
        found = bytes(self._kept[:size])
        del self._kept[:size]
        return found

    def line(self) -> bytes:
        """The bytes up to the next line feed."""
        while (end := self._kept.find(b"\n")) < 0:
            self._fill()
        found = bytes(self._kept[:end])
        del self._kept[:end + 1]
        return found

    def _fill(self) -> None:
        data = self._more()
        if not data:
            raise EOFError
        self._kept += data


def strips(pipe: Pipe) -> Iterator[Clock]:
    """Grey strips of 256x16, as the filter of `harness.frames` makes them."""
    while True:
        yield strip_clock(pipe.exactly(STRIP_BYTES))


def planes(pipe: Pipe) -> Iterator[Clock]:
    """YUV4MPEG2, 4:2:0 or mono. A new size has a header of its own."""
    width = height = size = 0
    while True:
        line = pipe.line()
        if line.startswith(b"YUV4MPEG2"):
            fields = {one[:1]: one[1:] for one in line.decode().split()[1:]}
            width, height = int(fields["W"]), int(fields["H"])
            chroma = 0 if fields.get("C") == "mono" else 2 * ((width + 1) // 2) * (
                (height + 1) // 2)
            size = width * height + chroma
        elif line.startswith(b"FRAME"):
            data = np.frombuffer(pipe.exactly(size), np.uint8)[:width * height]
            yield decode(data.reshape(height, width))


def lines(pipe: Pipe) -> Iterator[Clock]:
    """A clock per line, as the scripts of `players` write them; "-" for an unreadable picture."""
    while True:
        if re.fullmatch(rb"-|\d+", line := pipe.line().strip()):
            yield None if line == b"-" else int(line)
