# SPDX-License-Identifier: Apache-2.0
"""The next publisher of a stream sends other audio: another rate, channels, codec. It is heard."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from harness import avsync
from harness.audio import Track, loudest
from harness.program import Program
from harness.rtmp import HOST
from harness.sources import Source
from harness.tools import need
from harness.waiting import wait_until

VIDEO = ["-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30"]
CODING = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p",
          "-g", "30", "-keyint_min", "30", "-sc_threshold", "0"]
OUTPUT = ["-flush_packets", "1", "-f", "mpegts", "-muxdelay", "0", "-method", "POST"]


class Sound(NamedTuple):
    """The audio of a publisher: a tone."""

    hertz: int
    rate: int
    channels: int
    codec: tuple[str, ...]

    def publish(self, program: Program) -> Source:
        """ffmpeg posts MPEG-TS with it."""
        tone = f"sine=frequency={self.hertz}:sample_rate={self.rate}"
        return Source(subprocess.Popen(
            [need("ffmpeg", "publishing by HTTP"), "-v", "error", "-nostdin", *VIDEO, "-re", "-f",
             "lavfi", "-i", tone, *CODING, "-ac", str(self.channels), "-ar", str(self.rate),
             "-c:a", *self.codec, "-b:a", "96k", *OUTPUT, program.url("/live/stream.ts")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def heard(program: Program) -> tuple[float, float]:
    """The loudest frequency of the newest second of audio, and its level in dB."""
    track = Track(program.port, "audio")
    playlist = track.playlist()
    listed = [segment for segment in playlist.segments if not segment.gap]
    if len(listed) < 3:
        return 0, -99
    newest = listed[-1]
    media = track.get(str(newest.map_uri)) + track.get(str(newest.uri))
    _, samples = avsync.samples_of(media)
    level = 20 * np.log10(max(1e-5, float(np.sqrt(np.mean(samples.astype(float)**2)))))
    return loudest(samples, avsync.RATE), float(level)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("first", "second"), [
    (Sound(440, 44_100, 1, ("aac",)), Sound(880, 48_000, 2, ("aac",))),
    (Sound(440, 48_000, 2, ("aac",)), Sound(880, 48_000, 2, ("libopus",))),
], ids=["aac mono, aac stereo", "aac, opus"])
def test_the_sound_of_the_next_publisher(streamer: Callable[..., Program], sources: list[Source],
                                         first: Sound, second: Sound) -> None:
    """Each publisher's tone is heard, as loud as the one before."""
    program = streamer(*HOST, defaults=False)
    levels = []
    for count, sound in enumerate((first, second), 1):
        sources.append(sound.publish(program))
        program.wait_logged("publish-started", count=count, within=20)

        def is_heard(hertz: int = sound.hertz) -> bool:
            try:
                found, level = heard(program)
            except AssertionError:
                return False
            levels.append(level)
            return abs(found - hertz) < 20 and level > -40

        wait_until(is_heard, 30, f"the tone of {sound.hertz} Hz", interval=0.3)
        sources[-1].kill()
        program.wait_logged("publish-ended", count=count, within=20)
    assert not program.logged("audio-refused")
