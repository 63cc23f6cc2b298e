# SPDX-License-Identifier: Apache-2.0
"""A sound card without a loudspeaker, which takes samples at the pace at which a card plays them.

Kodi shows no picture without a device of sound. With ALSA's `null`, which takes samples at once, it
plays the sound too fast, and the picture follows.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

RATE, FRAME_BYTES = 48_000, 4
# The buffer of the card, 85 ms, and the interval between reads, s.
PIPE_BYTES, SLICE = 16_384, 0.02
SETTINGS = """pcm.paced {{ type file slave.pcm null format raw file "{pipe}" }}
pcm.!default {{ type plug slave {{ pcm paced rate {rate} format S16_LE channels 2 }} }}
ctl.!default {{ type hw card 0 }}
"""


def due(seconds: float) -> int:
    """The bytes of the samples that a card plays in a time; a late reader takes one buffer."""
    return min(int(seconds * RATE) * FRAME_BYTES, PIPE_BYTES)


class SoundCard:
    """The default device of ALSA for programs whose home is `folder`: a pipe, read in real time."""

    def __init__(self, folder: Path) -> None:
        pipe = folder / "sound"
        os.mkfifo(pipe)
        (folder / ".asoundrc").write_text(SETTINGS.format(pipe=pipe, rate=RATE))
        # Open for writing too, so that it has no end between two streams of the program.
        self._pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def _play(self) -> None:
        """Reads the samples of the time since the last read."""
        last = time.monotonic()
        while not self._closed.wait(SLICE):
            now = time.monotonic()
            with suppress(BlockingIOError):
                os.read(self._pipe, due(now - last))
            last = now

    def close(self) -> None:
        """Ends the reads."""
        self._closed.set()
        self._thread.join(5)
        os.close(self._pipe)
