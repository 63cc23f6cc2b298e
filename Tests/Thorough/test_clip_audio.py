# SPDX-License-Identifier: Apache-2.0
"""Flash and beep of a clip are together."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from harness.avsync import RATE, marks, samples_of
from harness.program import Program
from test_clips import clip, toned  # noqa: F401


def count(start: float, end: float) -> int:
    """The number of frame slots in a span."""
    return -(-round(end * 1000) * 30 // 1000) - round(start * 1000) * 30 // 1000


def test_flash_and_beep_are_together(toned: Program, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    for length in (3.2, 4.233, 4.9):
        end = round(time.time() - 2.5, 3)
        path.write_bytes(clip(toned, end - length, end).body)
        found = marks(path, path)
        assert found
        assert all(abs(mark.offset) < 0.005 for mark in found), found
        # Sound ends with the video, to the AAC frame.
        start, samples = samples_of(path)
        assert abs(start) < 0.001
        assert len(samples) / RATE == pytest.approx(count(end - length, end) / 30, abs=0.022)
