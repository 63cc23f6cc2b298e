# SPDX-License-Identifier: Apache-2.0
"""Files, standard input and named pipes as inputs, encoded: paced, looped, ended, refused."""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from harness.continuity import Frame, frames, lost, plays, repeated
from harness.http1 import get
from harness.inputs import HOST, SECONDS, check_live, pulls, shown
from harness.playlist import parse
from harness.program import Program, launch, run_to_end, stop
from harness.recorder import record
from harness.sources import clip, ffmpeg_sender
from harness.tools import need, streamer_binary
from harness.tunein import PLAYLIST, fetch
from harness.waiting import wait_until


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


def ends(program: Program) -> None:
    """Waits for ENDLIST; the window is served for a while, then the program exits with status 0."""
    base = PLAYLIST.rsplit("/", 1)[0]
    wait_until(lambda: "EXT-X-ENDLIST" in get(program.port, PLAYLIST).text, 25, "ENDLIST")
    listed = parse(get(program.port, PLAYLIST).text)
    assert get(program.port, f"{base}/{listed.segments[-1].uri}").status == 200
    assert program.process.wait(20) == 0, program.log_text()


@pytest.mark.timeout(90)
def test_end_of_file_ends_the_stream(streamer, tmp_path: Path) -> None:
    """Without --loop the end of the file is the end of the stream."""
    path = clip(tmp_path / "clip.mp4", 4)
    program = pulls(streamer, str(path), "--playlist-length", "6")
    ends(program)


@pytest.mark.timeout(90)
def test_end_of_standard_input_ends_the_stream(tmp_path: Path) -> None:
    """MPEG-TS on standard input, live; its end is the end of the stream."""
    sender = ffmpeg_sender(["-f", "mpegts", "-"], stdout=subprocess.PIPE)
    output = sender.processes[1].stdout
    command = [str(streamer_binary()), "--input", "-", *HOST, "--playlist-length", "6"]
    process = subprocess.Popen(command, stdin=output, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    from harness.program import _read_log
    program = Program(process, command, time.monotonic())
    threading.Thread(target=_read_log, args=(program,), daemon=True).start()
    try:
        assert output is not None
        output.close()
        assert program.listening.wait(15) and program.port, program.log_text()
        fetch(program.port)
        check_live(program, "stdin", 0.25)
        sender.kill()
        ends(program)
    finally:
        sender.kill()
        if process.poll() is None:
            process.kill()


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


@pytest.mark.timeout(60)
def test_named_pipe_is_read(tmp_path: Path) -> None:
    """A named pipe is read like standard input; SIGTERM works while it has no writer."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    alone = launch(["--input", str(pipe), *HOST], defaults=False)
    assert alone.listening.wait(10) and alone.port, alone.log_text()
    assert stop(alone) == 0, alone.log_text()
    program = launch(["--input", str(pipe), *HOST], defaults=False)
    assert program.listening.wait(10) and program.port, program.log_text()
    with pipe.open("wb") as output:
        sender = ffmpeg_sender(["-f", "mpegts", "-"], stdout=output.fileno())
    try:
        check_live(program, "named pipe", 0.25)
    finally:
        sender.kill()
        assert stop(program) == 0, program.log_text()


@pytest.mark.parametrize(("given", "named"), [
    ("nowhere.ts", "No such file"), ("/etc/hostname", "Invalid data"),
    ("ftp://h/x", "expected a URL of rtsp")])
def test_unusable_input_is_refused(given: str, named: str) -> None:
    """A missing file, a file without video, an unknown scheme: exit 2 and one line."""
    status, lines = run_to_end(["--input", given, *HOST], defaults=False)
    assert status == 2 and len(lines) == 1 and named in lines[0] and "--input" in lines[0], lines


def test_two_sources_are_refused() -> None:
    """An input together with another source is refused."""
    status, lines = run_to_end(["--test-src", "--input", "x.ts", *HOST], defaults=False)
    assert status == 2 and "--test-src" in lines[0] and "--input" in lines[0], lines
