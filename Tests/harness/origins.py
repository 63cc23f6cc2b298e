# SPDX-License-Identifier: Apache-2.0
"""Two programs with the same stream, and Varnish in front of them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from harness import edges
from harness.crowd import Crowd
from harness.edges import Edge
from harness.http1 import get
from harness.metrics import read_metrics
from harness.ports import free_port
from harness.program import Program, kill, start, stop
from harness.waiting import pause, wait_until

BASE = "/live/video/"
SMALL = ["--resolution", "320x180", "--bitrate", "300"]


# The edge's window: an origin that was away has as many good probes as one that was not.
PROBES = 5


def probes(port: int) -> int:
    """The probes that an origin has answered."""
    return int(sum(value for name, labels, value in read_metrics(port)
                   if name == "streamer_requests_total" and labels["kind"] == "probe"))


class Origins:
    """Two programs on ports that they keep over a restart, and Varnish in front of them."""

    def __init__(self, folder: Path, *flags: str, source: Sequence[str] = ("--test-src",)) -> None:
        self.flags = [*source, *flags]
        self.ports = [free_port(), free_port()]
        self.programs: list[Program] = []
        try:
            self.programs += [self._start(port) for port in self.ports]
            self.edge: Edge = edges.varnish(folder, self.ports)
        except BaseException:
            self.stop_programs()
            raise
        try:
            self._wait_ready(self.ports)
            wait_until(lambda: get(self.edge.port, f"{BASE}playlist.m3u8").status == 200, 10,
                       "an answer of the edge, whose probes take some time")
        except BaseException:
            self.close()
            raise

    def _start(self, port: int, program: str = "") -> Program:
        return start(["--host", "127.0.0.1", "--http-port", str(port), *self.flags],
                     defaults=False, program=program)

    def kill(self, index: int) -> None:
        """SIGKILL."""
        kill(self.programs[index])

    def leave(self, index: int) -> None:
        """SIGUSR2: the origin ends, and leaves its streams to the other one."""
        os.kill(self.programs[index].pid, signal.SIGUSR2)

    def restart(self, index: int, program: str = "") -> None:
        """Starts an ended origin again and waits until it is ready; `program` is another build."""
        self.programs[index] = self._start(self.ports[index], program)
        self.wait_ready(index)

    def wait_ready(self, index: int) -> None:
        """Waits until an origin is ready, and until the edge has probed it."""
        self._wait_ready([self.ports[index]])

    def _wait_ready(self, ports: Sequence[int]) -> None:
        for port in ports:
            wait_until(lambda port=port: get(port, "/ready").status == 200, 15, "ready")
        pause(0.15, "metrics are kept for 0.1 s, and the requests above count as probes")
        before = {port: probes(port) for port in ports}
        for port in ports:
            wait_until(lambda port=port: probes(port) >= before[port] + PROBES, 15,
                       "probes of the edge")

    def freeze(self, index: int) -> None:
        """SIGSTOP."""
        os.kill(self.programs[index].pid, signal.SIGSTOP)

    def thaw(self, index: int) -> None:
        """SIGCONT; waits until the origin is ready."""
        os.kill(self.programs[index].pid, signal.SIGCONT)
        self.wait_ready(index)

    def stop_programs(self) -> None:
        """Ends both programs."""
        for program in self.programs:
            if program.process.poll() is None:
                os.kill(program.pid, signal.SIGCONT)
            stop(program)

    def close(self) -> None:
        """Ends everything."""
        self.edge.close()
        self.stop_programs()


def steps(origins: Origins, crowd: Crowd, number: int, count: int) -> float:
    """Every client fetches each part of `count` segments; the longest time for one part, in s."""
    worst, before = 0.0, time.time()
    for segment in range(number, number + count):
        for part in range(10):
            path = f"{BASE}segment{segment}.{part}.m4s"
            crowd.run([(0, client, path) for client in crowd.clients])
            refused = [client for client in crowd.clients if client.status != 200]
            assert not refused, f"{path}: {refused[0].status} {refused[0].body!r}"
            assert len({client.body for client in crowd.clients}) == 1
            now = time.time()
            worst, before = max(worst, now - before), now
    return worst
