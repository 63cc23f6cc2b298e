# SPDX-License-Identifier: Apache-2.0
"""The end of the program: SIGTERM ends the stream, SIGUSR2 does not (DD-08, PL-23)."""

from __future__ import annotations

import signal
import socket

import pytest

from harness.http1 import Closed, Connection, Later
from harness.metrics import wait_held
from harness.playlist import parse
from harness.tunein import PLAYLIST, align, fetch

SMALL = ("--resolution", "320x180")


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_dd_08_held_requests_get_the_ended_playlist(signum: signal.Signals, streamer) -> None:
    """DD-08: held requests are answered at once with ENDLIST; exit 0 within 5 s."""
    program = streamer(*SMALL)
    parent = align(program.port, 3).last_part[0]
    queries = [
        f"_HLS_msn={parent + 1}", f"_HLS_msn={parent + 1}&_HLS_part=5",
        f"_HLS_msn={parent + 1}&_HLS_skip=YES", f"_HLS_msn={parent + 1}&_HLS_part=2&_HLS_skip=v2"
    ]
    held = [Later(program.port, f"{PLAYLIST}?{query}") for query in queries]
    hinted = Later(program.port, f"/live/video/segment{parent + 1}.m4s")
    opened = Later(program.port, f"/live/video/segment{parent}.m4s")
    wait_held(program.port, len(queries) + 1)
    program.process.send_signal(signum)
    for request in held:
        response = request.result(5)
        playlist = parse(response.text)
        assert response.status == 200 and playlist.ended
        assert not playlist.hints and not playlist.skipped
        # The end of the stream answers them: at the limit of a hold they get 503.
    assert opened.result(5).status == 200
    try:
        assert hinted.result(5).status == 404
    except (Closed, ConnectionError):
        pass
    assert program.process.wait(6) == 0
    assert not program.logged("stopped"), "ended by the limit of a stop"


def test_pl_23_ended_playlist_lists_everything(streamer) -> None:
    """PL-23: ENDLIST, no hint; the open segment is closed and listed, or left out."""
    program = streamer(*SMALL)
    parent = align(program.port, 6).last_part[0]
    request = Later(program.port, f"{PLAYLIST}?_HLS_msn={parent + 1}")
    wait_held(program.port, 1)
    program.process.send_signal(signal.SIGTERM)
    playlist = parse(request.result(5).text)
    assert playlist.text.rstrip().endswith("#EXT-X-ENDLIST")
    assert playlist.last_complete in (parent - 1, parent)
    assert not playlist.open_parts, "parts without a segment at the end"


def test_sigusr2_leaves_without_ending(streamer) -> None:
    """SIGUSR2: no ENDLIST; held requests get 503 with Retry-After or are closed; exit 0."""
    program = streamer(*SMALL)
    parent = align(program.port, 3).last_part[0]
    held = Later(program.port, f"{PLAYLIST}?_HLS_msn={parent + 1}")
    opened = Later(program.port, f"/live/video/segment{parent + 1}.m4s")
    wait_held(program.port, 2)
    program.process.send_signal(signal.SIGUSR2)
    try:
        response = held.result(5)
        assert response.status == 503 and "retry-after" in response.headers, response.status
    except (Closed, ConnectionError):
        pass
    with pytest.raises((Closed, ConnectionError, AssertionError)):
        assert opened.result(5).status == 200
    assert program.process.wait(6) == 0


def test_sigterm_while_starting_exits_with_0(streamer) -> None:
    """SIGTERM before the stream is live: exit status 0."""
    program = streamer(*SMALL, "--history", "0", "--segment-duration", "5")
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(6) == 0


def test_keep_alive_connections_do_not_delay_the_end(streamer) -> None:
    """Idle connections are closed; another program waits for a client that does not read."""
    program, other = streamer(*SMALL), streamer(*SMALL)
    idle = [Connection(program.port) for _ in range(20)]
    for connection in idle:
        connection.get("/health")
    segment = f"/live/video/{fetch(other.port).segments[-1].uri}"
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        busy.connect(("127.0.0.1", other.port))
        busy.sendall(f"GET {segment} HTTP/1.1\r\nHost: a\r\n\r\n".encode() * 100)
        assert busy.recv(1, socket.MSG_PEEK) == b"H"
        for each in (other, program):
            each.process.send_signal(signal.SIGTERM)
        assert program.process.wait(6) == 0
        assert other.process.poll() is None, "idle connections are waited for as long"
        assert other.process.wait(10) == 0
    for connection in idle:
        connection.close()
