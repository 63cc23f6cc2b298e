# SPDX-License-Identifier: Apache-2.0
"""Malformed requests, pipelining, clients that disconnect: the stream continues."""

from __future__ import annotations

import socket

import pytest

from harness.http1 import Closed, Connection, get
from harness.metrics import total, wait_held
from harness.playlist import parse
from harness.procfs import descriptors
from harness.program import Program
from harness.tunein import PLAYLIST, align, fetch
from harness.waiting import pause, seen_once, wait_until

HOST = "Host: x\r\n"
MALFORMED = {
    "no-version": "GET /health\r\n\r\n",
    "version-9": f"GET /health HTTP/9.9\r\n{HOST}\r\n",
    "lower-case-version": f"GET /health http/1.1\r\n{HOST}\r\n",
    "garbage": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "almost-http2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\n\n",
    "space-before-colon": f"GET /health HTTP/1.1\r\n{HOST}X : y\r\n\r\n",
    "folded-field": f"GET /health HTTP/1.1\r\n{HOST}X: y\r\n z\r\n\r\n",
    "bare-lf": "GET /health HTTP/1.1\nHost: x\n\n",
    "bare-cr": f"GET /health HTTP/1.1\r\n{HOST}X: a\rb\r\n\r\n",
    "nul": f"GET /health HTTP/1.1\r\n{HOST}X: a\0b\r\n\r\n",
    "no-host": "GET /health HTTP/1.1\r\n\r\n",
    "two-hosts": f"GET /health HTTP/1.1\r\n{HOST}{HOST}\r\n",
    "no-colon": f"GET /health HTTP/1.1\r\n{HOST}nothing\r\n\r\n",
    "empty-name": f"GET /health HTTP/1.1\r\n{HOST}: y\r\n\r\n",
    "length-and-chunked": f"POST /health HTTP/1.1\r\n{HOST}Content-Length: 4\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two-lengths": f"POST /health HTTP/1.1\r\n{HOST}Content-Length: 1\r\n"
                   "Content-Length: 2\r\n\r\nab",
    "length-list": f"POST /health HTTP/1.1\r\n{HOST}Content-Length: 1, 2\r\n\r\nab",
    "length-signed": f"POST /health HTTP/1.1\r\n{HOST}Content-Length: +1\r\n\r\na",
    "length-huge": f"POST /health HTTP/1.1\r\n{HOST}Content-Length: 99999999999999999999\r\n\r\n",
    "xchunked": f"POST /health HTTP/1.1\r\n{HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "space-in-target": f"GET /a b HTTP/1.1\r\n{HOST}\r\n",
    "control-in-target": f"GET /a\x01b HTTP/1.1\r\n{HOST}\r\n",
    "bad-escape": f"GET /live/%zz HTTP/1.1\r\n{HOST}\r\n",
    "relative-target": f"GET health HTTP/1.1\r\n{HOST}\r\n",
    "large-head": f"GET /health HTTP/1.1\r\n{HOST}X: {'a' * 20000}\r\n\r\n",
    "many-fields": f"GET /health HTTP/1.1\r\n{HOST}" + "X: y\r\n" * 150 + "\r\n",
    "long-target": f"GET /{'a' * 5000} HTTP/1.1\r\n{HOST}\r\n",
}
EXPECTED = {400, 404, 405, 411, 413, 414, 417, 431, 501, 505}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_request(name: str, server: Program) -> None:
    """A malformed request gets an error status or a closed connection (RFC 9112)."""
    with Connection(server.port, timeout=5) as connection:
        connection.send_raw(MALFORMED[name].encode("latin-1"))
        try:
            response = connection.read()
        except (Closed, ConnectionError):
            pass
        else:
            assert response.status in EXPECTED, response.status
            if name != "bad-escape":
                assert response.status != 404, "parsed as a well-formed request"
    assert get(server.port, "/health").status == 200


