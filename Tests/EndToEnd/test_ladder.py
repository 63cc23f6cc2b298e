# SPDX-License-Identifier: Apache-2.0
"""Ladders: the overlay in each rendition."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.frames import luma_frames
from harness.http1 import get
from harness.playlist import Segment
from harness.program import Program
from harness.tunein import fetch


def live_segment(program: Program, rendition: str) -> Segment:
    """A complete segment from after the start."""
    path = f"/live/{rendition}/playlist.m3u8"
    begun = fetch(program.port, path=path).last_complete + 2
    return fetch(program.port, f"?_HLS_msn={begun}", path=path).segments[-1]


def test_overlay_is_drawn_in_each_rendition(streamer: Callable[..., Program]) -> None:
    """--overlay: white letters on black in the lower left of each rendition, in its size."""
    program = streamer("--rendition", "640x360@900", "--rendition", "320x180@300",
                       "--overlay", "{name} {utc} {resolution}")
    for name, width, height in (("360p", 640, 360), ("180p", 320, 180)):
        segment, base = live_segment(program, name), f"/live/{name}/"
        media = get(program.port, base + str(segment.map_uri)).body + get(
            program.port, base + str(segment.uri)).body
        frames = luma_frames(media, width, height)
        rows = slice(height * 5 // 6 - height // 36, height * 5 // 6 - height // 60)
        box = frames[:, rows, width // 50 + 2: width // 2]
        letters = frames[:, height * 3 // 4: height * 5 // 6, width // 50: width // 2]
        assert np.median(box) < 40, f"{name}: no dark box beneath the letters"
        assert (letters > 180).mean() > 0.05, f"{name}: no white letters"
        assert (np.abs(np.diff(letters.astype(np.int16), axis=0))
                > 100).any(), f"{name}: the shown time does not change"
