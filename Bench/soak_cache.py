# SPDX-License-Identifier: Apache-2.0
"""The figures of Varnish in a soak: memory, descriptors (proc(5)) and objects (varnishstat)."""

from __future__ import annotations

import json
import statistics
import subprocess
from typing import NamedTuple

from harness.edges import Edge
from harness.procfs import descendants, descriptors, resident_bytes
from harness.tools import need


class Row(NamedTuple):
    """The cache at one moment."""

    resident: int
    descriptors: int
    objects: int


class CacheFigures:
    """The rows of a soak."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.rows: list[Row] = []
        self.workers = descendants(edge.process.pid)

    def look(self) -> str:
        """Adds a row; its text."""
        row = Row(sum(resident_bytes(pid) for pid in self.workers),
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
        """The faults; empty if nothing grew. Two quarters under load are compared."""
        wrong = []
        if descendants(self.edge.process.pid) != self.workers:
            wrong.append("Varnish has restarted its worker")
        quarter = max(2, len(self.rows) // 4)

        def growth(values: list[int]) -> tuple[float, float]:
            return (statistics.median(values[quarter : 2 * quarter]),
                    statistics.median(values[-quarter:]))

        before, after = growth([row.objects for row in self.rows])
        print(f"objects of Varnish, second quarter → last: {before:.0f} → {after:.0f}")
        # Media are kept for 5 minutes at most (deploy/edge/varnish/live.vcl).
        if after > before * 1.2 + 100 and len(self.rows) >= 60:
            wrong.append(f"objects of Varnish grow: {before:.0f} → {after:.0f}")
        before, after = growth([row.resident for row in self.rows])
        print(f"resident of Varnish: {before / 1e6:.1f} → {after / 1e6:.1f} MB")
        if after > before * 1.2 + 32e6 and len(self.rows) >= 60:
            wrong.append(f"memory of Varnish grows: {before / 1e6:.1f} → {after / 1e6:.1f} MB")
        before, after = growth([row.descriptors for row in self.rows])
        if after > before * 1.5 + 50:
            wrong.append(f"descriptors of Varnish grow: {before:.0f} → {after:.0f}")
        return wrong
