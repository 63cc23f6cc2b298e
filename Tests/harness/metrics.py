# SPDX-License-Identifier: Apache-2.0
"""Reads Prometheus text exposition: `name{label="value"} number`."""

from __future__ import annotations

import re

from harness.http1 import get
from harness.program import Program
from harness.waiting import wait_until

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^}]*)\})? ([-+0-9.eE]+|NaN|[+-]Inf)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


def read_metrics(port: int) -> list[tuple[str, dict[str, str], float]]:
    """All samples of `/metrics`; fails on a malformed line."""
    response = get(port, "/metrics")
    assert response.status == 200, response.status
    samples = []
    for line in response.text.splitlines():
        if not line or line.startswith("#"):
            continue
        match = SAMPLE.match(line)
        assert match, f"not Prometheus text: {line!r}"
        samples.append((match.group(1), dict(LABEL.findall(match.group(2)
                                                           or "")), float(match.group(3))))
    return samples


def total(port: int, name: str, **labels: str) -> float:
    """Sum of the samples with this name and these labels."""
    return sum(value for n, have, value in read_metrics(port)
               if n == name and all(have.get(k) == v for k, v in labels.items()))


def fault(program: Program, reason: str) -> float:
    """How often a request or connection was refused or closed for `reason`."""
    return total(program.port, "streamer_connection_faults_total", reason=reason)


def wait_held(port: int, count: int, within: float = 3) -> None:
    """Waits until the server holds at least `count` requests."""
    wait_until(lambda: total(port, "streamer_held_requests") >= count, within,
               f"{count} held requests")
