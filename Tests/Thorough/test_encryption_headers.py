# SPDX-License-Identifier: Apache-2.0
"""The slice headers of encrypted HEVC are clear, and nothing of the slice data."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from harness.cbcs import samples, subsamples
from harness.http1 import get
from harness.sources import clip
from harness.tools import need
from harness.waiting import wait_until
from test_encryption import KEYS, key_file, listed, looped, media

# The bits of a NAL unit's trace, without bytes against start codes.
BIT = re.compile(r"\] (\d+) +(\w+)\S* +[01]+ = ")
STREAM = "log-level=none:keyint=30:min-keyint=30:scenecut=0:open-gop=0:rc-lookahead=8:"


def bytes_before(unit: bytes, size: int) -> int:
    """The bytes of a NAL unit that have the first `size` without those against start codes."""
    zeros, seen = 0, 0
    for at, octet in enumerate(unit):
        if seen == size:
            return at
        if zeros >= 2 and octet == 3:
            zeros = 0
            continue
        zeros = zeros + 1 if octet == 0 else 0
        seen += 1
    return len(unit)


def slice_headers(path: Path) -> dict[bytes, int]:
    """The bytes of the header of each slice by ffmpeg, with byte_alignment()."""
    ffmpeg = need("ffmpeg", "HEVC")
    run = subprocess.run(
        [ffmpeg, "-hide_banner", "-v", "verbose", "-i", str(path), "-map", "0:v", "-c", "copy",
         "-bsf:v", "trace_headers", "-f", "null", "-"],
        capture_output=True, text=True, timeout=60, check=True)
    ends: list[int] = []
    for part in run.stderr.split("Slice Segment Header")[1:]:
        last = end = 0
        for position, name in BIT.findall(part):
            if int(position) < last:
                break
            last = int(position)
            # The slice data begin after the alignment.
            if name.startswith("alignment_bit"):
                end = last + 1
        assert end and end % 8 == 0
        ends.append(end // 8)
    stream = subprocess.run(
        [ffmpeg, "-v", "error", "-i", str(path), "-map", "0:v", "-c", "copy", "-bsf:v",
         "hevc_mp4toannexb", "-f", "hevc", "-"], capture_output=True, timeout=60, check=True)
    units = [unit.rstrip(b"\0") for unit in re.split(rb"\x00\x00\x00?\x01", stream.stdout)[1:]]
    slices = [unit for unit in units if unit[0] >> 1 < 32]
    assert len(slices) == len(ends)
    return {unit: bytes_before(unit, size) for unit, size in zip(slices, ends, strict=True)}


def layout(sample: bytes, headers: dict[bytes, int]) -> list[tuple[int, int]]:
    """The clear and protected bytes of a clear sample by the headers of its slices."""
    found, clear, at = [], 0, 0
    while at < len(sample):
        size = int.from_bytes(sample[at:at + 4])
        unit = sample[at + 4:at + 4 + size]
        at += 4 + size
        head = headers[unit] if unit[0] >> 1 < 32 else size
        if size - head < 16:
            clear += 4 + size
            continue
        found.append((clear + 4 + head, size - head))
        clear = 0
    return [*found, (clear, 0)] if clear else found


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("size", "options", "longest"), [
    ("1920x1080", "wpp=1:slices=4:bframes=0:ref=4", 18),
    ("1920x1080", "wpp=1:ctu=16:bframes=3:b-adapt=0:ref=4:weightp=1:weightb=1", 100),
    ("1280x720", "wpp=1:slices=1:bframes=2:b-adapt=0:ref=5:b-pyramid=0", 24),
    ("1280x720", "wpp=0:bframes=0:sao=1:ref=2:constrained-intra=1", 8)],
    ids=["slices", "small-units", "frames", "no-rows"])
def test_slice_headers_of_hevc_are_clear(size: str, options: str, longest: int, streamer,
                                         tmp_path: Path) -> None:
    """The clear bytes of each sample are those that ffmpeg reads as slice headers: of slices, of
    wavefronts with an entry point per row, of frames between others with several references."""
    path = clip(tmp_path / "whole.mp4", 1, "-c:v", "libx265", "-preset", "ultrafast", "-b:v", "3M",
                "-x265-params", STREAM + options, size=size)
    headers = slice_headers(path)
    assert max(headers.values()) >= longest, "headers are short"
    program = looped(streamer, path, "--encryption", "cbcs", "--encryption-keys",
                     str(key_file(tmp_path)))
    wait_until(lambda: len(listed(program, "video")) > 3, 20, "segments")
    init, segments, _ = media(program, "video")
    count = 0
    for segment in segments:
        clear = samples(segment, init, KEYS)
        for (_, sample), entries in zip(clear, subsamples(segment, init), strict=True):
            assert entries == layout(sample, headers)
            count += len(entries)
    print(f"{count} slices, headers of up to {max(headers.values())} bytes")
    assert count >= 60
