# SPDX-License-Identifier: Apache-2.0
"""WebSockets over HTTP/2 (RFC 8441): llws.v1 by frames of our own, and the page over TLS."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.firefox import firefox_running
from harness.http1 import get
from harness.metrics import total
from harness.procfs import resident_bytes
from harness.program import Program, start, stop
from harness.waiting import pause, wait_until
from harness.websocket import (CATCH_UP, CLOSE, HEADER, PING, PONG, VIDEO, Ended, Media, Socket,
                               frame)
from harness.websocket2 import HTTP2Socket, deaf_sockets, status_of

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
    assert any(get(server.port, f"/live/video/{name}").body == joined for name in names[-4:])
    delays = [m.at * 1000 % 2**32 - m.sent for m in media if not m.flags & CATCH_UP]
    print(f"publish to client, ms: median {median(delays):.2f}, max {max(delays):.2f}")
    assert median(delays) < 50
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


def test_slow_socket_skips_to_a_key_frame(streamer) -> None:
    """A viewer that opens no window loses chunks up to a key frame, and costs no other viewer."""
    program = streamer("--resolution", "1280x720", "--bitrate", "6000")
    reader = Socket(program.port, "/live/ws")
    reader.send({"t": "subscribe", "tracks": ["v"]})
    client = subscribed(program.port)
    client.media(10, VIDEO)
    delays = [m.at * 1000 % 2**32 - m.sent for m in reader.media(130, VIDEO)[-90:]]
    skip, media = None, []
    while len(media) < 60:
        message = client.next()
        if isinstance(message, dict) and message["t"] == "skip":
            skip, media = message, []
        elif isinstance(message, Media) and message.kind == VIDEO:
            if skip and not media:
                assert message.is_key and message.sequence == skip["to"]
            media.append(message)
    assert skip and (skip["to"] - skip["from"]) % 2**32 > 3
    late = [m.at * 1000 % 2**32 - m.sent for m in media[-20:]]
    print(f"skip of {skip['to'] - skip['from']} chunks; delay afterwards {median(late):.1f} ms; "
          f"the other viewer {median(delays):.1f} ms")
    assert median(late) < 200 and median(delays) < 100
    assert total(program.port, "streamer_websocket_skips_total") >= 1
    client.socket.close()
    reader.socket.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("each", [1, 50], ids=["one a connection", "50 a connection"])
def test_sockets_that_do_not_read_are_bounded(streamer, each: int) -> None:
    """500 viewers that read nothing cost no memory to speak of, and the others no time."""
    program = streamer("--resolution", "1280x720", "--bitrate", "4000")
    readers = {"HTTP/1.1": Socket(program.port, "/live/ws"),
               "HTTP/2": HTTP2Socket(program.port, "/live/ws")}
    subscribe = {"t": "subscribe", "tracks": ["v"]}
    for reader in readers.values():
        reader.send(subscribe)

    def delays(reader: Socket, count: int) -> list[float]:
        return [m.at * 1000 % 2**32 - m.sent for m in reader.media(count, VIDEO)]

    with ThreadPoolExecutor(2) as pool:
        calm = list(pool.map(lambda reader: delays(reader, 60)[-30:], readers.values()))
        before = resident_bytes(program.pid)
        deaf = [deaf_sockets(program.port, each, subscribe) for _ in range(500 // each)]
        futures = [pool.submit(delays, reader, 240) for reader in readers.values()]
        highest, most = 0, 0.0
        while not all(future.done() for future in futures):
            highest = max(highest, resident_bytes(program.pid))
            most = max(most, total(program.port, "streamer_websockets"))
            pause(0.2, "memory and sockets are sampled")
        busy = [future.result() for future in futures]
    grown = (highest - before) / 2**20
    skips = total(program.port, "streamer_websocket_skips_total")
    for name, quiet, found in zip(readers, calm, busy):
        print(f"500 deaf sockets, {each} a connection: {grown:.1f} MiB more, {skips:.0f} skips; "
              f"delay of the reader over {name} {median(quiet):.1f} -> median {median(found):.1f}, "
              f"max {max(found):.1f} ms")
        assert median(found) < 100
    assert most == 502
    assert grown < 60
    for reader in readers.values():
        reader.socket.close()
    wait_until(lambda: total(program.port, "streamer_websockets") == 0, 25, "deaf sockets are cut")
    for connection in deaf:
        connection.close()


def test_closed_window_is_cut_after_a_time(streamer) -> None:
    """A viewer that takes no byte for 10 s loses its HTTP/2 stream."""
    program = streamer(*SMALL)
    client = subscribed(program.port)
    client.media(10, VIDEO)
    assert total(program.port, "streamer_websockets") == 1
    wait_until(lambda: total(program.port, "streamer_websockets") == 0, 30, "the socket is cut")


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


@pytest.mark.timeout(90)
def test_chromium_plays_over_http2(browser: Browser, secure: Program, tmp_path: Path) -> None:
    """The page at https plays by ws; the request for the socket was CONNECT."""
    with viewer(browser) as view:
        view.open(secure.secure_url("/?transport=ws"))
        view.wait_playing()
        assert view.page.evaluate("() => __player.player") == "ws"
        view.watch(5)
        assert total(secure.port, "streamer_websockets") >= 1
        stalls = view.page.evaluate("() => __player.stalls")
        print(f"latency {view.page.evaluate('() => __player.latencyMs')}, {len(stalls)} stalls")
        assert not [url for url in view.requests if url.endswith(".m4s")], "media over HTTP"
    wait_until(lambda: total(secure.port, "streamer_websockets") == 0, 5, "the socket is closed")
    wait_until(lambda: "CONNECT /ws" in (tmp_path / "access.log").read_text(), 5,
               "the access log has CONNECT")


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
