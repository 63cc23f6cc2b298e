# SPDX-License-Identifier: Apache-2.0
"""When the program published parts, by its own record."""

from __future__ import annotations

from harness.http1 import get
from harness.program import Program
from harness.waiting import wait_until


def published(server: Program, *names: str) -> list[float]:
    """Waits until parts of the live stream are published; their times in Unix ms."""
    def times() -> list[float]:
        found = get(server.port, "/live/timestamps.json").json()["parts"]
        return [found[name] / 1e6 for name in names] if set(names) <= set(found) else []

    return wait_until(times, 30, f"{names[-1]}")
