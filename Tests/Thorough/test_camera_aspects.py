# SPDX-License-Identifier: Apache-2.0
"""Cameras whose pictures have another aspect than the stream."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.camera import FakeCamera
from harness.frames import luma_frames
from test_camera import after_start, camera_flags, newest


@pytest.mark.parametrize(("size", "bars"), [("640x480", "rows"), ("800x360", "columns")])
def test_other_aspect_is_letterboxed(size: str, bars: str, streamer, tmp_path: Path) -> None:
    """Another aspect ratio is letterboxed, never stretched: black bars, the image between them."""
    camera = FakeCamera(tmp_path, SIZES="640x360", CLOCK="0")
    program = streamer(*camera_flags(camera, "--resolution", size), defaults=False, env=camera.env)
    after_start(program)
    width, height = map(int, size.split("x"))
    _, init, media = newest(program)
    frame = luma_frames(init + media, width, height)[-1].astype(float)
    if bars == "rows":  # 640x360 in 480 rows: 60 above and below
        edges, inside = [frame[:54], frame[-54:]], frame[66:-66]
    else:  # 640x360 in 800 columns: 80 left and right
        edges, inside = [frame[:, :72], frame[:, -72:]], frame[:, 88:-88]
    for edge in edges:
        assert edge.mean() < 24, "no black bar"
    assert inside.mean() > 24 or inside.std() > 10, "no image between the bars"
