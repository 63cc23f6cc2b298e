# SPDX-License-Identifier: Apache-2.0
"""Processor time that the hypervisor gave to other machines: figures taken meanwhile are worse."""

from __future__ import annotations

from pathlib import Path


class StolenTime:
    """The stolen share of the processors' time since the creation, from /proc/stat (proc(5))."""

    def __init__(self) -> None:
        self.stolen, self.total = self._ticks()

    @staticmethod
    def _ticks() -> tuple[int, int]:
        # user nice system idle iowait irq softirq steal; guest time is part of user.
        ticks = [int(field) for field in Path("/proc/stat").read_text().split()[1:9]]
        return ticks[7], sum(ticks)

    def percent(self) -> float:
        """The share in percent; 0 on a machine of its own."""
        stolen, total = self._ticks()
        return round(100 * (stolen - self.stolen) / max(1, total - self.total), 1)
