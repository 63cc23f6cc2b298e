# SPDX-License-Identifier: Apache-2.0
"""The emulated camera: formats, letterbox, unplugging and replugging."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.boxes import chunks, timescale
from harness.camera import FakeCamera, jpegs
from harness.frames import clocks_of, luma_frames
from harness.http1 import get
from harness.program import Program, run_to_end
from harness.recorder import record
from harness.tunein import fetch, next_segments
from harness.waiting import pause

BASE = "/live/video/"
SECONDS = 5.0


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
    found, taken = chunks(media, init), clocks_of(init + media)
    assert len(taken) == len(found) == 30
    errors = [
        abs((chunk.prft or 0) / 1e6 - clock) for chunk, clock in zip(found, taken)
        if clock is not None
    ]
    assert len(errors) >= 28, "the camera's own clock is not in the frames"
    assert sorted(errors)[len(errors) // 2] <= 1.5 and max(errors) < 40, errors
    captures = get(program.port, "/timestamps.json").json()["captures"]
    assert abs(captures[f"segment{msn}.0.m4s"] - (found[0].prft or 0)) <= 1_000_000


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


def test_slow_camera_repeats_frames(streamer, tmp_path: Path) -> None:
    """A camera with 30 fps on a grid of 60 fps: frames are repeated, the grid keeps its rate."""
    camera = FakeCamera(tmp_path, SIZES="640x360")
    program = streamer(*camera_flags(camera, "--resolution", "640x360", "--framerate", "60"),
                       defaults=False, env=camera.env)
    after_start(program)
    _, init, media = newest(program)
    assert len(chunks(media, init)) == 60


def test_unplugged_camera_is_replaced_by_the_slate_until_it_returns(streamer,
                                                                    tmp_path: Path) -> None:
    """ENODEV: slate, then the camera again, on one timeline with one CMAF header."""
    camera = FakeCamera(tmp_path, SIZES="640x360", CLOCK="0")
    program = streamer(*camera_flags(camera, "--resolution", "640x360"), defaults=False,
                       env=camera.env)
    after_start(program)
    _, init, live = newest(program)
    camera.unplug()
    pause(SECONDS, "an outage long enough for a whole segment of slate")
    gone = newest(program)
    assert gone[1] == init, "the CMAF header changed with the outage"
    slate = luma_frames(init + gone[2], 640, 360).astype(np.int16)
    moving = luma_frames(init + live, 640, 360).astype(np.int16)
    assert np.abs(slate[-1] - moving[-1])[60:].mean() > 3, "no slate"
    camera.plug()
    found = record(program.port, 4)
    assert not found.errors, found.errors
    back = newest(program)
    assert back[1] == init and back[0] > gone[0]
    frames = luma_frames(init + back[2], 640, 360).astype(np.int16)
    assert np.abs(frames[-1] - slate[-1])[60:].mean() > 3, "the camera image did not return"
    assert all("DISCONTINUITY\n" not in p.text and "GAP" not in p.text for p in found.playlists)
    segments = found.segments()
    for msn in sorted(segments)[1:]:
        if msn - 1 in segments:
            last = chunks(segments[msn - 1][1], init)[-1]
            assert chunks(segments[msn][1], init)[0].tfdt == last.tfdt + last.duration
    warnings = [e for e in program.entries if e.level == "warning" and "cam0" in e.message]
    assert 1 <= len(warnings) <= 3, f"warned once for each change, not each try: {warnings}"


def test_short_outage_loses_no_frame_slot(streamer, tmp_path: Path) -> None:
    """During a short outage the last frame is repeated: no frame of the grid is missing."""
    camera = FakeCamera(tmp_path, UNPLUG="45")
    program = streamer(*camera_flags(camera, "--resolution", "640x360"), defaults=False,
                       env=camera.env)
    found = record(program.port, 5)
    assert not found.errors, found.errors
    init, segments = found.init(), found.segments()
    for msn in sorted(segments)[-3:]:
        assert len(chunks(segments[msn][1], init)) == 30


def test_another_camera_is_scaled_to_the_stream(streamer, tmp_path: Path) -> None:
    """Another camera is scaled to the size of the stream; the CMAF header stays."""
    camera = FakeCamera(tmp_path, CLOCK="0")
    camera.path.with_name("cam0.fakecam.conf").write_text("SIZES=640x360\n")
    program = streamer(*camera_flags(camera, "--resolution", "640x360"), defaults=False,
                       env=camera.env)
    after_start(program)
    _, init, _ = newest(program)
    camera.unplug()
    program.wait_logged("source-gone")
    camera.plug(SIZES="640x480")
    program.wait_logged("source-open", count=2)
    next_segments(program.port, 2)
    _, later, media = newest(program)
    assert later == init
    frame = luma_frames(init + media, 640, 360)[-1].astype(float)
    assert frame[:, :64].mean() < 24 and frame[:, -64:].mean(
    ) < 24, "640x480 in 640x360 is not letterboxed"


def test_silent_camera_keeps_the_grid(streamer, tmp_path: Path) -> None:
    """A camera that delivers nothing, without an error: the stream continues on the grid."""
    camera = FakeCamera(tmp_path, STALL="60", SIZES="640x360")
    program = streamer(*camera_flags(camera, "--resolution", "640x360"), defaults=False,
                       env=camera.env)
    found = record(program.port, 6)
    assert not found.errors, found.errors
    for msn in sorted(found.segments())[-2:]:
        assert len(chunks(found.segments()[msn][1], found.init())) == 30


def test_broken_jpegs_are_skipped(streamer, tmp_path: Path) -> None:
    """Truncated frames are skipped; the stream continues."""
    camera = FakeCamera(tmp_path, JPEG=str(jpegs(tmp_path / "jpeg")), FORMATS="MJPG", CORRUPT="4")
    program = streamer(*camera_flags(camera, "--resolution", "640x360"), defaults=False,
                       env=camera.env)
    after_start(program)
    _, init, media = newest(program)
    assert len(chunks(media, init)) == 30
    assert len(program.log) < 30, "a log line for each broken frame"


def test_list_devices_exits_with_0() -> None:
    """--list-devices prints the devices and exits with 0."""
    status, _ = run_to_end(["--list-devices"], defaults=False)
    assert status == 0


@pytest.mark.parametrize("path", ["/dev/video99", "/dev/null", "/etc/hostname", "/"])
def test_missing_device_is_refused(path: str) -> None:
    """A device that is missing or no camera: exit 2, one line that names it."""
    status, lines = run_to_end(["--device", path, "--host", "127.0.0.1", "--http-port", "0"],
                               defaults=False)
    assert status == 2 and len(lines) == 1 and path in lines[0], lines
