# SPDX-License-Identifier: Apache-2.0
"""Files that are passed through: every frame, turn after turn, and why a file is encoded."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.boxes import chunks
from harness.browser import SMALL, viewer
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.program import Program, run_to_end
from harness.recorder import record
from harness.sources import clip
from harness.tools import need
from harness.tunein import fetch
from harness.waiting import wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0"]


def hashes(source: Path | bytes) -> list[str]:
    """The hash of each decoded video frame."""
    given = source if isinstance(source, bytes) else None
    run = subprocess.run([
        need("ffmpeg", "frames of files"), "-v", "error", "-i",
        "-" if given is not None else str(source), "-map", "0:v:0", "-fps_mode", "passthrough",
        "-f", "framemd5", "-"
    ], input=given, stdin=None if given is not None else subprocess.DEVNULL, capture_output=True,
                         timeout=60, check=True)
    return [line.split()[-1] for line in run.stdout.decode().splitlines() if line[0] != "#"]


def plays(streamer, path: Path, *more: str) -> Program:
    """A streamer that plays the file, once it has a playlist."""
    program = streamer("--input", str(path), *more, *HOST, defaults=False, within=20)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 20,
               "a playlist")
    return program


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("name", "frames", "options"), [
    ("whole.mp4", 120, []), ("odd.mkv", 105, []), ("whole.ts", 90, []),
    ("silent.mp4", 90, ["-an"]),
    ("b-frames.mp4", 120, ["-tune", "film", "-bf", "2", "-preset", "veryfast"])])
def test_loop_has_every_frame_and_no_discontinuity(name: str, frames: int, options: list[str],
                                                   streamer, tmp_path: Path) -> None:
    """Frames are those of the file, in its order, over the turns; audio continues with them."""
    path = clip(tmp_path / name, frames / 30, *options)
    own = hashes(path)
    assert len(own) == frames
    program = plays(streamer, path, "--loop", "--passthrough", "always")
    assert PASSED_THROUGH in program.description(), program.log_text()
    found = record(program.port, 2 * frames / 30 + 1)
    assert not found.errors, found.errors
    for playlist in found.playlists:
        assert "DISCONTINUITY\n" not in playlist.text and "GAP" not in playlist.text
    init, segments = found.init(), found.segments()
    numbers = sorted(segments)
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    media = b"".join(segments[n][1] for n in numbers)
    shown = hashes(init + media)
    assert len(shown) > frames, "not a whole turn"
    at = own.index(shown[0])
    expected = [own[(at + index) % frames] for index in range(len(shown))]
    assert shown == expected, "other frames than those of the file"
    tfdt = [chunk.tfdt for chunk in chunks(media, init)]
    assert {two - one for one, two in zip(tfdt, tfdt[1:])} == {tfdt[1] - tfdt[0]}
    assert (get(program.port, "/live/audio/playlist.m3u8").status == 200) == ("-an" not in options)


@pytest.mark.timeout(60)
def test_first_playlist_of_a_file_comes_with_its_second_key_frame(streamer, tmp_path: Path) -> None:
    """A file with one key frame per second is playable after 1 s, by the log (one retry)."""
    path = clip(tmp_path / "clip.mp4", 3)
    late = []
    for _ in range(2):
        program = plays(streamer, path, "--loop")
        found = wait_until(lambda: re.findall(r"playable after (\d+) ms", program.log_text()), 5,
                           "the log line")
        late.append(int(found[0]) - 1000)
        if late[-1] <= 300:
            return
    raise AssertionError(f"{late} ms after the second key frame")


@pytest.mark.timeout(60)
def test_end_of_a_passed_through_file_is_the_end_of_the_stream(streamer, tmp_path: Path) -> None:
    """Without --loop the playlist ends with the last frame of the file."""
    path = clip(tmp_path / "clip.mp4", 3)
    program = plays(streamer, path)
    wait_until(lambda: fetch(program.port).ended, 10, "the end")
    playlist = fetch(program.port)
    init = get(program.port, f"/live/video/{playlist.segments[0].map_uri}").body
    media = b"".join(get(program.port, f"/live/video/{s.uri}").body for s in playlist.segments)
    assert hashes(init + media) == hashes(path)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("options", "reason"), [
    (["-tune", "zerolatency", "-g", "300"], "4 s"),
    (["-c:v", "mpeg4"], "none of H.264")])
def test_log_says_why_a_file_is_encoded(options: list[str], reason: str, streamer,
                                        tmp_path: Path) -> None:
    """The log has the reason; --passthrough always ends with it."""
    path = tmp_path / "clip.mp4"
    source = clip(tmp_path / "source.mp4", 6)
    codec = [] if "mpeg4" in options else ["-c:v", "libx264", "-preset", "ultrafast"]
    subprocess.run([
        need("ffmpeg", "files"), "-v", "error", "-i", str(source), *codec, *options, str(path)
    ], check=True, timeout=60, stdin=subprocess.DEVNULL)
    program = plays(streamer, path, "--loop")
    assert any("re-encoded" in e.message and reason in e.message for e in list(program.entries)), (
        program.log_text())
    assert PASSED_THROUGH not in program.description()
    status, lines = run_to_end(["--input", str(path), "--passthrough", "always", *HOST],
                               defaults=False)
    assert status == 2 and reason in lines[-1], lines


@pytest.mark.timeout(60)
@pytest.mark.parametrize("path", ["/", "/?player=hlsjs"])
def test_chromium_plays_over_the_turns(path: str, browser: Browser, hlsjs: Path, streamer,
                                       tmp_path: Path) -> None:
    """The page plays two turns of a file with audio without a pause."""
    program = plays(streamer, clip(tmp_path / "clip.mp4", 3), "--loop", "--hlsjs", str(hlsjs))
    time = "() => document.querySelector('video').currentTime"
    with viewer(browser, SMALL) as view:
        view.open(program.url(path))
        view.wait_playing(frames=45)
        before = view.page.evaluate(time)
        view.watch(7)
        played = view.page.evaluate(time) - before
        errors = view.data()["page_errors"]
    print(f"{path}: {played:.2f} s played in 7 s")
    assert played > 6 and not errors, errors
