# SPDX-License-Identifier: Apache-2.0
"""Another audio track over `llws.v1`: its sound begins where that of the track before ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.program import Program
from harness.websocket import AUDIO, Media, Socket
from test_audio_tracks import film, plays
from test_websocket import decode_time

NAMES = ["audio-en", "audio-de-visual-impaired", "audio"]
# Samples of a coded frame of AAC-LC.
FRAME = 1024
SWITCHES = 40


def frame_count(chunk: bytes) -> int:
    """sample_count of the trun box."""
    at = chunk.index(b"trun") + 4
    return int.from_bytes(chunk[at + 4:at + 8], "big")


@pytest.mark.timeout(90)
def test_a_switch_leaves_no_gap(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """40 switches at different times within a segment: no sound is missing between two tracks.

    A browser stops the picture for half a second at a gap of 40 ms.
    """
    program = plays(streamer, "--input", str(film(tmp_path / "three.ts")), "--loop")
    gaps: list[float] = []
    with Socket(program.port, "/live/ws") as client:
        client.send({"t": "subscribe", "rendition": "auto", "start": "live", "tracks": ["v", "a"]})
        groups: dict[int, dict[str, Any]] = {}
        channel, end, switch_at, switches = -1, None, time.monotonic() + 1, 0
        while len(gaps) < SWITCHES:
            message = client.next()
            if isinstance(message, dict):
                groups.update({message["cid"]: message} if "cid" in message else {})
            elif isinstance(message, Media) and message.kind == AUDIO:
                group = groups[message.channel]
                begin = decode_time(message.payload) / group["timescale"]
                if end is not None and message.channel != channel:
                    gaps.append(begin - end)
                    switch_at = time.monotonic() + 0.15 + 0.013 * len(gaps)
                channel = message.channel
                end = begin + frame_count(message.payload) * FRAME / group["timescale"]
            if time.monotonic() > switch_at:
                client.send({"t": "switch", "audio": NAMES[switches % len(NAMES)]})
                switches += 1
                switch_at = time.monotonic() + 10
    print(f"the next track begins {min(gaps) * 1000:.0f} to {max(gaps) * 1000:.1f} ms after the "
          "end of the one before")
    assert max(gaps) < 0.001
