# SPDX-License-Identifier: Apache-2.0
"""WebSockets that are slow or do not read, over both versions, or close their window."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

import pytest

from harness.metrics import fault, total
from harness.procfs import resident_bytes
from harness.waiting import pause, wait_until
from harness.websocket import VIDEO, Media, Socket, longest_run
from harness.websocket2 import HTTP2Socket, deaf_sockets
from test_websocket_http2 import RUN, SMALL, subscribed


def deaf_socket(port: int, message: dict[str, Any]) -> socket.socket:
    """A WebSocket over HTTP/1.1 that has sent a message; nothing more is ever read."""
    client = Socket(port, "/live/ws", headers={"receive-buffer": "4096"})
    client.send(message)
    return client.socket


def test_slow_socket_skips_to_a_key_frame(streamer) -> None:
    """A viewer that opens no window loses chunks up to a key frame, and costs no other viewer."""
    program = streamer("--resolution", "1280x720", "--bitrate", "6000")
    reader = Socket(program.port, "/live/ws")
    reader.send({"t": "subscribe", "tracks": ["v"]})
    client = subscribed(program.port)
    client.media(10, VIDEO)
    others = reader.media(130, VIDEO)[-90:]
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
    late, delays = ([m.at * 1000 % 2**32 - m.sent for m in some]
                    for some in (media[-20:], others))
    print(f"skip of {skip['to'] - skip['from']} chunks; delay afterwards {median(late):.1f} ms; "
          f"the other viewer {median(delays):.1f} ms")
    assert longest_run(media) >= RUN and longest_run(others) >= RUN
    assert total(program.port, "streamer_websocket_skips_total") >= 1
    client.socket.close()
    reader.socket.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("each", [0, 1, 50],
                         ids=["HTTP/1.1", "one a connection", "50 a connection"])
def test_sockets_that_do_not_read_are_bounded(streamer, each: int) -> None:
    """500 viewers that read nothing cost no memory to speak of, and the others no time."""
    program = streamer("--resolution", "1280x720", "--bitrate", "4000")
    readers = {"HTTP/1.1": Socket(program.port, "/live/ws"),
               "HTTP/2": HTTP2Socket(program.port, "/live/ws")}
    subscribe = {"t": "subscribe", "tracks": ["v"]}
    for reader in readers.values():
        reader.send(subscribe)

    def delays(media: list[Media]) -> list[float]:
        return [m.at * 1000 % 2**32 - m.sent for m in media]

    with ThreadPoolExecutor(2) as pool:
        calm = list(pool.map(lambda reader: reader.media(60, VIDEO)[-30:], readers.values()))
        before = resident_bytes(program.pid)
        deaf = [deaf_sockets(program.port, each, subscribe) if each
                else deaf_socket(program.port, subscribe) for _ in range(500 // max(each, 1))]
        futures = [pool.submit(reader.media, 240, VIDEO) for reader in readers.values()]
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
              f"delay of the reader over {name} {median(delays(quiet)):.1f} -> median "
              f"{median(delays(found)):.1f}, max {max(delays(found)):.1f} ms")
        assert longest_run(found) >= RUN
    assert most == 502
    assert grown < 60
    if not each:
        wait_until(lambda: fault(program, "stalled") >= 499, 25, "deaf sockets are counted")
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
