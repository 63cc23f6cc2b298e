# SPDX-License-Identifier: Apache-2.0
"""Gives units of tests (order.py) to the workers of a run.

Groups of pytest-xdist 3.8 are names of tests that are changed, which pytest 9.2 ignores: without a
scheduler of our own, the tests of a file are spread over all workers, and each of them starts the
programs and browsers of that file.

The first workers play: at most PLAYING_WORKERS units with browsers, VLC or mpv run at once. Tests
that use a program of the whole run have few workers, because each of those runs a program of its
own. These tests come first: the program ends after them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from xdist.scheduler.loadscope import LoadScopeScheduling

from harness import order

SHARING_WORKERS = 2
UNITS = "TEST_UNITS"


class UnitScheduling(LoadScopeScheduling):
    """The scheduler of pytest-xdist, with our units and a choice for each worker."""

    def __init__(self, config: Any, log: Any) -> None:
        super().__init__(config, log)
        self._known: dict[str, order.Unit] = {}
        self._kinds: dict[str, order.Unit] = {}
        self.playing = int(os.environ.get("PLAYING_WORKERS") or self.numnodes)

    def _split_scope(self, nodeid: str) -> str:
        if not self._known:
            self._known = order.told(Path(os.environ[UNITS]))
            self._kinds = {unit.name: unit for unit in self._known.values()}
        return self._known[nodeid].name

    def _rank(self, node: Any, name: str) -> int | None:
        """The rank of a unit for a worker, the lowest first; None if another worker has it."""
        worker = int(node.gateway.id[2:]) % self.numnodes
        sharing = self.playing if self.playing < self.numnodes else 0
        unit = self._kinds[name]
        if unit.plays:
            return (0 if unit.shares else 1) if worker < self.playing else None
        if unit.shares:
            return 2 if worker < sharing + SHARING_WORKERS else None
        return 3

    def _assign_work_unit(self, node: Any) -> None:
        ranks = {name: rank for name in self.workqueue
                 if (rank := self._rank(node, name)) is not None}
        if not ranks:
            node.shutdown()
            return
        self.workqueue.move_to_end(min(ranks, key=lambda name: ranks[name]), last=False)
        super()._assign_work_unit(node)

    def _reschedule(self, node: Any) -> None:
        """Gives a worker more if it has only the test that it runs, and the next one.

        A worker begins with a test when it knows the next one.
        """
        if node.shutting_down or self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)
