"""The camera, emulated: formats, letterbox, unplugging in mid-stream, and coming back."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from harness.boxes import chunks, timescale
from harness.camera import FakeCamera, jpegs
from harness.frames import clocks_of, pictures_of
from harness.http1 import get
from harness.program import Program, run_to_end
from harness.recorder import record
from harness.tunein import fetch

BASE = "/live/video/"
SECONDS = 4.0


def newest(program: Program) -> tuple[int, bytes, bytes]:
    """Number and bytes of the newest complete segment, and the init."""
    segment = fetch(program.port).segments[-1]
    init = get(program.port, BASE + str(segment.map_uri)).body
    return segment.msn, init, get(program.port, BASE + str(segment.uri)).body


def camera_flags(camera: FakeCamera, *more: str) -> list[str]:
    """Flags of a streamer on this camera."""
    return ["--device", str(camera.path), "--host", "127.0.0.1", "--http-port", "0", *more]


def after_start(program: Program) -> None:
    """Waits until a segment without history is complete."""
    fetch(program.port, f"?_HLS_msn={fetch(program.port).last_complete + 2}")


@pytest.mark.parametrize("kind", ["YUYV", "MJPEG"])
def test_formats(kind: str, streamer, tmp_path: Path) -> None:
    """Both formats give moving pictures on the grid, with the kernel's time as capture time."""
    options = {"FAKECAM_JPEG": str(jpegs(tmp_path / "jpeg"))} if kind == "MJPEG" else {}
    camera = FakeCamera(tmp_path, **options)
    program = streamer(*camera_flags(camera, "--resolution", "1280x720", "--burn-clock"),
                       defaults=False, env=camera.env)
    after_start(program)
    assert any(kind.lower() in line.lower() for line in program.log), f"the log does not name {kind}"
    _, init, media = newest(program)
    found, scale = chunks(media, init), timescale(init)
    assert len(found) == 30
    stamps = clocks_of(init + media)
    for chunk, stamp in zip(found, stamps):
        assert stamp == chunk.tfdt * 1000 // scale
        difference = (chunk.prft or 0) / 1e9 - chunk.tfdt / scale
        assert abs(difference) <= 0.018, "capture time further than half a frame from the tick"
    pictures = pictures_of(init + media, 1280, 720).astype(np.int16)
    moved = np.abs(np.diff(pictures[:, 200:], axis=0)).mean(axis=(1, 2))
    assert (moved > 0.05).mean() > 0.5, "the picture does not move"


def test_camera_without_clock(streamer, tmp_path: Path) -> None:
    """Without --burn-clock a camera's picture carries none of ours beside the camera's own picture."""
    camera = FakeCamera(tmp_path)
    program = streamer(*camera_flags(camera, "--resolution", "640x360"), defaults=False, env=camera.env)
    after_start(program)
    msn, init, media = newest(program)
    stamps = [s for s in clocks_of(init + media) if s is not None]
    scale = timescale(init)
    ticks = [c.tfdt * 1000 // scale for c in chunks(media, init)]
    assert not stamps or stamps != ticks


@pytest.mark.parametrize(("size", "bars"), [("640x480", "rows"), ("800x360", "columns")])
def test_letterbox(size: str, bars: str, streamer, tmp_path: Path) -> None:
    """Another aspect is letterboxed, never stretched: black bars, picture between."""
    camera = FakeCamera(tmp_path)
    program = streamer(*camera_flags(camera, "--resolution", size), defaults=False, env=camera.env)
    after_start(program)
    width, height = map(int, size.split("x"))
    _, init, media = newest(program)
    picture = pictures_of(init + media, width, height)[-1].astype(float)
    if bars == "rows":  # 640x360 in 480 rows: 60 above and below
        edges, inside = [picture[:54], picture[-54:]], picture[66:-66]
    else:  # 640x360 in 800 columns: 80 left and right
        edges, inside = [picture[:, :72], picture[:, -72:]], picture[:, 88:-88]
    for edge in edges:
        assert edge.mean() < 24, "no black bar"
    assert inside.mean() > 24 or inside.std() > 10, "no picture between the bars"


def test_slower_than_asked_repeats(streamer, tmp_path: Path) -> None:
    """A camera of 30 pictures on a grid of 60: pictures repeat, the grid keeps the asked rate."""
    camera = FakeCamera(tmp_path)
    program = streamer(*camera_flags(camera, "--resolution", "640x360", "--framerate", "60"),
                       defaults=False, env=camera.env)
    after_start(program)
    _, init, media = newest(program)
    assert len(chunks(media, init)) == 60


def test_unplug_and_replug(streamer, tmp_path: Path) -> None:
    """ENODEV in mid-stream: last picture, then slate, then the camera again: same init, same timeline."""
    camera = FakeCamera(tmp_path, FAKECAM_UNPLUG="120")
    program = streamer(*camera_flags(camera, "--resolution", "640x360"), defaults=False, env=camera.env)
    after_start(program)
    camera.hide()
    _, init, live = newest(program)
    time.sleep(SECONDS + 3)
    gone = newest(program)
    assert gone[1] == init, "the init changed when the camera went"
    slate = pictures_of(init + gone[2], 640, 360).astype(np.int16)
    moving = pictures_of(init + live, 640, 360).astype(np.int16)
    assert np.abs(slate[-1] - moving[-1])[60:].mean() > 3, "no slate"
    camera.show()
    found = record(program.port, 4)
    assert not found.errors, found.errors
    back = newest(program)
    assert back[1] == init and back[0] > gone[0]
    pictures = pictures_of(init + back[2], 640, 360).astype(np.int16)
    assert np.abs(pictures[-1] - slate[-1])[60:].mean() > 3, "the picture did not come back"
    assert all("DISCONTINUITY\n" not in p.text and "GAP" not in p.text for p in found.playlists)
    segments = found.segments()
    for msn in sorted(segments)[1:]:
        if msn - 1 in segments:
            last = chunks(segments[msn - 1][1], init)[-1]
            assert chunks(segments[msn][1], init)[0].tfdt == last.tfdt + last.duration
    assert sum("unplug" in x.lower() or "gone" in x.lower() or "lost" in x.lower() or "no such device"
               in x.lower() for x in program.log) <= 3, "warned once for each change, not each frame"


def test_last_picture_comes_before_the_slate(streamer, tmp_path: Path) -> None:
    """A short outage repeats the last picture: frames are on the grid, none is missing."""
    camera = FakeCamera(tmp_path, FAKECAM_UNPLUG="75")
    program = streamer(*camera_flags(camera, "--resolution", "640x360"), defaults=False, env=camera.env)
    found = record(program.port, 5)
    assert not found.errors, found.errors
    init, segments = found.init(), found.segments()
    for msn in sorted(segments)[-3:]:
        assert len(chunks(segments[msn][1], init)) == 30


def test_list_devices() -> None:
    """--list-devices prints what there is and ends with 0."""
    status, _ = run_to_end(["--list-devices"], defaults=False)
    assert status == 0


@pytest.mark.parametrize("path", ["/dev/video99", "/dev/null", "/etc/hostname", "/"])
def test_missing_device(path: str) -> None:
    """A device that is missing or no camera: exit 2, one line that names it."""
    status, lines = run_to_end(["--device", path, "--host", "127.0.0.1", "--http-port", "0"], defaults=False)
    assert status == 2 and len(lines) == 1 and path in lines[0], lines
