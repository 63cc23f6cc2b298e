# SPDX-License-Identifier: Apache-2.0
"""Clips of random spans have exactly their frames, in ffmpeg and in Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.frames import clocks_of
from harness.program import Program
from test_clip_audio import count  # noqa: F401
from test_clips import clip, probe, published, span, toned  # noqa: F401


def test_random_spans_have_exactly_their_frames(toned: Program, tmp_path: Path) -> None:
    for number in range(12):
        start, end = span()
        answer = clip(toned, start, end)
        assert answer.status == 200, answer.text
        assert answer.headers["content-type"] == "video/mp4"
        assert "immutable" in answer.headers["cache-control"]
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(answer.body)
        assert clocks_of(path) == published(toned, start, end), (start, end)
        found = probe(path)
        assert [stream["codec_name"] for stream in found["streams"]] == ["h264", "aac"]
        times = [float(found["format"][name]) for name in ("start_time", "duration")]
        assert times == pytest.approx([0, count(start, end) / 30], abs=0.0005)


def test_chromium_shows_exactly_the_clip(toned: Program, browser: object) -> None:
    start, end = span()
    page = browser.new_page()  # type: ignore[attr-defined]
    page.goto(toned.url("/health"))
    duration = page.evaluate(
        """async url => {
          const video = document.createElement("video");
          video.muted = true;
          video.src = url;
          await new Promise((done, fail) => {
            video.onloadeddata = done;
            video.onerror = () => fail(new Error(video.error.message));
          });
          return video.duration;
        }""", f"/live/clip/{start:.3f}--{end:.3f}.mp4")
    assert duration == pytest.approx(count(start, end) / 30, abs=0.001)
    page.close()
