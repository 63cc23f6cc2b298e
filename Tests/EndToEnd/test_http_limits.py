# SPDX-License-Identifier: Apache-2.0
"""The limits of HTTP/1.1 and HTTP/2, one flag each, and the response at each limit."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from harness.http1 import Closed, Connection, get
from harness.http2frames import HEADERS, SETTINGS, Frames, request
from harness.metrics import fault
from harness.playlist import parse
from harness.program import Program, start, stop
from harness.tunein import PLAYLIST
from harness.waiting import not_before, wait_until


@pytest.fixture(scope="module")
def strict() -> Iterator[Program]:
    """A streamer whose limits are all as low as possible."""
    program = start([
        "--resolution", "320x180", "--max-connections", "8", "--max-head-bytes", "1500",
        "--max-head-fields", "10", "--max-uri-bytes", "200", "--head-timeout", "0.5",
        "--idle-timeout", "1", "--hold-timeout", "0.3", "--max-held-requests", "3", "--max-streams",
        "7"
    ])
    yield program
    stop(program)


LIMITS = {
    "uri": (f"GET /{'a' * 300} HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "head": (f"GET / HTTP/1.1\r\nHost: a\r\nX: {'a' * 1500}\r\n\r\n", 431),
    "fields": ("GET / HTTP/1.1\r\nHost: a\r\n" + "X: a\r\n" * 12 + "\r\n", 431),
    "slow head": ("GET / HTTP/1.1\r\nHost: a\r\n", 408),
    "expectation": ("GET /health HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n", 417),
    "continue": (
        "POST /health HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
        405),
}


@pytest.mark.parametrize("name", LIMITS)
def test_each_limit_has_its_response(name: str, strict: Program) -> None:
    """Each limit has its flag and its response; the next client is not affected."""
    text, status = LIMITS[name]
    with Connection(strict.port, timeout=5) as connection:
        connection.send_raw(text.encode())
        assert connection.read().status == status
    assert get(strict.port, "/health").status == 200


def test_hold_timeout_is_503(strict: Program) -> None:
    """A hold ends after --hold-timeout with 503 and Retry-After."""
    parent = parse(get(strict.port, PLAYLIST).text).last_part[0]
    begun = time.monotonic()
    response = get(strict.port, f"{PLAYLIST}?_HLS_msn={parent + 1}")
    # Without --hold-timeout the limit is three target durations, in which the segment is complete.
    assert response.status == 503 and response.headers["retry-after"] == "1"
    not_before(begun, 0.3, "--hold-timeout")


def test_idle_connection_is_closed(strict: Program) -> None:
    """An idle connection is closed after --idle-timeout: one second, not the minute by default."""
    begun = time.monotonic()
    with Connection(strict.port, timeout=20) as connection:
        assert connection.get("/health").status == 200
        assert connection.socket.recv(10) == b""
        not_before(begun, 1, "--idle-timeout")


def test_connections_above_the_limit_get_503(strict: Program) -> None:
    """Connections above --max-connections get 503 with Retry-After; earlier ones continue."""
    def statuses_of_twelve() -> list[int]:
        connections = [Connection(strict.port, timeout=5) for _ in range(12)]
        statuses: list[int] = []
        for connection in connections:
            try:
                response = connection.get("/health")
                statuses.append(response.status)
                assert response.status == 200 or response.headers["retry-after"] == "1"
            except (Closed, ConnectionError, socket.timeout):
                statuses.append(0)
        for connection in connections:
            connection.close()
        return statuses

    rounds: list[list[int]] = []

    def is_refused() -> bool:
        rounds.append(statuses_of_twelve())
        return 503 in rounds[-1]

    wait_until(is_refused, 5, "a refused connection")
    assert rounds[-1].count(200) >= 1
    wait_until(lambda: get(strict.port, "/health").status == 200, 2.5, "an accepted connection")


def test_h2_stream_limits_are_announced_and_enforced(strict: Program) -> None:
    """--max-streams is in SETTINGS; above --max-held-requests a request gets 429."""
    with Frames(strict.port) as client:
        settings = client.next(SETTINGS).payload
        assert b"\0\x03\0\0\0\x07" in settings
        held = parse(get(strict.port, PLAYLIST).text).last_part[0] + 1
        client.send(b"".join(request(f"{PLAYLIST}?_HLS_msn={held}", 2 * i + 1) for i in range(4)))
        assert client.next(HEADERS).stream == 7, "the fourth is refused at once"
    assert fault(strict, "held_requests") >= 1
