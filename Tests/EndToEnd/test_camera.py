# SPDX-License-Identifier: Apache-2.0
"""The emulated camera: formats, capture times, and devices that are missing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from harness.boxes import chunks, timescale
from harness.camera import FakeCamera, jpegs
from harness.frames import clocks_of, luma_frames
from harness.http1 import get
from harness.program import Program, run_to_end
from harness.tools import streamer_binary
from harness.tunein import fetch

BASE = "/live/video/"


def newest(program: Program) -> tuple[int, bytes, bytes]:
    """Number and bytes of the newest complete segment, and the CMAF header."""
    segment = fetch(program.port).segments[-1]
    init = get(program.port, BASE + str(segment.map_uri)).body
    return segment.msn, init, get(program.port, BASE + str(segment.uri)).body


def camera_flags(camera: FakeCamera, *more: str) -> list[str]:
    """Flags of a streamer that uses this camera."""
    return ["--device", str(camera.path), "--host", "127.0.0.1", "--http-port", "0", *more]


def after_start(program: Program) -> None:
    """Waits until a segment without slate is complete."""
    fetch(program.port, f"?_HLS_msn={fetch(program.port).last_complete + 2}")


@pytest.mark.parametrize("kind", ["YUYV", "MJPEG"])
def test_both_formats_are_captured_on_the_grid(kind: str, streamer, tmp_path: Path) -> None:
    """Both formats give changing frames on the grid, with the kernel's capture time."""
    options = {"JPEG": str(jpegs(tmp_path / "jpeg")), "FORMATS": "MJPG"
               } if kind == "MJPEG" else {"FORMATS": "YUYV"}
    camera = FakeCamera(tmp_path, **options)
    program = streamer(*camera_flags(camera, "--resolution", "1280x720", "--burn-clock"),
                       defaults=False, env=camera.env)
    after_start(program)
    opened = program.wait_logged("source-open").message
    assert {"YUYV": "yuyv", "MJPEG": "mjpg"}[kind] in opened.lower(), opened
    _, init, media = newest(program)
    found, scale = chunks(media, init), timescale(init)
    assert len(found) == 30
    clocks = clocks_of(init + media)
    for chunk, clock in zip(found, clocks):
        assert clock == chunk.tfdt * 1000 // scale
        difference = (chunk.prft or 0) / 1e9 - chunk.tfdt / scale
        assert abs(
            difference) <= 0.018, "capture time further than half a frame from the frame time"
    frames = luma_frames(init + media, 1280, 720).astype(np.int16)
    moved = np.abs(np.diff(frames[:, 200:], axis=0)).mean(axis=(1, 2))
    assert (moved > 0.05).mean() > 0.5, "the frames do not change"


def test_capture_time_is_the_kernels(streamer, tmp_path: Path) -> None:
    """prft and `captures` are the capture time of the camera, to the millisecond."""
    camera = FakeCamera(tmp_path, SIZES="640x360")
    program = streamer(*camera_flags(camera, "--resolution", "640x360"), defaults=False,
                       env=camera.env)
    after_start(program)
    fetch(program.port, f"?_HLS_msn={fetch(program.port).last_complete + 1}")
    msn, init, media = newest(program)
    found, clocks = chunks(media, init), clocks_of(init + media)
    assert len(clocks) == len(found) == 30
    errors = [
        abs((chunk.prft or 0) / 1e6 - clock) for chunk, clock in zip(found, clocks)
        if clock is not None
    ]
    assert len(errors) >= 28, "the camera's own clock is not in the frames"
    assert sorted(errors)[len(errors) // 2] <= 1.5 and max(errors) < 40, errors
    captures = get(program.port, "/timestamps.json").json()["captures"]
    assert abs(captures[f"segment{msn}.0.m4s"] - (found[0].prft or 0)) <= 1_000_000


def test_list_devices_exits_with_0() -> None:
    """--list-devices prints the devices, or that there is none, and exits with 0."""
    ran = subprocess.run([streamer_binary(), "--list-devices"], capture_output=True, text=True,
                         timeout=10, check=True)
    assert ran.stdout.startswith(("/dev/video", "no camera: ")), ran.stdout


@pytest.mark.parametrize("path", ["/dev/video99", "/dev/null", "/etc/hostname", "/"])
def test_missing_device_is_refused(path: str) -> None:
    """A device that is missing or no camera: exit 2, one line that names it."""
    status, lines = run_to_end(["--device", path, "--host", "127.0.0.1", "--http-port", "0"],
                               defaults=False)
    assert status == 2 and len(lines) == 1 and path in lines[0], lines
