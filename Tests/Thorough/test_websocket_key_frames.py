# SPDX-License-Identifier: Apache-2.0
"""Key frames on request of a WebSocket."""

from __future__ import annotations

import subprocess

import pytest

from harness.boxes import find, tfdt_ticks
from harness.http1 import get
from harness.playlist import parse
from harness.tools import need
from harness.waiting import wait_until
from harness.websocket import CATCH_UP, VIDEO, Media, Socket
from test_websocket import subscribed


@pytest.mark.parametrize("source", ["local", "isolated"])
def test_key_frames_come_on_request(source: str, streamer, tmp_path) -> None:
    """The next part answers a request for a key frame; two viewers share it; one per second."""
    options = ["--host", "127.0.0.1", "--http-port", "0", "--resolution", "320x180",
               "--bitrate", "300", "--segment-duration", "4"]
    if source == "isolated":
        film = tmp_path / "film.mp4"
        subprocess.run([need("ffmpeg", "a film"), "-v", "error", "-f", "lavfi", "-i",
                        "testsrc=s=320x180:r=30:d=8", "-g", "240", str(film)], check=True)
        options += ["--input", str(film), "--loop", "--passthrough", "never"]
    else:
        options += ["--test-src"]
    program = streamer(*options, defaults=False)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8").status == 200, 15, "live")
    asking, other = (subscribed(program.port, tracks=["v"]) for _ in range(2))

    def frame(chunk: Media) -> int:
        """The number of its first frame, at 30 per second: 3000 ticks each."""
        return tfdt_ticks(find(chunk.payload, "moof/traf/tfdt")[0]) // 3000

    def messages() -> tuple[Media, Media]:
        """The next chunk of each socket: one that is not read for seconds skips chunks."""
        return asking.media(1, VIDEO)[0], other.media(1, VIDEO)[0]

    def next_key(client: Socket) -> int:
        """The number of the next key frame; that of a chunk is another one on another loop."""
        while not (chunk := client.media(1, VIDEO)[0]).is_key:
            pass
        return frame(chunk)

    while not (first := messages()[0]).is_key or first.flags & CATCH_UP:
        pass
    last = [frame(messages()[0]) for _ in range(45)][-1]
    for client in (asking, other):
        client.send({"t": "key"})
    # The next scheduled one is 74 frames away; a busy machine may be a second behind.
    shared = next_key(asking)
    assert 0 < shared - last <= 40
    assert next_key(other) == shared
    for _ in range(5):
        asking.send({"t": "key"})
    second = next_key(asking)
    assert 20 < second - shared <= 40, "the next one a second later"
    assert next_key(other) == second
    # The seven requests are answered: in the time for a third key frame there is none.
    asking.media(45, VIDEO)
    playlist = parse(get(program.port, "/live/video/playlist.m3u8").text)
    requested = [(msn, index) for msn, index, part in playlist.all_parts()
                 if part.independent and index > 0]
    assert len(requested) == 2, "parts that begin with a key frame within a segment"
    asking.socket.close()
    other.socket.close()
