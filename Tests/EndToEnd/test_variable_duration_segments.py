# SPDX-License-Identifier: Apache-2.0
"""Pass-through of inputs with irregular key frames: segments end at key frames."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.boxes import chunks
from harness.browser import SMALL, viewer
from harness.continuity import check_one_stream, frames
from harness.http1 import get
from harness.labreport import report
from harness.messages import PASSED_THROUGH, VARIABLE_DURATION
from harness.mpd import SPACE, validate
from harness.players import ffmpeg, mpv, vlc
from harness.playlist import parse
from harness.program import Program, start, stop
from harness.recorder import record
from harness.sources import ENCODER, Source
from harness.tunein import fetch, next_segments
from harness.waiting import wait_until
from rules_sequence import idr_chunks
from test_passthrough import play

# Key frames 0, 20 and 64 of every 97 frames: GOPs of 20, 44 and 33 frames.
UNEVEN = [*ENCODER, "-g", "300", "-x264-params", "scenecut=0", "-force_key_frames",
          "expr:if(mod(n,97),eq(mod(n,97),20)+eq(mod(n,97),64),1)"]
# GOPs of 20 frames, which do not fit into segments of 30: two make one segment.
SHORT = [*ENCODER, "-g", "20", "-keyint_min", "20"]


@pytest.fixture(scope="module")
def uneven(binary: Path, hlsjs: Path) -> Iterator[Program]:
    """A streamer on such a source, shared by the tests that only read."""
    sources: list[Source] = []
    programs: list[Program] = []

    def run(*flags: str, **options: Any) -> Program:
        programs.append(start(list(flags), **options))
        return programs[0]

    yield play(run, sources, "udp", "--hlsjs", str(hlsjs), coding=UNEVEN)
    for program in programs:
        stop(program)
    for source in sources:
        source.kill()


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("coding", "lengths"), [(UNEVEN, {33, 64}), (SHORT, {40})],
                         ids=["uneven", "short"])
def test_segments_end_at_the_first_key_frame_after_the_minimum(coding: list[str], lengths: set[int],
                                                               streamer,
                                                               sources: list[Source]) -> None:
    """Segments end at the first key frame after the requested second; no frame is lost."""
    program = play(streamer, sources, "udp", coding=coding)
    assert f"640x360 {PASSED_THROUGH}" in program.description()
    assert "30 frames" in program.description() and VARIABLE_DURATION in program.description()
    found = record(program.port, 8)
    check_one_stream(found)
    seen = frames(found)
    assert [round((two.clock - one.clock) * 30)
            for one, two in zip(seen, seen[1:])] == [1] * (len(seen) - 1)
    init, segments = found.init(), found.segments()
    counts = {
        number: sum(c.samples for c in chunks(data, init))
        for number, (_, data) in segments.items()
    }
    # A program that misses the first group of 20 frames begins with a segment of 44.
    first = counts.pop(min(counts))
    assert first in lengths | ({44} if coding == UNEVEN else set()), first
    assert set(counts.values()) == lengths, counts
    parts = found.parts()
    for number, (uri, data) in segments.items():
        assert idr_chunks(data)[0], f"{uri} does not begin with a key frame"
        own = [data for (parent, _), (_, data) in sorted(parts.items()) if parent == number]
        assert not own or b"".join(own) == data, uri
    for playlist in found.playlists:
        # --max-gop 4 s plus the requested second (RFC 8216bis §4.4.3.1), constant.
        assert playlist.target_duration == 5
        for segment in playlist.segments:
            # §4.4.4.9: a part lasts at least 85 % of the target, except the last of its segment.
            assert all(
                part.duration >= playlist.part_target * 85 / 100 for part in segment.parts[:-1])
            # Durations are printed in whole microseconds.
            whole = sum(part.duration for part in segment.parts)
            assert not segment.parts or abs(whole - segment.duration) <= Decimal("0.000001")
    # The first number is that of the wall clock; then one more per segment, of a second or more.
    assert 0 <= time.time() - max(segments) < 60


@pytest.mark.timeout(60)
def test_dd_03_part_that_is_not_produced_means_the_next_segment(uneven: Program) -> None:
    """DD-03: a part index beyond the end of a segment means part 0 of the next one."""
    playlist = fetch(uneven.port)
    number = playlist.last_part[0] if playlist.open_parts else playlist.last_complete + 1
    asked = get(uneven.port, f"/live/video/playlist.m3u8?_HLS_msn={number}&_HLS_part=49",
                timeout=12)
    assert asked.status == 200
    after = parse(asked.text)
    assert after.last_complete >= number and after.last_part >= (number + 1, 0)
    assert len(after.segments[-1].parts) < 49
    part = get(uneven.port, f"/live/video/segment{number + 1}.49.m4s", timeout=12)
    assert part.status == 404


@pytest.mark.timeout(60)
def test_mpd_lists_each_segment(uneven: Program) -> None:
    """The MPD lists each segment with its duration, the open segment last; no chunked playlist."""
    next_segments(uneven.port, 3)
    text = get(uneven.port, "/live/manifest.mpd").text
    validate(text)
    template = ET.fromstring(text).find(f".//{SPACE}SegmentTemplate")
    assert template is not None and "duration" not in template.attrib
    first, scale = int(template.attrib["startNumber"]), int(template.attrib["timescale"])
    lengths = [int(entry.attrib["d"]) for entry in template.iter(f"{SPACE}S")]
    listed = {segment.msn: float(segment.duration) for segment in fetch(uneven.port).segments}
    compared = 0
    for number, length in enumerate(lengths[:-1], first):
        if number in listed:
            assert abs(listed[number] - length / scale) < 0.001
            compared += 1
    assert compared >= 2
    # Listed segments are available at once; the last one is open.
    newest = get(uneven.port, f"/live/video/segment{first + len(lengths) - 1}.m4s", timeout=12)
    assert newest.status == 200
    for path in ("/live/chunked.m3u8", "/live/video/chunked.m3u8"):
        refused = get(uneven.port, path)
        assert refused.status == 404 and refused.text


@pytest.mark.timeout(60)
def test_segment_after_the_open_one_is_held(uneven: Program) -> None:
    """The segment after the open one is held, however long; one further ahead is refused."""
    playlist = fetch(uneven.port)
    number = playlist.last_part[0]
    far = get(uneven.port, f"/live/video/segment{number + 9}.m4s")
    assert far.status == 425
    held = get(uneven.port, f"/live/video/segment{number + 1}.m4s", timeout=12)
    assert held.status == 200 and idr_chunks(held.body)[0]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("path", ["/", "/?player=hlsjs", "/ldash/play/live?target=1"])
def test_page_plays_variable_durations(path: str, browser: Browser, uneven: Program) -> None:
    """The page plays it by its own player, from playlist and MPD, and by hls.js."""
    with viewer(browser, SMALL) as view:
        view.open(uneven.url(path))
        view.wait_playing(frames=60)
        view.watch(2)
        began = time.time() * 1000
        view.watch(10)
        found = report(view.data(), since=began)
    print(f"{path}: {found['glass_to_glass_ms']} stalls {found['stalls']}")
    assert found["glass_to_glass_ms"]["p50"] < 1500
    assert found["clock_span_s"] > 8


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
