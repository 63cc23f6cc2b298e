# SPDX-License-Identifier: Apache-2.0
"""Clients that freeze, do not read, do not finish or are abandoned are cut; others are undisturbed.

When a client is cut is tested with a manual clock (Tests/HTTPTests/ConnectionTests.swift). Here are
the sockets, the memory and the descriptors of the running program.
"""

from __future__ import annotations

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

from harness.follower import check_undisturbed, followed, wait_parts
from harness.http1 import Connection, get
from harness.metrics import total
from harness.playlist import parse
from harness.procfs import cpu_nanoseconds, descriptors, resident_bytes
from harness.program import Program, log_entry
from harness.tools import need
from harness.tunein import PLAYLIST, align, fetch
from harness.waiting import pause, wait_until

BASE = "/live/video/"
# The longest waits for the ends of connections, s: the program cuts them after 10 s without
# progress, after 10 s without a complete head, and after 60 s without a request.
WITHIN, IDLE_WITHIN = 40, 100

FROZEN_CLIENT = """
import signal, socket, sys
port, count = int(sys.argv[1]), int(sys.argv[2])
request = sys.argv[3].encode().decode("unicode_escape").encode()
kept = []
for _ in range(count):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(request)
    kept.append(client)
print("connected", flush=True)
signal.pause()
"""


