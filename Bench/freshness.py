# SPDX-License-Identifier: Apache-2.0
"""Frame time → chunk readable: the delay of each frame at a client of the open segment."""

from __future__ import annotations

import time
from typing import Any

from harness.boxes import chunks
from harness.http1 import Connection
from harness.playlist import parse
from harness.tunein import PLAYLIST

BASE = "/live/video/"


def percentiles(values: list[float]) -> dict[str, float]:
    """min, p50, p99 and max, in the unit of the values, two digits."""
    ordered = sorted(values)
    at = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))]  # noqa: E731
    return {"min": round(ordered[0], 2), "p50": round(at(0.5), 2), "p99": round(at(0.99), 2),
            "max": round(ordered[-1], 2), "count": len(ordered)}


def frame_to_client(port: int, seconds: float) -> dict[str, Any]:
    """Milliseconds from the capture time in `prft` to the arrival of the whole chunk."""
    late: list[float] = []
    with Connection(port) as connection:
        number = parse(connection.get(PLAYLIST).text).last_complete + 2
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            response = connection.get(f"{BASE}segment{number}.m4s")
            if response.status != 200 or not response.pieces:
                raise RuntimeError(
                    f"segment {number}: {response.status}, {len(response.pieces)} HTTP chunks")
            for at, data in response.pieces:
                late += [(at * 1e9 - chunk.prft) / 1e6 for chunk in chunks(data) if chunk.prft]
            number += 1
    return percentiles(late)