@pytest.mark.parametrize("size", [1, 7, 40])
def test_request_head_may_arrive_in_pieces(size: int, server: Program) -> None:
    """A head that arrives in small pieces is parsed as one request."""
    request = f"GET /version HTTP/1.1\r\n{HOST}X: y\r\n\r\n".encode()
    with Connection(server.port) as connection:
        for i in range(0, len(request), size):
            connection.send_raw(request[i : i + size])
            pause(0.001, "each piece should be a read of its own")
        assert connection.read().status == 200


def test_pipelined_responses_keep_the_order_of_requests(server: Program) -> None:
    """Responses are in the order of the requests, although the first request is held."""
    parent, index = align(server.port, 3).last_part
    with Connection(server.port) as connection:
        connection.send(f"{PLAYLIST}?_HLS_msn={parent}&_HLS_part={index + 3}")
        connection.send("/version")
        connection.send(f"{PLAYLIST}?_HLS_msn={parent}&_HLS_part={index + 1}")
        connection.send("/none")
        connection.send(f"/live/video/segment{parent}.{index + 1}.m4s")
        connection.send(PLAYLIST)
        first = connection.read()
        assert parse(first.text).last_part >= (parent, index + 3)
        assert connection.read().headers["content-type"] != first.headers["content-type"]
        assert parse(connection.read().text).last_part >= (parent, index + 1)
        assert connection.read().status == 404
        part = connection.read()
        assert part.status == 200 and part.headers["content-type"] == "video/mp4"
        assert parse(connection.read().text).last_part >= (parent, index)


def test_pipeline_of_a_thousand_requests_is_survived(server: Program) -> None:
    """A thousand pipelined requests after a held one neither fill memory nor stop the server."""
    parent, index = align(server.port, 3).last_part
    with Connection(server.port) as connection:
        connection.send(f"{PLAYLIST}?_HLS_msn={parent}&_HLS_part={index + 3}")
        request = f"GET /version HTTP/1.1\r\n{HOST}\r\n".encode() * 1000
        connection.socket.sendall(request)
        assert connection.read().status == 200
        read = 0
        try:
            while read < 1000 and connection.read(timeout=5).status == 200:
                read += 1
        except (Closed, ConnectionError):
            pass  # more than a connection may queue: closing is a valid response
    assert read > 0
    assert get(server.port, "/health").status == 200


def test_disconnected_clients_free_their_held_requests(server: Program) -> None:
    """Two hundred clients with held requests disconnect: none is held until its segment."""
    before = descriptors(server.pid)

    def is_released_at_once() -> bool:
        parent = align(server.port, 3).last_part[0]
        clients = []
        for i in range(200):
            connection = Connection(server.port)
            media = f"/live/video/segment{parent + 1}.m4s"
            connection.send(f"{PLAYLIST}?_HLS_msn={parent + 1}" if i % 2 else media)
            clients.append(connection)
        wait_held(server.port, 150)
        for i, connection in enumerate(clients):
            if i % 3 == 0:  # a reset instead of an orderly end
                connection.socket.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()
        wait_until(lambda: total(server.port, "streamer_held_requests") <= 5, 10,
                   "the release of held requests")
        return fetch(server.port).last_complete <= parent

    seen_once(is_released_at_once, 3, "a release before the segment is complete")
    wait_until(lambda: descriptors(server.pid) <= before + 5, 10,
               "the release of the clients' descriptors")


def test_absurd_requests_do_not_stop_the_stream(server: Program) -> None:
    """Absurd numbers get an error status, and the stream continues."""
    before = align(server.port, 1).last_part
    with Connection(server.port) as connection:
        for number in (2**63, 2**64 - 1, 2**64, 10**30, -1, "🙂".encode().hex()):
            for path in (f"{PLAYLIST}?_HLS_msn={number}", f"/live/video/segment{number}.m4s",
                         f"/live/video/segment{number}.0.m4s",
                         f"{PLAYLIST}?_HLS_msn=1&_HLS_part={number}",
                         f"{PLAYLIST}?wait={number}&version={number}", f"/time?{number}"):
                try:
                    assert connection.get(path).status in (200, 400, 404, 410, 425), path
                except (Closed, ConnectionError):
                    raise AssertionError(f"closed on {path}") from None
    assert align(server.port, 2).last_part > before
