# SPDX-License-Identifier: Apache-2.0
"""Closed captions (CEA-608) of video that is passed through or encoded: rates, and HEVC."""

from __future__ import annotations

import ctypes.util
from pathlib import Path

import pytest

from harness.captionsource import captioned_clip
from test_closed_captions import SECONDS, check_captions, path  # noqa: F401


@pytest.mark.timeout(90)
@pytest.mark.parametrize("options", [
    ["--passthrough", "always"], ["--passthrough", "never"],
    ["--passthrough", "never", "--framerate", "15"],
    ["--passthrough", "never", "--framerate", "60", "--resolution", "320x180"]],
    ids=["passed through", "encoded", "at half the rate", "at twice the rate"])
def test_captions_are_signalled_and_complete(options: list[str], path: Path, streamer,  # noqa: F811
                                             tmp_path: Path) -> None:
    """HLS and DASH name both channels once they are seen, and each text of CC1 is in the media."""
    check_captions(options, path, streamer, tmp_path)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("mode", ["always", "never"])
def test_captions_of_hevc(mode: str, streamer, tmp_path: Path) -> None:
    """So they are in the SEI messages of HEVC, and in the video that is encoded from it."""
    film = captioned_clip(tmp_path / "hevc.ts", SECONDS, codec="hevc")
    check_captions(["--passthrough", mode], film, streamer, tmp_path)


@pytest.mark.timeout(90)
def test_captions_of_deinterlaced_video(streamer, tmp_path: Path) -> None:
    """Interlaced video keeps them through the filter that deinterlaces it, one frame later."""
    if ctypes.util.find_library("avfilter") is None:
        pytest.skip("libavfilter not found: interlaced video is encoded with its combs")
    film = captioned_clip(tmp_path / "interlaced.ts", SECONDS, None, "640x360", "-flags",
                          "+ildct+ilme", "-x264-params", "tff=1")
    check_captions(["--passthrough", "never"], film, streamer, tmp_path)
