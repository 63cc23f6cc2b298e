# SPDX-License-Identifier: Apache-2.0
"""Files that a source can make to harm the program, and the access units of such files."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.tools import need

VIDEO = ["-f", "lavfi", "-i", "testsrc=s=160x90:r=30"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30", "-bf", "0"]


def make(path: Path, *options: str) -> Path:
    """A file made by ffmpeg."""
    subprocess.run([need("ffmpeg", "hostile inputs"), "-v", "error", "-y", *options,
                    str(path)], check=True, timeout=120)
    return path


def wide_pixels(path: Path) -> Path:
    """A file whose pixels have an aspect ratio of two numbers near 2^30."""
    ratio = "setsar=sar=1073741823/1073741824:max=2147483647"
    return make(path, *VIDEO, "-t", "3", "-vf", ratio, "-c:v", "ffv1", "-level", "3")


def flv_with_configuration(source: Path, path: Path, configuration: bytes) -> Path:
    """A copy of an FLV file with another AudioSpecificConfig."""
    data = source.read_bytes()
    out, place = bytearray(data[:13]), 13
    while place + 11 <= len(data):
        kind, size = data[place], int.from_bytes(data[place + 1:place + 4], "big")
        body = data[place + 11:place + 11 + size]
        if kind == 8 and body[:2] == b"\xaf\x00":
            body = body[:2] + configuration
        out += bytes([kind]) + len(body).to_bytes(3, "big") + data[place + 4:place + 11] + body
        out += (11 + len(body)).to_bytes(4, "big")
        place += 15 + size
    path.write_bytes(out)
    return path


def access_units(data: bytes) -> list[bytes]:
    """The access units of a stream with delimiters, each as the bytes of its slices."""
    starts, place = [], data.find(b"\0\0\1")
    while place >= 0:
        starts.append(place + 3)
        place = data.find(b"\0\0\1", place + 3)
    units: list[list[bytes]] = []
    for start, following in zip(starts, [*(s - 3 for s in starts[1:]), len(data)], strict=True):
        kind = data[start] & 31
        if kind == 9:
            units.append([])
        elif kind in (1, 5) and units:
            units[-1].append(data[start:following].rstrip(b"\0"))
    return [b"".join(unit) for unit in units]


def slices(sample: bytes) -> bytes:
    """The slices of a sample with lengths of four bytes."""
    out, place = b"", 0
    while place + 4 <= len(sample):
        size = int.from_bytes(sample[place:place + 4], "big")
        unit = sample[place + 4:place + 4 + size]
        if unit[0] & 31 in (1, 5):
            out += unit.rstrip(b"\0")
        place += 4 + size
    return out
