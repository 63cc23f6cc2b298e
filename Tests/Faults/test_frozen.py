# SPDX-License-Identifier: Apache-2.0
"""Frozen peers and slow readers affect only themselves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from harness.http1 import Connection, get
from harness.procfs import resident_bytes
from harness.program import Program
from harness.recorder import record
from harness.tunein import PLAYLIST, align, fetch
from harness.waiting import pause, wait_until

READER = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    while True:
        s.sendall(b"GET " + sys.argv[2].encode() + b" HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
        s.recv(65536)
"""


def kernel_tcp_bytes() -> int:
    """Kernel memory for TCP, from /proc/net/sockstat."""
    for line in open("/proc/net/sockstat", encoding="ascii"):
        if line.startswith("TCP:"):
            words = line.split()
            return int(words[words.index("mem") + 1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def stream_is_intact(program: Program, seconds: float = 3) -> None:
    """Checks that another client gets every part in time."""
    found = record(program.port, seconds)
    assert not found.errors, found.errors
    first, last = found.playlists[0].last_part, found.playlists[-1].last_part
    parts = (last[0] - first[0]) * 10 + last[1] - first[1]
    assert parts >= seconds * 10 - 6, f"only {parts} parts in {seconds} s"


@pytest.mark.timeout(60)
def test_frozen_client_is_closed(streamer) -> None:
    """SIGSTOP of a client during a transfer: others are not affected; it is closed."""
    program: Program = streamer("--resolution", "640x360")
    uri = fetch(program.port).segments[-1].uri
    client = subprocess.Popen(
        [sys.executable, "-c", READER,
         str(program.port), f"/live/video/{uri}"])
    try:
        pause(0.5, "the transfer has begun")
        os.kill(client.pid, signal.SIGSTOP)
        stream_is_intact(program, 5)
        os.kill(client.pid, signal.SIGCONT)
    finally:
        client.kill()
        client.wait()
    assert get(program.port, "/health").status == 200


@pytest.mark.timeout(90)
def test_300_clients_that_do_not_read_are_closed(streamer) -> None:
    """They use little memory and are closed without progress; others are not affected."""
    program: Program = streamer()
    fetch(program.port)
    memory, kernel = resident_bytes(program.pid), kernel_tcp_bytes()
    clients = []
    for _ in range(300):
        client = socket.create_connection(("127.0.0.1", program.port))
        clients.append(client)
    try:
        for turn in range(7):
            playlist = fetch(program.port)
            names = [p.uri for s in playlist.segments[-3:] for p in s.parts]
            for client in clients:
                for name in names[turn % 3 :: 3]:
                    try:
                        client.send(f"GET /live/video/{name} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                    except OSError:
                        break
            pause(0.5, "the requests are spread over time")
        grown, held = resident_bytes(program.pid) - memory, kernel_tcp_bytes() - kernel
        print(f"\n300 clients that do not read: +{grown / 1e6:.1f} MB resident, "
              f"+{held / 1e6:.1f} MB in the kernel")
        assert grown < 100e6 and held < 400e6
        stream_is_intact(program, 4)
        wait_until(lambda: _closed(clients), 25, "the end of clients without progress", interval=1)
    finally:
        for client in clients:
            client.close()
    stream_is_intact(program, 2)


def _closed(clients: list[socket.socket]) -> bool:
    """Whether the server closed most of them: their sockets report an error or the end."""
    gone = 0
    for client in clients:
        try:
            client.setblocking(False)
            client.send(b"\r\n")
        except BlockingIOError:
            continue
        except OSError:
            gone += 1
    return gone > 0.8 * len(clients)


@pytest.mark.timeout(60)
def test_slow_reader_is_cut(streamer) -> None:
    """A reader that is too slow is cut; its truncated body never ends cleanly."""
    program: Program = streamer("--bitrate", "8000")
    parent = align(program.port, 5).last_part[0]
    with Connection(program.port, timeout=30) as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.send(f"/live/video/segment{parent}.m4s")
        pause(4, "the reader is slow")
        try:
            body = connection.read(timeout=25).body
        except Exception:
            return  # cut off
    assert body == get(program.port, f"/live/video/segment{parent}.m4s").body


@pytest.mark.timeout(60)
def test_frozen_server_catches_up(streamer) -> None:
    """SIGSTOP of the streamer for three seconds: it catches up, and held requests are answered."""
    program: Program = streamer("--resolution", "640x360")
    parent = align(program.port, 3).last_part[0]
    with Connection(program.port) as connection:
        connection.send(f"{PLAYLIST}?_HLS_msn={parent}&_HLS_part=9")
        os.kill(program.pid, signal.SIGSTOP)
        pause(3, "the duration of the freeze")
        os.kill(program.pid, signal.SIGCONT)
        assert connection.read().status in (200, 503)
    pause(1.5, "the time to catch up")
    stream_is_intact(program)
    assert abs(fetch(program.port).last_complete -
               time.time()) < 3, "the stream stays behind the clock"


@pytest.mark.timeout(60)
def test_few_descriptors_do_not_stop_the_stream(streamer) -> None:
    """Above the limit of descriptors connections wait or are refused; the stream continues."""
    program: Program = streamer("--resolution", "320x180", prefix=["prlimit", "--nofile=600:600"])
    clients = []
    try:
        for _ in range(900):
            clients.append(socket.create_connection(("127.0.0.1", program.port), timeout=2))
        pause(1, "the server has 900 clients")
        assert program.process.poll() is None
    finally:
        for client in clients:
            client.close()
    pause(0.5, "the server closes 900 connections")
    stream_is_intact(program)


@pytest.mark.timeout(60)
def test_frozen_program_is_replaced(streamer) -> None:
    """Under --supervise, a program without a sign of life for 10 s is killed and restarted."""
    program: Program = streamer("--supervise", "--resolution", "160x90")
    frozen = int(program.wait_logged("supervisor", "was started").message.split()[1])
    os.kill(frozen, signal.SIGSTOP)
    program.wait_logged("supervisor", f"process {frozen}: no sign of life for 10 s", within=20)
    program.wait_logged("supervisor", "was started", count=2, within=5)
    assert get(program.port, "/live/playlist.m3u8").status == 200
