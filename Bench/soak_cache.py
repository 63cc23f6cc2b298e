# SPDX-License-Identifier: Apache-2.0
"""The figures of Varnish in a soak: memory, descriptors (proc(5)) and objects (varnishstat)."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from typing import NamedTuple

from harness.edges import Edge
from harness.procfs import descendants, descriptors, resident_bytes
from harness.tools import need


# Media are kept for 5 minutes at most, in seconds: until then the number of objects grows. For
# segments deploy/edge/varnish/live.vcl has an hour, which the soak shortens.
KEPT = 300


class Row(NamedTuple):
    """The cache at one moment; `at` in seconds since the start of the soak."""

    at: float
    resident: int
    descriptors: int
    objects: int


class CacheFigures:
    """The rows of a soak."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.rows: list[Row] = []
        self.began = time.monotonic()
        self.workers = descendants(edge.process.pid)

    def look(self) -> str:
        """Adds a row; its text."""
        row = Row(time.monotonic() - self.began,
                  sum(resident_bytes(pid) for pid in self.workers),
                  sum(descriptors(pid) for pid in self.workers), self.counter("MAIN.n_object"))
        self.rows.append(row)
        return (f"varnish {row.resident / 1e6:.1f} MB {row.descriptors} descriptors "
                f"{row.objects} objects")

    def counter(self, name: str) -> int:
        """One figure of varnishstat."""
        tool = need("varnishstat", "the objects of Varnish")
        out = subprocess.run([tool, "-n", str(self.edge.log.parent / "state"), "-1", "-j"],
                             capture_output=True, text=True, check=True, timeout=10).stdout
        found = json.loads(out)
        return int(found.get("counters", found)[name]["value"])

    def verdict(self) -> list[str]:
        """The faults; empty if nothing grew.

        Descriptors are compared between the second and the last quarter, objects and memory between
        the halves of the time after `KEPT`, in soaks of twice that time or longer.
        """
        wrong = []
        elapsed = time.monotonic() - self.began
        if descendants(self.edge.process.pid) != self.workers:
            wrong.append("Varnish has restarted its worker")
        quarter = max(2, len(self.rows) // 4)
        before, after = (statistics.median(row.descriptors for row in rows) for rows in
                         (self.rows[quarter : 2 * quarter], self.rows[-quarter:]))
        if after > before * 1.5 + 50:
            wrong.append(f"descriptors of Varnish grow: {before:.0f} → {after:.0f}")
        if elapsed < 2 * KEPT:
            print(f"objects and memory of Varnish are not judged: {elapsed:.0f} s of {2 * KEPT}")
            return wrong
        settled = [row for row in self.rows if row.at >= KEPT]
        halves = settled[: len(settled) // 2], settled[len(settled) // 2 :]
        before, after = (statistics.median(row.objects for row in half) for half in halves)
        print(f"objects of Varnish after {KEPT} s, first half → second: {before:.0f} → {after:.0f}")
        if after > before * 1.2 + 100:
            wrong.append(f"objects of Varnish grow: {before:.0f} → {after:.0f}")
        before, after = (statistics.median(row.resident for row in half) for half in halves)
        print(f"resident of Varnish: {before / 1e6:.1f} → {after / 1e6:.1f} MB")
        if after > before * 1.2 + 32e6:
            wrong.append(f"memory of Varnish grows: {before / 1e6:.1f} → {after / 1e6:.1f} MB")
        return wrong
