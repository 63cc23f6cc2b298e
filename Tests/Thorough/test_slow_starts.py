# SPDX-License-Identifier: Apache-2.0
"""A start that takes too long is 503."""

from __future__ import annotations

import time

from harness.http1 import get
from harness.tunein import PLAYLIST
from harness.waiting import not_before


def test_dd_07_start_that_takes_too_long_is_503(streamer) -> None:
    """DD-07: without a complete segment, a request is held for 8 s, then 503 with Retry-After."""
    program = streamer("--segment-duration", "10", "--history", "0", "--resolution", "320x180")
    asked = time.monotonic()
    response = get(program.port, PLAYLIST, timeout=30)
    # The first segment would be complete after 10 s.
    assert response.status == 503 and response.headers["retry-after"] == "1"
    not_before(asked, 8, "the end of the hold")
