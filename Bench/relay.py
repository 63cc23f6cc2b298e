# SPDX-License-Identifier: Apache-2.0
"""Relayed uploads: CPU per byte over the number of chunks, and the delay from upload to reader.

Uploads and readers are in this process. The clock of the delay starts before the system call that
sends a chunk, and ends when a reader has the whole chunk.
"""

from __future__ import annotations

import selectors
import socket
import statistics
import time
from typing import Any

from harness.http1 import Connection
from harness.procfs import cpu_nanoseconds
from harness.program import Program, start, stop
from harness.waiting import pause

FLAGS = ("--source", "relay", "--name", "relay", "--host", "127.0.0.1", "--http-port", "0",
         "--relay-window", "64,30")
SEGMENT = 1_000_000


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body)


def _upload(connection: Connection, path: str) -> None:
    connection.send_raw(f"PUT {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                        .encode())


def _segment(program: Program, path: str, chunks: int, readers: int) -> None:
    """Uploads one segment in `chunks` chunks; `readers` read it while it arrives."""
    clients = [Connection(program.port) for _ in range(readers)]
    with selectors.DefaultSelector() as selector, Connection(program.port) as upload:
        for client in clients:
            client.send(path)
            client.socket.setblocking(False)
            selector.register(client.socket, selectors.EVENT_READ)
        _upload(upload, path)
        wanted = 0
        received = dict.fromkeys((c.socket for c in clients), 0)
        size = SEGMENT // chunks
        for _ in range(chunks):
            upload.socket.sendall(_chunk(b"x" * size))
            wanted += size
            deadline = time.monotonic() + 5
            while any(count < wanted for count in received.values()):
                assert time.monotonic() < deadline, "a reader is too slow"
                for key, _ in selector.select(1):
                    found = key.fileobj
                    assert isinstance(found, socket.socket)
                    received[found] += len(found.recv(1 << 20))
        upload.send_raw(b"0\r\n\r\n")
        assert upload.read().status in (201, 204)
    for client in clients:
        client.close()


def cpu(program: Program, seconds: float, readers: int = 10) -> dict[str, float]:
    """CPU of the server in ns per relayed byte, by the number of chunks of a segment."""
    found: dict[int, list[float]] = {1: [], 10: [], 100: []}
    _segment(program, "/relay/warm.m4s", 10, readers)
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        for chunks, figures in found.items():
            before = cpu_nanoseconds(program.pid)
            for _ in range(5):
                number += 1
                _segment(program, f"/relay/cpu-{number}.m4s", chunks, readers)
            spent = cpu_nanoseconds(program.pid) - before
            figures.append(spent / (5 * SEGMENT * readers))
    return {str(chunks): round(statistics.median(figures), 3) for chunks, figures in found.items()}


def delay(program: Program, seconds: float, readers: int = 10) -> dict[str, float]:
    """Chunk sent → whole chunk at each reader, 25 chunks of 10 kB per second, in ms."""
    path, size = f"/relay/delay-{readers}.m4s", 10_000
    clients = [Connection(program.port) for _ in range(readers)]
    for client in clients:
        client.send(path)
    pause(0.2, "the requests are held before the upload")
    delays: list[float] = []
    with Connection(program.port) as upload:
        _upload(upload, path)
        heads = {}
        for index in range(int(seconds * 25)):
            sent = time.perf_counter()
            upload.send_raw(_chunk(b"x" * size))
            for client in clients:
                deadline = time.monotonic() + 5
                if index == 0:
                    heads[client] = client.read_head(deadline)
                left = size
                while left:
                    left -= len(client.read_piece(heads[client], deadline))
                delays.append((time.perf_counter() - sent) * 1000)
            pause(max(0, 0.04 - (time.perf_counter() - sent)), "the distance of two frames")
        upload.send_raw(b"0\r\n\r\n")
        upload.read()
    for client in clients:
        client.close()
    delays.sort()
    return {"p50": round(delays[len(delays) // 2], 2),
            "p99": round(delays[len(delays) * 99 // 100], 2), "max": round(delays[-1], 2)}


def relay(seconds: float) -> dict[str, Any]:
    """Both measurements, with a server of their own."""
    program = start(FLAGS, defaults=False)
    try:
        return {"delay_1": delay(program, seconds / 3, 1),
                "delay_10": delay(program, seconds / 3, 10),
                "cpu_ns_per_byte": cpu(program, seconds / 3)}
    finally:
        stop(program)
