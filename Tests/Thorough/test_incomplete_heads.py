# SPDX-License-Identifier: Apache-2.0
"""A client that does not complete the head of its request."""

from __future__ import annotations

import time

from harness.http1 import Closed, Connection
from harness.program import Program
from harness.waiting import not_before


def test_incomplete_head_is_closed_after_ten_seconds(server: Program) -> None:
    """A head that is incomplete after ten seconds ends the connection."""
    start = time.monotonic()
    with Connection(server.port, timeout=30) as connection:
        connection.send_raw(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        try:
            response = connection.read()
            assert response.status in (400, 408)
        except (Closed, ConnectionError):
            pass
        not_before(start, 10, "--head-timeout")