@pytest.fixture(autouse=True)
def many_descriptors() -> Iterator[None]:
    """Raises the limit of descriptors to the maximum of this machine."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def readable(clients: list[socket.socket], within: float) -> list[socket.socket]:
    """The clients with data to read."""
    ready = select.poll()
    for client in clients:
        ready.register(client, select.POLLIN)
    found = {descriptor for descriptor, _ in ready.poll(within * 1000)}
    return [client for client in clients if client.fileno() in found]


def whole_segments(program: Program, count: int) -> str:
    """Pipelined requests for complete segments: more than the kernel buffers."""
    names = [segment.uri for segment in fetch(program.port).segments if segment.uri][-5:]
    return "".join(f"GET {BASE}{name} HTTP/1.1\r\nHost: x\r\n\r\n" for name in names * count)


def tcp_memory() -> int:
    """Bytes of kernel memory of all TCP sockets of the machine."""
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            return int(line.split()[-1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


@pytest.mark.timeout(60)
def test_frozen_clients_are_cut(server: Program) -> None:
    """Clients stopped by SIGSTOP during a transfer are cut; others are not affected."""
    before, cut = descriptors(server.pid), total(server.port, "streamer_answers_cut_total")
    request = whole_segments(server, 4).replace("\r\n", "\\r\\n")
    client = subprocess.Popen(
        [sys.executable, "-c", FROZEN_CLIENT,
         str(server.port), "20", request], stdout=subprocess.PIPE)
    try:
        assert client.stdout is not None and client.stdout.readline()
        client.send_signal(signal.SIGSTOP)
        wait_until(lambda: descriptors(server.pid) >= before + 15, 20,
                   "the connections of the clients")
        began = time.monotonic()
        check_undisturbed(server)
        wait_until(lambda: descriptors(server.pid) <= before + 3, WITHIN,
                   "the end of frozen clients")
        took = time.monotonic() - began
        assert total(server.port, "streamer_answers_cut_total") >= cut + 20
        print(f"20 clients frozen by SIGSTOP: cut after {took:.1f} s")
    finally:
        client.kill()
        client.wait(5)


@pytest.mark.timeout(60)
def test_clients_that_do_not_read_are_cut(server: Program) -> None:
    """300 clients that read nothing are cut in bounded time with bounded memory."""
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

    def are_closed() -> bool:
        nonlocal grown, kernel_grown
        grown = max(grown, resident_bytes(server.pid) - resident)
        kernel_grown = max(kernel_grown, tcp_memory() - kernel)
        return descriptors(server.pid) <= before + 3

    with followed(server) as viewers:
        wait_until(are_closed, WITHIN, "the end of all connections", interval=0.2)
        wait_parts(viewers)
    print(f"300 that do not read: closed after {time.monotonic() - began:.1f} s, "
          f"process + {grown / 1e6:.1f} MB, kernel + {kernel_grown / 1e6:.1f} MB")
    assert grown < 30e6
    assert kernel_grown < 150e6
    for client in clients:
        client.close()


@pytest.mark.timeout(60)
def test_half_sent_requests_are_closed(server: Program) -> None:
    """300 heads that are never completed are answered and closed on time."""
    before = descriptors(server.pid)
    clients = []
    for i in range(300):
        client = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "[: 5 + i % 38])
        clients.append(client)
    began = time.monotonic()
    with followed(server) as viewers:
        wait_parts(viewers, 40)
        # One more byte after four seconds must not extend the time.
        for client in clients[::2]:
            client.send(b"x")
        ends = [wait_until(lambda half=half: len(readable(half, 0)) >= len(half) - 5, WITHIN,
                           "the end of half-sent requests") and time.monotonic() - began
                for half in (clients[1::2], clients[::2])]
        wait_parts(viewers)
    print(f"300 half-sent requests: answered after {ends[0]:.1f} s, after another byte "
          f"{ends[1]:.1f} s")
    # Had the byte extended the time, the second half would end four tenths later.
    assert ends[1] < 1.2 * ends[0]
    statuses = []
    for client in clients:
        client.settimeout(1)
        try:
            statuses.append(client.recv(4096)[:12])
        except ConnectionError:
            statuses.append(b"")
        client.close()
    assert statuses.count(b"HTTP/1.1 408") >= 290, set(statuses)
    wait_until(lambda: descriptors(server.pid) <= before + 3, WITHIN, "the end of all connections")


@pytest.mark.timeout(240)
def test_ten_thousand_idle_connections_are_closed(server: Program) -> None:
    """10,000 idle connections: others are served, and all are closed after the idle time."""
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
    wait_until(lambda: descriptors(server.pid) >= before + count - 10, 30, "all connections")
    each = (resident_bytes(server.pid) - resident) / count
    check_undisturbed(server)
    # Half of them are reset: the server releases those at once.
    for client in clients[: count // 2]:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    wait_until(lambda: descriptors(server.pid) <= before + count // 2 + 5, 30,
               "the end of reset connections")
    began = time.monotonic()
    wait_until(lambda: descriptors(server.pid) <= before + 5, IDLE_WITHIN,
               "the end of idle connections")
    took = time.monotonic() - began
    print(f"10,000 abandoned: {each:.0f} bytes each, the last closed after {took:.0f} s")
    assert each < 4096
    for client in clients[count // 2 :]:
        client.close()
    check_undisturbed(server)


@pytest.mark.timeout(60)
def test_descriptor_exhaustion_is_survived(streamer: Callable[..., Program]) -> None:
    """Without descriptors no client is accepted; open connections continue; the CPU stays idle."""
    prlimit = need("prlimit", "exhausted descriptors")
    program = streamer("--resolution", "320x180")
    align(program.port, 1)
    with Connection(program.port) as viewer:
        viewer.get("/health")
        room = descriptors(program.pid) + 10
        _, hard = resource.prlimit(program.pid, resource.RLIMIT_NOFILE)
        subprocess.run([prlimit, "--pid", str(program.pid), f"--nofile={room}:{hard}"], check=True)
        began, spent = time.monotonic(), cpu_nanoseconds(program.pid)
        pause(2, "the CPU time of a quiet server is measured")
        idle = (cpu_nanoseconds(program.pid) - spent) / (time.monotonic() - began) / 1e9
        clients = [
            socket.create_connection(("127.0.0.1", program.port), timeout=5) for _ in range(40)
        ]
        for client in clients:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        pause(0.5, "the server accepts clients as long as it has descriptors")
        began, spent = time.monotonic(), cpu_nanoseconds(program.pid)
        parent, part = fetch_by(viewer)
        response = viewer.get(f"{PLAYLIST}?_HLS_msn={parent}&_HLS_part={part + 3}")
        assert response.status == 200
        pause(2, "the CPU time without descriptors is measured")
        busy = (cpu_nanoseconds(program.pid) - spent) / (time.monotonic() - began) / 1e9
        answered = readable(clients, 0)
        assert 0 < len(answered) < 40, f"{len(answered)} of 40 answered with room for ten"
        assert busy < idle + 0.5, f"spins: {idle:.2f} cores before, {busy:.2f} while exhausted"
        for client in answered:
            client.close()
            clients.remove(client)
        end = time.monotonic() + WITHIN
        while clients and time.monotonic() < end:  # each round frees descriptors
            for client in readable(clients, 1):
                client.close()
                clients.remove(client)
        assert not clients, f"{len(clients)} are never accepted"
    print(f"descriptors exhausted: {idle:.2f} cores before, {busy:.2f} while")
    check_undisturbed(program)


def fetch_by(viewer: Connection) -> tuple[int, int]:
    """The last part, requested on an open connection."""
    return parse(viewer.get(PLAYLIST).text).last_part


@pytest.mark.timeout(30)
def test_access_log_on_a_full_disk_is_counted(streamer: Callable[..., Program]) -> None:
    """An access log that cannot be written is warned about once and counted; viewers play."""
    program = streamer("--resolution", "320x180", "--access-log", "/dev/full", "--log-format",
                       "json")
    align(program.port, 1)
    for _ in range(3):
        for _ in range(50):
            assert get(program.port, "/version").status == 200
        pause(0.3, "the warning must not repeat over time")
    check_undisturbed(program)
    warnings = [entry for entry in map(log_entry, (e.message for e in program.entries))
                if "/dev/full" in entry.message]
    assert len(warnings) == 1 and warnings[0].level == "warning", warnings
    assert total(program.port, "streamer_access_log_lost_total") >= 150
