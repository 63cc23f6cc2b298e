# SPDX-License-Identifier: Apache-2.0
"""The sound card without a loudspeaker."""

from __future__ import annotations

import os
import time
from pathlib import Path

from soundcard import FRAME_BYTES, PIPE_BYTES, RATE, SoundCard


def test_samples_are_not_taken_faster_than_they_play(tmp_path: Path) -> None:
    """A second of samples needs a second, less the buffer; a loaded machine may need longer."""
    card = SoundCard(tmp_path)
    try:
        begin = time.monotonic()
        with (tmp_path / "sound").open("wb", buffering=0) as pipe:
            left = RATE * FRAME_BYTES
            while left:
                left -= os.write(pipe.fileno(), bytes(min(left, PIPE_BYTES)))
        assert time.monotonic() - begin >= 1 - PIPE_BYTES / (RATE * FRAME_BYTES)
    finally:
        card.close()
