# SPDX-License-Identifier: Apache-2.0
"""The sound card without a loudspeaker."""

from __future__ import annotations

import os
from pathlib import Path

from harness.waiting import wait_until
from soundcard import PIPE_BYTES, SLICE, SoundCard, due


def test_samples_are_not_taken_faster_than_they_play() -> None:
    """48,000 stereo samples of 16 bits per second, whole ones; a late reader does not catch up."""
    assert [due(0), due(SLICE), due(0.000_03)] == [0, 3840, 4]
    assert due(10) == PIPE_BYTES


def test_samples_are_taken(tmp_path: Path) -> None:
    """A program that writes goes on: the pipe is emptied."""
    card = SoundCard(tmp_path)
    try:
        with (tmp_path / "sound").open("wb", buffering=0) as pipe:
            left = 3 * PIPE_BYTES
            os.set_blocking(pipe.fileno(), False)

            def is_written() -> bool:
                nonlocal left
                left -= pipe.write(bytes(min(left, PIPE_BYTES))) or 0
                return left == 0
            wait_until(is_written, 60, "the samples to be taken")
    finally:
        card.close()
