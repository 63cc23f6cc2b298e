# SPDX-License-Identifier: Apache-2.0
"""WebSockets over HTTP/2 (RFC 8441): llws.v1 by frames of our own, and the page over TLS."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from statistics import median

import pytest

from harness.firefox import firefox_running
from harness.http1 import get
from harness.metrics import total
from harness.program import Program, start, stop
from harness.waiting import pause, wait_until
from harness.websocket import (
    CATCH_UP, CLOSE, HEADER, PING, PONG, VIDEO, Ended, Media, frame, longest_run)
from harness.websocket2 import HTTP2Socket, status_of

RUN = 5  # successive chunks that arrive before the next one is sent; a part has three
SMALL = ["--resolution", "640x360", "--bitrate", "1000"]


def subscribed(port: int, path: str = "/live/ws", **headers: str) -> HTTP2Socket:
    """A socket that receives the video."""
    client = HTTP2Socket(port, path, headers=headers)
    assert client.status == 200 and client.setting == 1
    client.send({"t": "hello", "v": 1})
    client.send({"t": "subscribe", "tracks": ["v"]})
    return client


def test_media_are_the_bytes_of_http(server: Program) -> None:
    """Header, backlog and live chunks, as over HTTP/1.1; Ping frames are answered."""
    client = subscribed(server.port)
    assert client.until("subscribed")["track"] == "v"
    header = client.next()
    assert isinstance(header, Media) and header.kind == HEADER and header.payload[4:8] == b"ftyp"
    media = client.media(90, VIDEO)
    assert media[0].is_key and media[0].flags & CATCH_UP
    numbers = [m.sequence for m in media]
    assert all((b - a) % 2**32 == 1 for a, b in zip(numbers, numbers[1:]))
    starts = [i for i, m in enumerate(media) if m.is_key]
    joined = b"".join(m.payload for m in media[starts[1]:starts[2]])
    playlist = get(server.port, "/live/video/playlist.m3u8").text
    names = [line for line in playlist.splitlines() if line.startswith("segment")]
    assert any(get(server.port, f"/live/video/{name}").body == joined for name in reversed(names))
    live = [m for m in media if not m.flags & CATCH_UP]
    delays = [m.at * 1000 % 2**32 - m.sent for m in live]
    print(f"publish to client, ms: median {median(delays):.2f}, max {max(delays):.2f}")
    assert longest_run(live) >= RUN
    client.send(frame(PING, b"still there"))
    while (answer := client.frame())[0] != PONG:
        pass
    assert answer[1] == b"still there"
    client.socket.close()


def test_statuses_are_decoded() -> None:
    """The first fields of RFC 7541, C.5.1 and C.6.1, and literals that are not indexed."""
    for section, status in (("4803333032", 302), ("48826402", 302), ("88", 200), ("8d", 404),
                            ("0803343035", 405), ("18826801", 401), ("4883680dff", 405)):
        assert status_of(bytes.fromhex(section)) == status, section


def test_other_paths_have_no_socket(server: Program) -> None:
    """A path of a playlist is refused, as is an unknown stream, protocol or method."""
    for path, status in (("/live/video/playlist.m3u8", 405), ("/", 405), ("/nosuchstream/ws", 404)):
        assert HTTP2Socket(server.port, path).status == status, path
    assert HTTP2Socket(server.port, "/ws", protocol="llws.v9").status == 400
    assert HTTP2Socket(server.port, "/ws", headers={":protocol": "connect-udp"}).status == 501
    with pytest.raises(Ended, match="RST_STREAM 1"):
        HTTP2Socket(server.port, "/ws", method="GET")


@pytest.mark.timeout(120)
def test_server_says_that_it_goes(streamer) -> None:
    """Close code 1001, then the end."""
    program = streamer(*SMALL)
    client = subscribed(program.port)
    client.media(3, VIDEO)
    os.kill(program.pid, signal.SIGTERM)
    assert client.close_code() == 1001
    client.send(frame(CLOSE, b"\x03\xe9"))
    client.socket.close()
    assert program.process.wait(10) == 0


@pytest.fixture
def secure(tmp_path: Path) -> Program:
    """A streamer with HTTPS and an access log."""
    program = start([*SMALL, "--https-port", "0", "--self-signed", "--access-log",
                     str(tmp_path / "access.log")], env={"XDG_STATE_HOME": str(tmp_path)})
    program.secure_url("/")
    yield program
    stop(program)


@pytest.mark.timeout(120)
def test_firefox_plays_over_http2(secure: Program, tmp_path: Path) -> None:
    """The same in Firefox."""
    with firefox_running(tmp_path) as firefox:
        firefox.open(secure.secure_url("/?transport=ws"))
        wait_until(lambda: firefox.evaluate("document.querySelector('video').currentTime > 0"), 30,
                   "Firefox plays")
        assert firefox.evaluate("__player.player") == "ws"
        pause(4, "playback")
        assert total(secure.port, "streamer_websockets") >= 1
    wait_until(lambda: total(secure.port, "streamer_websockets") == 0, 10, "the socket is closed")
    wait_until(lambda: "CONNECT /ws" in (tmp_path / "access.log").read_text(), 5,
               "the access log has CONNECT")
