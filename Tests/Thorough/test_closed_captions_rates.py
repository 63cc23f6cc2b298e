# SPDX-License-Identifier: Apache-2.0
"""Closed captions (CEA-608) of video that is passed through or encoded: rates, and HEVC."""

from __future__ import annotations

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
