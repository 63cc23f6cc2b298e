# SPDX-License-Identifier: Apache-2.0
"""Clients that freeze, abandon, do not read and do not finish: ended in bounded time, and nobody else notices."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.http1 import Connection, get
from harness.metrics import total
from harness.procfs import cpu_nanoseconds, descriptors, resident_bytes
from harness.program import Program
from harness.tools import need
from harness.tunein import PLAYLIST, align, fetch

BASE = "/live/video/"
STALL = 10  # seconds without progress after which a connection is cut
HEAD = 10  # seconds within which a head must be complete
IDLE = 60  # seconds after which a connection without a request is closed
LINGER = 2
CHECK = 1.5  # how often the times are checked, and some slack

FROZEN_CLIENT = """
import socket, sys, time
port, count, request = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode().decode("unicode_escape").encode()
kept = []
for _ in range(count):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(request)
    kept.append(client)
print("connected", flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def many_descriptors() -> Iterator[None]:
    """As many descriptors as this machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def until(condition: Callable[[], bool], within: float, what: str) -> float:
    """Waits for `condition`; the seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within, what
        time.sleep(0.1)
    return time.monotonic() - began


def readable(clients: list[socket.socket], within: float) -> list[socket.socket]:
    """Those that have something to read."""
    ready = select.poll()
    for client in clients:
        ready.register(client, select.POLLIN)
    found = {descriptor for descriptor, _ in ready.poll(within * 1000)}
    return [client for client in clients if client.fileno() in found]


def still_serves(program: Program) -> None:
    """A new client gets the next part as it is made."""
    parent, part = fetch(program.port).last_part
    answer = get(program.port, f"{PLAYLIST}?_HLS_msn={parent}&_HLS_part={part + 2}", timeout=5)
    assert answer.status == 200 and answer.held < 1.5, (answer.status, answer.held)


def whole_segments(program: Program, count: int) -> str:
    """Pipelined requests for the last complete segments: more than any kernel keeps for one connection."""
    names = [segment.uri for segment in fetch(program.port).segments if segment.uri][-5:]
    return "".join(f"GET {BASE}{name} HTTP/1.1\r\nHost: x\r\n\r\n" for name in names * count)


def tcp_memory() -> int:
    """Bytes of kernel memory of all TCP sockets of the machine."""
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            return int(line.split()[-1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


@pytest.mark.timeout(60)
def test_frozen_clients(server: Program) -> None:
    """Clients stopped by SIGSTOP while much is sent to them are cut, and the others do not notice."""
    before, cut = descriptors(server.pid), total(server.port, "streamer_answers_cut_total")
    request = whole_segments(server, 4).replace("\r\n", "\\r\\n")
    client = subprocess.Popen(
        [sys.executable, "-c", FROZEN_CLIENT,
         str(server.port), "20", request], stdout=subprocess.PIPE)
    try:
        assert client.stdout is not None and client.stdout.readline()
        client.send_signal(signal.SIGSTOP)
        until(lambda: descriptors(server.pid) >= before + 15, 3, "the clients are not connected")
        still_serves(server)
        took = until(lambda: descriptors(server.pid) <= before + 3, STALL + CHECK + 3,
                     "frozen clients are kept")
        assert total(server.port, "streamer_answers_cut_total") >= cut + 20
        print(f"20 clients frozen by SIGSTOP: cut after {took:.1f} s")
    finally:
        client.kill()
        client.wait(5)
    still_serves(server)


@pytest.mark.timeout(60)
def test_clients_that_do_not_read(server: Program) -> None:
    """300 clients that ask for a lot and read nothing: cut in bounded time, memory of process and kernel bounded."""
    before, resident, kernel = descriptors(server.pid), resident_bytes(server.pid), tcp_memory()
    request = whole_segments(server, 4).encode()
    clients = []
    for _ in range(300):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        client.sendall(request)
        clients.append(client)
    began = time.monotonic()
    grown = kernel_grown = 0
    while descriptors(server.pid) > before + 3:
        assert time.monotonic() - began < STALL + CHECK + 5, "clients that do not read are kept"
        grown = max(grown, resident_bytes(server.pid) - resident)
        kernel_grown = max(kernel_grown, tcp_memory() - kernel)
        time.sleep(0.2)
    print(f"300 that do not read: closed after {time.monotonic() - began:.1f} s, "
          f"process + {grown / 1e6:.1f} MB, kernel + {kernel_grown / 1e6:.1f} MB")
    assert grown < 30e6
    assert kernel_grown < 150e6
    for client in clients:
        client.close()
    still_serves(server)


@pytest.mark.timeout(60)
def test_half_sent_requests(server: Program) -> None:
    """300 heads that are never completed: all are told so and closed when their time is over."""
    before = descriptors(server.pid)
    clients = []
    for i in range(300):
        client = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "[: 5 + i % 38])
        clients.append(client)
    began = time.monotonic()
    still_serves(server)
    time.sleep(HEAD - 3)
    assert descriptors(server.pid) >= before + 290, "closed too early"
    # One byte more does not buy more time.
    for client in clients[::2]:
        client.send(b"x")
    until(lambda: descriptors(server.pid) <= before + 3, HEAD, "half-sent requests are kept")
    took = time.monotonic() - began
    assert HEAD - 1 < took < HEAD + LINGER + 2 * CHECK, took
    statuses = []
    for client in clients:
        client.settimeout(1)
        try:
            statuses.append(client.recv(4096)[:12])
        except ConnectionError:
            statuses.append(b"")
        client.close()
    assert statuses.count(b"HTTP/1.1 408") >= 290, set(statuses)
    print(f"300 half-sent requests: closed after {took:.1f} s")


@pytest.mark.timeout(120)
def test_ten_thousand_abandoned_connections(server: Program) -> None:
    """10,000 connections opened and left alone: served beside them, and all gone when they have idled."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    count = 10_000
    if hard < count + 500:
        pytest.skip(f"only {hard} descriptors: {count} connections are not tested")
    before, resident = descriptors(server.pid), resident_bytes(server.pid)
    clients = []
    for i in range(count):
        client = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        if i % 2:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        clients.append(client)
    until(lambda: descriptors(server.pid) >= before + count - 10, 5, "not all are taken")
    each = (resident_bytes(server.pid) - resident) / count
    still_serves(server)
    # Half of them go without a word, by a reset; nothing of them is left at once.
    for client in clients[: count // 2]:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    until(lambda: descriptors(server.pid) <= before + count // 2 + 5, 5,
          "reset connections are kept")
    took = until(lambda: descriptors(server.pid) <= before + 5, IDLE + LINGER + 2 * CHECK + 5,
                 "idle ones are kept")
    print(f"10,000 abandoned: {each:.0f} bytes each, the last closed after {took:.0f} s")
    assert each < 4096
    for client in clients[count // 2 :]:
        client.close()
    still_serves(server)


@pytest.mark.timeout(60)
def test_descriptor_exhaustion(streamer: Callable[..., Program]) -> None:
    """Without descriptors nobody is accepted, those who are connected go on, nothing spins, and it ends by itself."""
    prlimit = need("prlimit", "exhausted descriptors")
    program = streamer("--resolution", "320x180")
    align(program.port, 1)
    with Connection(program.port) as viewer:
        viewer.get("/health")
        room = descriptors(program.pid) + 10
        _, hard = resource.prlimit(program.pid, resource.RLIMIT_NOFILE)
        subprocess.run([prlimit, "--pid", str(program.pid), f"--nofile={room}:{hard}"], check=True)
        began, spent = time.monotonic(), cpu_nanoseconds(program.pid)
        time.sleep(2)
        idle = (cpu_nanoseconds(program.pid) - spent) / (time.monotonic() - began) / 1e9
        clients = [
            socket.create_connection(("127.0.0.1", program.port), timeout=5) for _ in range(40)
        ]
        for client in clients:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.5)
        began, spent = time.monotonic(), cpu_nanoseconds(program.pid)
        parent, part = fetch_by(viewer)
        answer = viewer.get(f"{PLAYLIST}?_HLS_msn={parent}&_HLS_part={part + 3}")
        assert answer.status == 200
        time.sleep(2)
        busy = (cpu_nanoseconds(program.pid) - spent) / (time.monotonic() - began) / 1e9
        answered = readable(clients, 0)
        assert 0 < len(answered) < 40, f"{len(answered)} of 40 answered with room for ten"
        assert busy < idle + 0.5, f"spins: {idle:.2f} cores before, {busy:.2f} while exhausted"
        for client in answered:
            client.close()
            clients.remove(client)
        end = time.monotonic() + 15
        while clients and time.monotonic() < end:  # each round frees what it has answered
            for client in readable(clients, 1):
                client.close()
                clients.remove(client)
        assert not clients, f"{len(clients)} are never accepted"
    print(f"descriptors exhausted: {idle:.2f} cores before, {busy:.2f} while")
    still_serves(program)


def fetch_by(viewer: Connection) -> tuple[int, int]:
    """The last part, asked on a connection that is open already."""
    from harness.playlist import parse
    return parse(viewer.get(PLAYLIST).text).last_part


@pytest.mark.timeout(30)
def test_access_log_on_a_full_disk(streamer: Callable[..., Program]) -> None:
    """An access log that cannot be written is warned of once and counted; viewers do not notice."""
    program = streamer("--resolution", "320x180", "--access-log", "/dev/full", "--log-format",
                       "json")
    align(program.port, 1)
    for _ in range(3):
        for _ in range(50):
            assert get(program.port, "/version").status == 200
        time.sleep(0.3)
    still_serves(program)
    warnings = [line for line in program.log if "access_log_failed" in line]
    assert len(warnings) == 1, warnings
    entry = json.loads(warnings[0][9:])
    assert entry["level"] == "warning" and "/dev/full" in entry["message"]
    assert total(program.port, "streamer_access_log_lost_total") >= 150
