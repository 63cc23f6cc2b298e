"""Ladders: text over each rendition, and a machine that is too slow for all of them."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from harness.boxes import kinds
from harness.frames import pictures_of
from harness.http1 import get
from harness.metrics import total
from harness.playlist import Segment
from harness.program import Program
from harness.tunein import fetch


def live_segment(program: Program, rendition: str) -> Segment:
    """A segment that was made after the start."""
    path = f"/live/{rendition}/playlist.m3u8"
    begun = fetch(program.port, path=path).last_complete + 2
    return fetch(program.port, f"?_HLS_msn={begun}", path=path).segments[-1]


def test_overlay(streamer: Callable[..., Program]) -> None:
    """--overlay: white letters on black at the left above the lowest sixth, in each rendition's own size."""
    program = streamer("--rendition", "640x360@900", "--rendition", "320x180@300",
                       "--overlay", "{name} {utc} {resolution}")
    for name, width, height in (("360p", 640, 360), ("180p", 320, 180)):
        segment, base = live_segment(program, name), f"/live/{name}/"
        media = get(program.port, base + str(segment.map_uri)).body + get(program.port, base + str(segment.uri)).body
        pictures = pictures_of(media, width, height)
        rows = slice(height * 5 // 6 - height // 36, height * 5 // 6 - height // 60)
        box = pictures[:, rows, width // 50 + 2: width // 2]
        letters = pictures[:, height * 3 // 4: height * 5 // 6, width // 50: width // 2]
        assert np.median(box) < 40, f"{name}: no dark box beneath the letters"
        assert (letters > 180).mean() > 0.05, f"{name}: no white letters"
        assert (np.abs(np.diff(letters.astype(np.int16), axis=0)) > 100).any(), f"{name}: the time stands still"


@pytest.mark.timeout(90)
def test_overload_costs_the_lowest_rendition(streamer: Callable[..., Program]) -> None:
    """An encoder that stays behind: the lowest rendition becomes gaps that players can step over; the best plays on."""
    program = streamer("--rendition", "1280x720@3000", "--rendition", "160x90@100", "--preset", "placebo")
    deadline = time.monotonic() + 60
    while not any("90p is left out" in line for line in program.log):
        assert time.monotonic() < deadline, program.log_text()
        time.sleep(0.2)
    low = "/live/90p/playlist.m3u8"
    playlist = fetch(program.port, path=low)
    while not any(segment.gap for segment in playlist.segments):
        assert time.monotonic() < deadline, playlist.text
        time.sleep(0.3)
        playlist = fetch(program.port, path=low)
    gap = next(segment for segment in playlist.segments if segment.gap)
    assert gap.duration == 1 and not gap.discontinuity
    answer = get(program.port, f"/live/90p/{gap.uri}")
    assert (answer.status, kinds(answer.body)) == (200, ["styp"])
    best = fetch(program.port, path="/live/720p/playlist.m3u8")
    assert not any(segment.gap for segment in best.segments)
    assert {s.msn: s.pdt for s in best.segments}.items() & {s.msn: s.pdt for s in playlist.segments}.items()
    assert total(program.port, "streamer_segments_left_out_total", rendition="90p") >= 1
    assert total(program.port, "streamer_segments_left_out_total", rendition="720p") == 0
    assert total(program.port, "streamer_encoder_overloaded_total", rendition="720p") >= 1
    warnings = [line for line in program.log if "is a second behind" in line]
    assert 1 <= len(warnings) <= 3, "warned once for each encoder"
