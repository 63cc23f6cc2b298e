# SPDX-License-Identifier: Apache-2.0
"""Uploaded streams: ffmpeg's DASH and HLS muxers, and clients that may not upload."""

from __future__ import annotations

import re

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.http1 import get
from harness.metrics import total
from harness.opensegment import OpenSegmentReader
from harness.playlist import parse
from harness.program import Program, run_to_end, start, stop
from harness.uploads import Encoder, curl, frames
from harness.waiting import wait_until

FLAGS = ("--source", "relay", "--name", "studio", "--host", "127.0.0.1", "--http-port", "0")
DASH = ("-f", "dash", "-ldash", "1", "-streaming", "1", "-seg_duration", "1", "-frag_type",
        "every_frame", "-use_template", "1", "-use_timeline", "0", "-window_size", "5",
        "-extra_window_size", "3", "-method", "PUT", "-http_persistent", "1")
READERS = 50


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server with one uploaded stream, over HTTP and HTTPS."""
    folder = tmp_path_factory.mktemp("relay")
    program = start([*FLAGS, "--https-port", "0", "--self-signed"], defaults=False,
                    env={"XDG_STATE_HOME": str(folder)})
    program.secure_url("/")
    yield program
    assert stop(program) == 0, program.log_text()


def manifest(program: Program, path: str) -> str:
    """The text of an uploaded index; empty before its upload."""
    response = get(program.port, path)
    return response.text if response.status == 200 else ""


@pytest.mark.parametrize("path", ["/dash/manifest.mpd", "/ldash/dash2/manifest.mpd"])
def test_ffmpeg_uploads_low_latency_dash(origin: Program, tmp_path: Path, path: str) -> None:
    """`-f dash -ldash 1 -streaming 1 -method PUT`: readers get chunks early, ffmpeg plays it."""
    encoder = Encoder(tmp_path, *DASH, "-utc_timing_url", origin.url("/time?iso"),
                      origin.url(path))
    folder = path.rpartition("/")[0]
    try:
        encoder.wait(lambda: "availabilityTimeOffset" in manifest(origin, path), 10, "an MPD")
        readers = [OpenSegmentReader(origin.port, f"{folder}/chunk-stream0-00004.m4s")
                   for _ in range(READERS)]
        bodies = [reader.wait() for reader in readers]
        assert all(reader.outcome == "whole" for reader in bodies), {r.error for r in bodies}
        assert len({reader.body for reader in bodies}) == 1 and len(bodies[0].body) > 1000
        pieces = bodies[0].response.pieces if bodies[0].response else []
        assert len(pieces) >= 20, "the segment did not arrive by chunks"
        assert pieces[-1][0] - pieces[0][0] > 0.5, "the chunks arrived together"
        later = get(origin.port, f"{folder}/chunk-stream0-00004.m4s")
        assert later.body == bodies[0].body and "content-length" in later.headers
        assert later.headers["content-type"] == "video/mp4"
        mpd = get(origin.port, path)
        assert mpd.headers["content-type"] == "application/dash+xml"
        assert mpd.headers["cache-control"] == "public, max-age=1"
        count = frames(origin.url(path), 2)
        assert count >= 45, count
        # Deleted by ffmpeg: 5 + 3 segments are kept.
        wait_until(lambda: get(origin.port, f"{folder}/chunk-stream0-00001.m4s").status == 410, 15,
                   "the deletion of the first segment")
    finally:
        log = encoder.stop()
    assert "409" not in log and "failed to delete" not in log, log


@pytest.mark.parametrize("kind", ["fmp4", "mpegts"])
def test_ffmpeg_uploads_hls(origin: Program, tmp_path: Path, kind: str) -> None:
    """`-f hls -method PUT` with fMP4 and with TS; ffmpeg plays it."""
    folder = f"/hls-{kind}"
    suffix = "m4s" if kind == "fmp4" else "ts"
    encoder = Encoder(
        tmp_path, "-f", "hls", "-hls_time", "1", "-hls_list_size", "5", "-hls_flags",
        "delete_segments", "-hls_segment_type", kind, "-hls_segment_filename",
        origin.url(f"{folder}/seg-%05d.{suffix}"), "-method", "PUT", "-http_persistent", "1",
        origin.url(f"{folder}/index.m3u8"))
    try:
        encoder.wait(lambda: manifest(origin, f"{folder}/index.m3u8").count("#EXTINF") >= 3, 15,
                     "a playlist")
        playlist = get(origin.port, f"{folder}/index.m3u8")
        assert playlist.headers["content-type"] == "application/vnd.apple.mpegurl"
        segments = parse(playlist.text).segments
        first = get(origin.port, f"{folder}/{segments[0].uri}")
        assert first.headers["content-type"] == ("video/mp4" if kind == "fmp4" else "video/mp2t")
        assert frames(origin.url(f"{folder}/index.m3u8"), 2) >= 45
    finally:
        encoder.stop()


def test_keys(tmp_path: Path) -> None:
    """With a key only its owner uploads: curl by both schemes, ffmpeg by its URL."""
    key = "a-key-of-publishers"
    program = start([*FLAGS, "--publish-key", key], defaults=False)
    try:
        path = "/studio/a.m4s"
        assert curl(program, "PUT", path, body=b"x")[0] == 401
        assert curl(program, "PUT", path, "h1", "-u", f"any:{key}", body=b"x")[0] == 201
        bearer = f"Authorization: Bearer {key}"
        assert curl(program, "PUT", path, "h1", "-H", bearer, body=b"x")[0] == 204
        assert curl(program, "PUT", "/other/a.m4s", "h1", "-H", bearer, body=b"x")[0] == 201
        encoder = Encoder(tmp_path, *DASH, f"http://user:{key}@127.0.0.1:{program.port}"
                          "/studio/manifest.mpd")
        try:
            encoder.wait(lambda: "<MPD" in manifest(program, "/studio/manifest.mpd"), 10, "an MPD")
        finally:
            encoder.stop()
        for _ in range(5):
            assert curl(program, "PUT", path, "h1", "-u", "any:wrong", body=b"x")[0] == 403
        assert curl(program, "PUT", path, "h1", "-u", "any:wrong", body=b"x")[0] == 429
        # Its length is no guess: the publisher only has the same address.
        assert curl(program, "PUT", path, "h1", "-u", f"any:{key}", body=b"x")[0] == 204
        assert total(program.port, "streamer_publish_refused_total") >= 7
        assert key not in program.log_text().partition("\n")[2]
    finally:
        stop(program)


def test_no_page_may_publish(origin: Program) -> None:
    """A preflight permits neither PUT nor DELETE; an upload with Origin is refused."""
    preflight = get(origin.port, "/studio/a.m4s", "OPTIONS", {
        "Origin": "http://page.example", "Access-Control-Request-Method": "PUT"})
    assert preflight.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    status, _ = curl(origin, "POST", "/studio/a.m4s", "h1", "-H", "Origin: http://page.example",
                     body=b"x")
    assert status == 403


def test_page_and_statistics(origin: Program) -> None:
    """The page of an uploaded stream says so, and links what was uploaded."""
    assert curl(origin, "PUT", "/studio/live.m3u8", body=b"#EXTM3U\n")[0] in (201, 204)
    page = get(origin.port, "/studio/").text
    assert "an uploaded stream" in page and "./../?src=studio/live.m3u8" in page
    assert total(origin.port, "streamer_relayed_streams") >= 1
    assert get(origin.port, "/ready").status == 200
    assert re.search(r"<html", get(origin.port, "/ldash/play/studio").text)


def test_published_streams_are_bounded() -> None:
    """More streams than --max-published are 503; the window of each has its limit."""
    program = start([*FLAGS, "--max-published", "2", "--relay-window", "1,60"], defaults=False)
    try:
        for name, status in (("a", 201), ("b", 201), ("c", 503)):
            assert curl(program, "PUT", f"/{name}/1.ts", body=b"x")[0] == status
        for index in range(10):
            assert curl(program, "PUT", f"/studio/{index}.ts", body=b"x" * 300_000)[0] == 201
        assert get(program.port, "/studio/0.ts").status == 410
        assert get(program.port, "/studio/9.ts").status == 200
        assert curl(program, "PUT", "/studio/big.ts", body=b"x" * 1_100_000)[0] == 413
        assert total(program.port, "streamer_relayed_file_bytes") < 1_100_000
    finally:
        stop(program)


def test_wrong_source_is_refused() -> None:
    """`--source` names what it expects."""
    status, lines = run_to_end(["--source", "tape"])
    assert status == 2 and lines == [
        'streamer: --source: invalid value "tape" (expected uploads, rtmp, srt or page)']
