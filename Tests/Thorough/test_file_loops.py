# SPDX-License-Identifier: Apache-2.0
"""Files that are passed through over and over: every frame, and players over the turns."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.boxes import chunks
from harness.browser import SMALL, viewer
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.recorder import record
from harness.sources import clip
from test_passthrough_files import hashes, plays


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
@pytest.mark.parametrize("path", ["/", "/?player=hlsjs"])
def test_chromium_plays_over_the_turns(path: str, browser: Browser, hlsjs: Path, streamer,
                                       tmp_path: Path) -> None:
    """The page plays two turns of a file with audio without a pause."""
    program = plays(streamer, clip(tmp_path / "clip.mp4", 3), "--loop", "--hlsjs", str(hlsjs))
    time = "() => document.querySelector('video').currentTime"
    with viewer(browser, SMALL) as view:
        view.open(program.url(path))
        view.wait_playing(frames=45)
        # The file has 3 s: at least one turn is within six seconds of playback.
        view.page.wait_for_function(f"before => ({time})() > before + 6", timeout=30_000,
                                    arg=view.page.evaluate(time))
        errors = view.data()["page_errors"]
    assert not errors, errors
