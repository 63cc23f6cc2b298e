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
from harness.uploads import TRANSPORTS, Encoder, begin, curl, frames, url
from harness.waiting import wait_until

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


@pytest.mark.parametrize("names", [("Streams(video.cmfv)", "Streams(audio.cmfa)"),
                                   ("video.cmfv", "audio.cmfa")], ids=["streams", "plain"])
def test_tracks_are_joined(streamer: Callable[..., Program], tmp_path: Path,
                           names: tuple[str, str]) -> None:
    """One POST for each CMAF track: one stream with video as it is and audio."""
    program = streamer(*HOST, defaults=False)
    video, audio = (program.url(f"/live/{name}") for name in names)
    with encoder(tmp_path, "-map", "0", *CMAF, video, "-f", "lavfi", "-re", "-i", "sine",
                 "-map", "1", "-c:a", "aac", *CMAF, audio) as running:
        running.wait(lambda: numbers(program), 15, "a playlist")
        assert f"320x180 {PASSED_THROUGH}" in program.description()
        assert len(program.logged("publish-started", stream="live")) == 2
        assert frames(program.url("/live/playlist.m3u8"), 3) >= 70
        assert "TYPE=AUDIO" in get(program.port, "/live/playlist.m3u8").text
        assert curl(program, "POST", f"/live/{names[0]}", body=b"x")[0] == 409
    wait_until(lambda: len(program.logged("publish-ended", stream="live")) == 2, 10, "the ends")
    assert curl(program, "POST", f"/ldash/live/{names[0]}", body=bytes(8))[0] == 400


def test_next_publisher_continues(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """While one uploads, others are 409; the next one continues the stream."""
    program = streamer(*HOST, defaults=False)
    with encoder(tmp_path, *TS, program.url("/live/a.ts")) as running:
        running.wait(lambda: len(numbers(program)) >= 2, 15, "two segments")
        assert curl(program, "POST", "/live/b.ts", body=b"x")[0] == 409
        running.process.kill()
        running.process.wait(5)
    program.wait_logged("publish-ended")
    last = numbers(program)[-1]
    with encoder(tmp_path, *TS, program.url("/live/b.ts")) as running:
        running.wait(lambda: numbers(program)[-1] > last + 1, 15, "further segments")
        assert frames(program.url("/live/playlist.m3u8"), 3) >= 20


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_any_transport(streamer: Callable[..., Program], tmp_path: Path, transport: str) -> None:
    """ffmpeg through curl over HTTP/1.1, h2c and TLS; then the body may end."""
    program = streamer(*HOST, "--https-port", "0", "--self-signed", defaults=False,
                       env={"XDG_STATE_HOME": str(tmp_path)})
    url(program, transport, "/")
    upload = begin(program, "/live/clip.ts", transport)
    assert upload.process.stdin is not None
    with encoder(tmp_path, *TS, f"pipe:{upload.process.stdin.fileno()}",
                 pass_fds=(upload.process.stdin.fileno(),)) as running:
        running.wait(lambda: numbers(program), 15, "a playlist")
    assert upload.end() == 204


def test_key(streamer: Callable[..., Program]) -> None:
    """The key of RTMP is the password of HTTP; pages may not publish without one."""
    program = streamer(*HOST, "--publish-key", "sesame-open", defaults=False)
    assert curl(program, "POST", "/live/a.ts", body=b"x")[0] == 401
    assert curl(program, "POST", "/live/a.ts", "h1", "-u", "any:wrong", body=b"x")[0] == 403
    assert curl(program, "POST", "/live/a.ts", "h1", "-u", "any:sesame-open", body=b"x")[0] == 204
    other = streamer(*HOST, defaults=False)
    assert curl(other, "PUT", "/live/manifest.mpd", body=b"<MPD/>")[0] == 415
    origin = "Origin: http://page.example"
    assert curl(other, "POST", "/live/a.ts", "h1", "-H", origin, body=b"x")[0] == 403
