# SPDX-License-Identifier: Apache-2.0
"""Resident bytes per connection, idle and with a held request."""

from __future__ import annotations

import resource
import socket
from typing import Any

from harness.procfs import resident_bytes
from harness.program import Program
from harness.tunein import PLAYLIST, align
from harness.waiting import pause  # noqa: E402


def open_idle(port: int, count: int) -> list[socket.socket]:
    """`count` connections that have each sent one small request and read its response."""
    opened = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.recv(4096)
        opened.append(connection)
    return opened


def bytes_per_connection(program: Program, count: int = 4000) -> dict[str, Any]:
    """Growth of the resident set per connection, the first time and again after all were closed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(count, (hard - 200) // 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rounds = []
    for _ in range(2):
        base = resident_bytes(program.pid)
        connections = open_idle(program.port, count)
        pause(0.3, "the server reads its connections")
        idle = resident_bytes(program.pid)
        parent = align(program.port, 1).last_part[0]
        request = f"GET {PLAYLIST}?_HLS_msn={parent + 1} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        for connection in connections:
            connection.sendall(request)
        pause(0.2, "all requests are held")
        held = resident_bytes(program.pid)
        for connection in connections:
            connection.close()
        pause(1, "the server releases its memory")
        rounds.append({"idle": round((idle - base) / count), "held": round((held - base) / count)})
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return {"connections": count, "rounds": rounds}
