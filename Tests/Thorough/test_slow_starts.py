# SPDX-License-Identifier: Apache-2.0
"""A start that takes too long is 503."""

from __future__ import annotations

from harness.http1 import get
from harness.tunein import PLAYLIST


def test_dd_07_start_that_takes_too_long_is_503(streamer) -> None:
    """DD-07: without a complete segment, a request is held for 8 s, then 503 with Retry-After."""
    program = streamer("--segment-duration", "10", "--history", "0", "--resolution", "320x180")
    response = get(program.port, PLAYLIST, timeout=14)
    assert response.status == 503 and response.headers["retry-after"] == "1"
    assert 6 <= response.held <= 10
