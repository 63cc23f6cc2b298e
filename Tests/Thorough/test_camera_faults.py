# SPDX-License-Identifier: Apache-2.0
"""Cameras that leave, return, are replaced, are silent, or send damaged pictures."""

from __future__ import annotations

from pathlib import Path

from harness.boxes import chunks
from harness.camera import FakeCamera, jpegs
from harness.frames import luma_frames
from harness.recorder import record
from harness.tunein import next_segments
import numpy as np
from test_camera import after_start, camera_flags, newest



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
    program.wait_logged("source-gone", within=20)
    # The second one begins after the log.
    next_segments(program.port, 3)
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
