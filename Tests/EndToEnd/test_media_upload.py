# SPDX-License-Identifier: Apache-2.0
"""Media by POST: MPEG-TS and fragmented MP4 become a stream like that of an RTMP publisher."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.program import Program
from harness.rtmp import HOST
from harness.uploads import Encoder, curl, frames

TS = ("-f", "mpegts", "-muxdelay", "0", "-flush_packets", "1")
MP4 = ("-f", "mp4", "-movflags", "frag_every_frame+empty_moov+default_base_moof", "-flush_packets",
       "1")


@contextmanager
def encoder(folder: Path, *muxer: str, pass_fds: tuple[int, ...] = ()) -> Iterator[Encoder]:
    """ffmpeg that uploads."""
    running = Encoder(folder, *muxer, pass_fds=pass_fds)
    try:
        yield running
    finally:
        running.stop()


def numbers(program: Program) -> list[int]:
    """The numbers of the listed segments; empty before the start of the stream."""
    response = get(program.port, "/live/video/playlist.m3u8", timeout=15)
    if response.status != 200:
        return []
    return [int(line.partition("segment")[2].partition(".")[0])
            for line in response.text.splitlines()
            if line.startswith("segment") and line.count(".") == 1]


@pytest.mark.parametrize("muxer", [TS, MP4], ids=["mpegts", "fmp4"])
def test_container_is_passed_through(streamer: Callable[..., Program], tmp_path: Path,
                                     muxer: tuple[str, ...]) -> None:
    """`ffmpeg -f mpegts http://…`: the stream is packaged as that of any publisher."""
    program = streamer(*HOST, defaults=False)
    with encoder(tmp_path, *muxer, program.url("/live/stream.ts")) as running:
        running.wait(lambda: numbers(program), 15, "a playlist")
        program.wait_logged("publish-started", "HTTP")
        assert f"320x180 {PASSED_THROUGH}" in program.description()
        assert frames(program.url("/live/playlist.m3u8"), 3) >= 70
        assert get(program.port, "/manifest.mpd").status == 200
    program.wait_logged("publish-ended")


CMAF = ("-f", "mp4", "-movflags", "cmaf+empty_moov+frag_every_frame", "-write_prft", "wallclock",
        "-flush_packets", "1")


@pytest.mark.timeout(60)
def test_manifest_of_a_publisher_is_ignored(streamer: Callable[..., Program],
                                            tmp_path: Path) -> None:
    """A manifest before the tracks and its updates are 200, and the server serves its own."""
    program = streamer(*HOST, defaults=False)
    manifest = b'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" id="of-the-camera"/>'
    for method, path in [("PUT", "/live/index.mpd"), ("POST", "/live/session_1/index.mpd"),
                         ("PUT", "/ldash/live/index.m3u8")]:
        assert curl(program, method, path, body=manifest) == (200, b"")
    assert not program.logged("publish-started")
    with encoder(tmp_path, *CMAF, program.url("/live/camera.cmfv")) as running:
        running.wait(lambda: numbers(program), 15, "a playlist")
        assert curl(program, "PUT", "/live/manifest.mpd", body=manifest)[0] == 200
        for path in ("/manifest.mpd", "/live/manifest.mpd"):
            assert "of-the-camera" not in get(program.port, path).text
        assert b"<Period" in get(program.port, "/manifest.mpd").body
        count = len(numbers(program))
        running.wait(lambda: len(numbers(program)) > count, 10, "further segments")
    program.check_logged("publish-started", stream="live")
    large = b"x" * (1 << 20) + b"x"
    assert curl(program, "PUT", "/live/index.mpd", body=large)[0] == 413


def test_key(streamer: Callable[..., Program]) -> None:
    """The key of RTMP is the password of HTTP; pages may not publish without one."""
    program = streamer(*HOST, "--publish-key", "sesame-open", defaults=False)
    assert curl(program, "POST", "/live/a.ts", body=b"x")[0] == 401
    assert curl(program, "POST", "/live/a.ts", "h1", "-u", "any:wrong", body=b"x")[0] == 403
    assert curl(program, "POST", "/live/a.ts", "h1", "-u", "any:sesame-open", body=b"x")[0] == 204
    other = streamer(*HOST, defaults=False)
    assert curl(other, "PUT", "/live/list.xml", body=b"<MPD/>")[0] == 415
    assert curl(program, "PUT", "/live/index.mpd", body=b"<MPD/>")[0] == 401
    origin = "Origin: http://page.example"
    assert curl(other, "POST", "/live/a.ts", "h1", "-H", origin, body=b"x")[0] == 403


@pytest.mark.timeout(60)
@pytest.mark.parametrize("key", ["", "the-key-of-all-streams"])
def test_posted_tracks_create_their_stream(streamer: Callable[..., Program], tmp_path: Path,
                                           key: str) -> None:
    """The first request of a name decides: a posted track makes a live stream of it.

    A file is then refused with the reason, and so is a track of a stream of uploaded files.
    """
    program = streamer(*HOST, *(["--publish-key", key] if key else []), defaults=False)
    rights = ("-H", f"Authorization: Bearer {key}") if key else ()
    plain = ("-headers", f"Authorization: Bearer {key}\r\n") if key else ()
    if key:
        assert curl(program, "POST", "/two/video.cmfv", body=b"x")[0] == 401
        assert get(program.port, "/two/").status == 404
    with encoder(tmp_path, *CMAF, "-method", "POST", *plain,
                 program.url("/two/Streams(video.cmfv)")) as running:
        running.wait(lambda: get(program.port, "/two/playlist.m3u8", timeout=15).status == 200, 20,
                     "a playlist")
        program.check_logged("publish-started", "HTTP (video)", stream="two")
        status, reason = curl(program, "PUT", "/two/segment-1.m4s", "h1", *rights, body=b"x")
        assert status == 409 and b"live" in reason
    assert curl(program, "PUT", "/files/a.m4s", "h1", *rights, body=b"x")[0] == 201
    status, reason = curl(program, "POST", "/files/video.cmfv", "h1", *rights, body=b"x")
    assert status == 409 and b"uploaded files" in reason
