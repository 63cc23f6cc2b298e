# SPDX-License-Identifier: Apache-2.0
"""The configurations and commands of two other systems, against this program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.boxes import chunks
from harness.http1 import get
from harness.opensegment import OpenSegmentReader
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program
from harness.rtmp import publish
from harness.sources import Source
from harness.uploads import Encoder, frames
from harness.waiting import wait_until


@pytest.mark.timeout(120)
def test_the_lhls_platform(streamer: Callable[..., Program], sources: list[Source],
                           tmp_path: Path) -> None:
    """`rtmp://host/live/stream` in, two overlaid renditions, `/mrrtmp/playlist.m3u8` out."""
    rtmp, http = free_port(), free_port()
    path = tmp_path / "lhls.json"
    path.write_text(json.dumps({
        "httpPort": http, "rtmp": f"127.0.0.1:{rtmp}", "preset": "ultrafast",
        "streams": [{
            "stream": "mrrtmp", "rtmp": "live/stream", "playlist": "chunked",
            "rendition": ["640x360@900", "426x240@400"], "overlay": "{name} {utc} {resolution}",
        }],
    }))
    program = streamer("-c", str(path), "--host", "127.0.0.1", defaults=False)
    assert program.port == http
    sources.append(publish(rtmp, "live/stream", audio="aac"))

    def master() -> str:
        response = get(http, "/mrrtmp/playlist.m3u8", timeout=15)
        return response.text if response.status == 200 else ""

    text = wait_until(master, 25, "the multivariant playlist")
    assert "RESOLUTION=640x360" in text and "RESOLUTION=426x240" in text
    for line in [line for line in text.splitlines() if line.endswith(".m3u8")]:
        media = get(http, f"/mrrtmp/{line}")
        playlist = parse(media.text)
        # Chunked: complete segments, the open one, and a future one that is held; no parts.
        assert "#EXT-X-PART" not in media.text and "#EXT-X-SERVER-CONTROL" not in media.text
        folder = f"/mrrtmp/{line.rpartition('/')[0]}"
        last = playlist.segments[-1]
        reader = OpenSegmentReader(http, f"{folder}/{last.uri}").wait()
        assert reader.outcome == "whole" and reader.response is not None
        assert len(reader.response.pieces) >= 5, "the open segment did not arrive by chunks"
        init = get(http, f"{folder}/{last.map_uri}").body
        assert chunks(reader.body, init)
        assert frames(program.url(f"{folder}/{line.rpartition('/')[2]}"), 2) >= 40
    assert not program.logged("publish-refused")


@pytest.mark.timeout(90)
def test_streamline(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Its upload: `-f dash` with frames as chunks and names of its own, to `/ldash/STREAM/`."""
    program = streamer("--source", "relay", "--name", "studio", "--host", "127.0.0.1",
                       "--http-port", "0", defaults=False)
    folder = "/ldash/1234"
    encoder = Encoder(
        tmp_path, "-profile:v", "high", "-refs", "3", "-b:v", "800k", "-f", "dash", "-method",
        "PUT", "-streaming", "1", "-ldash", "1", "-frag_type", "every_frame", "-seg_duration", "2",
        "-use_template", "1", "-use_timeline", "0", "-index_correction", "1", "-window_size", "5",
        "-extra_window_size", "10", "-utc_timing_url", program.url("/time?iso"),
        "-media_seg_name", "chunk-stream-$RepresentationID$-$Number%05d$.m4s",
        "-init_seg_name", "init-stream1-$RepresentationID$.m4s", "-http_persistent", "1",
        program.url(f"{folder}/manifest.mpd"))
    try:
        encoder.wait(lambda: get(program.port, f"{folder}/manifest.mpd").status == 200, 10,
                     "an MPD")
        assert get(program.port, f"{folder}/init-stream1-0.m4s").body[4:8] == b"ftyp"
        early = OpenSegmentReader(program.port, f"{folder}/chunk-stream-0-00003.m4s").wait()
        assert early.outcome == "whole" and early.response is not None
        assert len(early.response.pieces) >= 30, "the segment did not arrive by chunks"
        assert frames(program.url(f"{folder}/manifest.mpd"), 2) >= 45
        page = get(program.port, "/ldash/play/1234", headers={"Accept": "text/html"})
        assert page.status == 200 and b"<html" in page.body.lower()
    finally:
        log = encoder.stop()
    assert "409" not in log and "failed" not in log, log
