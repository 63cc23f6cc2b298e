# SPDX-License-Identifier: Apache-2.0
"""mpv and VLC output both tracks of each playlist, aligned."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import avsync
from harness.players import mpv_file, vlc_file
from harness.program import Program
from test_audio_players import tone  # noqa: F401


@pytest.mark.timeout(90)
@pytest.mark.parametrize("path", ["/live.m3u8", "/live/chunked.m3u8"])
@pytest.mark.parametrize("player", ["mpv", "vlc"])
def test_players_output_video_and_audio_aligned(player: str, path: str, tone: Program,
                                                tmp_path: Path) -> None:
    """mpv and VLC output both tracks; flash and beep are within one video frame."""
    if player == "mpv":
        output = tmp_path / "mpv.mkv"
        mpv_file(tone.url(path), 7, output)
    else:
        output = vlc_file(tone.url(path), 8, tmp_path)
    found = avsync.marks(output, output)
    print([f"{mark.offset * 1000:.1f} ms" for mark in found])
    assert len(found) >= 2 and all(abs(mark.offset) <= 1 / 30 for mark in found)
