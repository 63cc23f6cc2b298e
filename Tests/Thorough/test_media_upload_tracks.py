# SPDX-License-Identifier: Apache-2.0
"""Media by POST in several tracks, by a request for each fragment, and by any transport."""

from __future__ import annotations

import http.client
import struct
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.program import Program
from harness.rtmp import HOST
from harness.tools import need
from harness.uploads import TRANSPORTS, Encoder, begin, curl, frames, url
from harness.waiting import wait_until
from test_media_upload import CMAF, TS, encoder, numbers


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
        program.check_logged("publish-started", stream="live", count=2)
        assert frames(program.url("/live/playlist.m3u8"), 3) >= 70
        assert "TYPE=AUDIO" in get(program.port, "/live/playlist.m3u8").text
        assert curl(program, "POST", f"/live/{names[0]}", body=b"x")[0] == 409
    wait_until(lambda: len(program.logged("publish-ended", stream="live")) == 2, 10, "the ends")
    assert curl(program, "POST", f"/ldash/live/{names[0]}", body=bytes(8))[0] == 400


class Fragments(threading.Thread):
    """ffmpeg writes a CMAF track, which is sent by one request for its header and each fragment."""

    def __init__(self, program: Program, path: str, *options: str) -> None:
        super().__init__(daemon=True)
        self.program, self.path = program, path
        self.statuses: list[int] = []
        self.ffmpeg = subprocess.Popen(
            [need("ffmpeg", "CMAF tracks"), "-v", "error", "-nostdin", *options, "-f", "mp4",
             "-movflags", "cmaf+empty_moov+frag_keyframe", "-frag_duration", "200000",
             "-flush_packets", "1", "-"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.start()

    def run(self) -> None:
        """Sends bodies until ffmpeg ends or one is refused."""
        connection = http.client.HTTPConnection("127.0.0.1", self.program.port, timeout=20)
        assert self.ffmpeg.stdout is not None
        body = b""
        while head := self.ffmpeg.stdout.read(8):
            body += head + self.ffmpeg.stdout.read(struct.unpack(">I", head[:4])[0] - 8)
            if head[4:] not in (b"moov", b"mdat", b"mfra"):
                continue
            connection.request("POST", self.path, body)
            response = connection.getresponse()
            response.read()
            self.statuses.append(response.status)
            body = b""

    def end(self, *, orderly: bool = True) -> None:
        """Ends ffmpeg; only the orderly end writes the box that ends the track."""
        (self.ffmpeg.terminate if orderly else self.ffmpeg.kill)()
        self.ffmpeg.wait(10)
        self.join(10)


FILM = ("-re", *Encoder.SOURCE[1:])
TONE = ("-re", "-f", "lavfi", "-i", "sine", "-c:a", "aac")


@pytest.mark.timeout(90)
def test_a_request_for_each_fragment(streamer: Callable[..., Program]) -> None:
    """The requests of a track continue it: one publisher, one stream without Discontinuities."""
    program = streamer(*HOST, defaults=False)
    tracks = [Fragments(program, "/live/Streams(video.cmfv)", *FILM),
              Fragments(program, "/live/Streams(audio.cmfa)", *TONE)]
    wait_until(lambda: len(numbers(program)) >= 3, 25, "three segments")
    assert f"320x180 {PASSED_THROUGH}" in program.description()
    assert frames(program.url("/live/playlist.m3u8"), 3) >= 70
    program.check_logged("publish-started", stream="live", count=2)
    assert not program.logged("publish-ended") and not program.logged("source-gone")
    assert "DISCONTINUITY\n" not in get(program.port, "/live/video/playlist.m3u8").text
    for track in tracks:
        track.end()
        assert len(track.statuses) > 10 and set(track.statuses) == {204}
    wait_until(lambda: len(program.logged("publish-ended", stream="live")) == 2, 3, "the ends")


@pytest.mark.timeout(90)
def test_a_track_without_another_fragment_ends(streamer: Callable[..., Program]) -> None:
    """Ten seconds after the last fragment; a fragment without a header is then refused."""
    program = streamer(*HOST, defaults=False)
    track = Fragments(program, "/live/video.cmfv", *FILM)
    wait_until(lambda: numbers(program), 20, "a playlist")
    track.end(orderly=False)
    assert not program.logged("publish-ended")
    program.wait_logged("publish-ended", "no other fragment within 10 s", within=14)
    fragment = struct.pack(">I4s", 8, b"moof")
    assert curl(program, "POST", "/live/video.cmfv", body=fragment)[0] == 400


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
