# SPDX-License-Identifier: Apache-2.0
"""Pass-through of inputs with irregular key frames: segments of variable duration."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.http1 import get
from harness.idr import idr_chunks
from harness.mpd import SPACE, validate
from harness.playlist import parse
from harness.program import Program, start, stop
from harness.sources import ENCODER, Source
from harness.tunein import fetch, next_segments
from test_passthrough import play

# Key frames 0, 20 and 64 of every 97 frames: GOPs of 20, 44 and 33 frames.
UNEVEN = [*ENCODER, "-g", "300", "-x264-params", "scenecut=0", "-force_key_frames",
          "expr:if(mod(n,97),eq(mod(n,97),20)+eq(mod(n,97),64),1)"]


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
