# SPDX-License-Identifier: Apache-2.0
"""A client that does not complete the head of its request."""

from __future__ import annotations

import time

from harness.http1 import Closed, Connection
from harness.program import Program


def test_incomplete_head_is_closed_after_ten_seconds(server: Program) -> None:
    """A head that is incomplete after ten seconds ends the connection."""
    with Connection(server.port, timeout=14) as connection:
        connection.send_raw(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        start = time.monotonic()
        try:
            response = connection.read()
            assert response.status in (400, 408)
        except (Closed, ConnectionError):
            pass
        assert 7 < time.monotonic() - start < 13
