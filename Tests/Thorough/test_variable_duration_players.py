# SPDX-License-Identifier: Apache-2.0
"""Players of segments of variable duration."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import SMALL, viewer
from harness.labreport import report
from harness.players import ffmpeg, mpv, vlc
from harness.program import Program
from harness.tunein import fetch
from harness.waiting import wait_until
from test_passthrough import play
from test_variable_duration_segments import uneven  # noqa: F401


@pytest.mark.timeout(90)
@pytest.mark.parametrize("path", ["/", "/?player=hlsjs", "/ldash/play/live?target=1"])
def test_page_plays_variable_durations(path: str, browser: Browser, uneven: Program) -> None:
    """The page plays it by its own player, from playlist and MPD, and by hls.js."""
    with viewer(browser, SMALL) as view:
        view.open(uneven.url(path))
        view.wait_playing(frames=60)
        began = time.time() * 1000
        # Eight seconds of further pictures, of segments of every duration.
        view.page.wait_for_function(
            "clock => (__player.clock ?? 0) > clock + 8000", arg=view.last_clock(), timeout=30_000)
        view.wait_live(uneven.port, behind=1000)
        found = report(view.data(), since=began)
    print(f"{path}: {found['glass_to_glass_ms']} stalls {found['stalls']}")
    assert not found["bad_responses"]


@pytest.mark.timeout(120)
def test_players_play_variable_durations(uneven: Program, tmp_path: Path) -> None:
    """ffmpeg, mpv and VLC play the playlist; VLC plays the MPD too."""
    wait_until(lambda: len(fetch(uneven.port).segments) >= 8, 20, "eight segments")
    playlist, manifest = uneven.url("/live.m3u8"), uneven.url("/live/manifest.mpd")
    plays = [(ffmpeg, playlist, 8), (mpv, playlist, 8),
             (partial(vlc, folder=tmp_path / "hls"), playlist, 12),
             (partial(vlc, folder=tmp_path / "dash"), manifest, 12)]
    with ThreadPoolExecutor(len(plays)) as pool:
        shown = list(pool.map(lambda play: play[0](play[1], play[2]), plays))
    for (_, url, seconds), seen in zip(plays, shown):
        print(url, seconds, seen)
        assert len(seen.clocks) >= 90 and seen.clocks == sorted(
            seen.clocks), "time falls, or fewer than 90 frames"
