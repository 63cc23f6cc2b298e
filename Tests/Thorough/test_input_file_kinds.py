# SPDX-License-Identifier: Apache-2.0
"""Files as inputs: loops, B-frames, files over HTTP, pictures, rotation, and the end."""

from __future__ import annotations

import functools
import http.server
import subprocess
import threading
from pathlib import Path

import pytest

from harness.continuity import Frame, frames, lost, plays, repeated
from harness.inputs import HOST, SECONDS, pulls, shown
from harness.program import run_to_end
from harness.recorder import record
from harness.sources import clip
from harness.tools import need
from test_input_files import ends


def check_pace(seen: list[Frame]) -> None:
    """Each play of the file keeps its pace, and the next one follows soon.

    A busy machine may show a frame late: then one slot repeats a frame, and one frame is lost. A
    wrong pace would only repeat, or only lose.
    """
    each = plays(seen)
    assert len(each) >= 2, "the file did not restart"
    for play in each:
        assert abs(repeated(play) - lost(play, 1 / 30)) <= 2, (repeated(play), lost(play, 1 / 30))
    for one, two in zip(each, each[1:]):
        assert two[0].frame_time - one[-1].frame_time < 1


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["clip.ts", "clip.mp4"])
def test_looped_file_keeps_the_grid(name: str, streamer, tmp_path: Path) -> None:
    """A file is paced by its timestamps and restarts at its end, without a break on the grid."""
    path = clip(tmp_path / name, 3)
    program = pulls(streamer, str(path), "--loop")
    seen = shown(program)
    clocks = [frame.clock for frame in seen if frame.clock is not None]
    assert len(clocks) >= 30 * (SECONDS - 2)
    check_pace(seen)


@pytest.mark.timeout(60)
def test_b_frames_are_shown_in_order(streamer, tmp_path: Path) -> None:
    """Frames that are coded out of order are shown in order."""
    path = clip(tmp_path / "b.mp4", 4, "-tune", "film", "-bf", "2", "-preset", "veryfast")
    program = pulls(streamer, str(path), "--loop", "--passthrough", "never")
    clocks = [frame.clock for frame in shown(program) if frame.clock is not None]
    backwards = sum(two < one for one, two in zip(clocks, clocks[1:]))
    assert len(clocks) >= 90 and backwards <= 2


@pytest.mark.timeout(60)
def test_file_over_http_is_paced(streamer, tmp_path: Path) -> None:
    """A file from a web server is paced like a local file."""
    clip(tmp_path / "clip.mp4", 3, "-movflags", "+faststart")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        program = pulls(streamer, f"http://127.0.0.1:{server.server_address[1]}/clip.mp4", "--loop")
        seen = shown(program)
        assert len(seen) >= 30 * (SECONDS - 2)
        check_pace(seen)
    finally:
        server.shutdown()


@pytest.mark.timeout(90)
def test_end_of_file_ends_the_stream(streamer, tmp_path: Path) -> None:
    """Without --loop the end of the file is the end of the stream."""
    path = clip(tmp_path / "clip.mp4", 4)
    program = pulls(streamer, str(path), "--playlist-length", "6")
    ends(program)


@pytest.mark.timeout(60)
def test_still_images_rotation_and_missing_video(streamer, tmp_path: Path) -> None:
    """A still image loops; a rotated video is upright; a file without video is refused."""
    ffmpeg = [need("ffmpeg", "files as inputs"), "-v", "error", "-y"]
    sideways, upright, still, audio = (tmp_path / name for name in ("sideways.mp4", "upright.mp4",
                                                                 "still.png", "audio.m4a"))
    clip(sideways, 3)
    for options, path in ((["-c", "copy", "-metadata:s:v",
                            "rotate=90"], upright), (["-frames:v",
                                                      "1"], still), (["-vn", "-c:a",
                                                                      "copy"], audio)):
        subprocess.run([*ffmpeg, "-i", str(sideways), *options, str(path)], check=True, timeout=30)
    for path, words in ((still, ("640x360", "25 fps")), (upright, ("360x640", "30 fps"))):
        program = pulls(streamer, str(path), "--loop")
        assert any(all(word in line for word in words) for line in program.log), program.log_text()
        assert len(frames(record(program.port, 2))) >= 40
    status, lines = run_to_end(["--input", str(audio), "--loop", *HOST], defaults=False)
    assert status == 2 and len(lines) == 1 and f'--input: "{audio}"' in lines[0], lines
