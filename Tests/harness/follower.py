# SPDX-License-Identifier: Apache-2.0
"""A client that gets one part of a stream after another, beside a fault that must not disturb it.

A test waits for a number of parts, so that its verdict is not the speed of the machine.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from harness.http1 import Closed, Connection
from harness.playlist import parse
from harness.program import Program
from harness.waiting import wait_until

# The parts that show that a stream goes on: two segments of ten.
PARTS = 20
# The longest wait for parts, s; a stream that stands still has none.
WITHIN = 60


@dataclass
class Follower:
    """Follows a stream part by part: how late each arrives, and the faults."""

    program: Program
    stream: str = "live"
    part: float = 0.1
    # Seconds after the end of each part at which it arrived, by segment and index.
    arrivals: dict[tuple[int, int], float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    is_stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Asks for one part after another; parts are on the grid of the epoch."""
        try:
            with Connection(self.program.port, timeout=WITHIN) as connection:
                path = f"/{self.stream}/video/playlist.m3u8"
                msn, part = parse(connection.get(path).text).last_part
                while not self.is_stopped.is_set():
                    msn, part = (msn, part + 1) if part + 1 < round(1 / self.part) else (msn + 1, 0)
                    response = connection.get(f"{path}?_HLS_msn={msn}&_HLS_part={part}")
                    if response.status != 200:
                        self.faults.append(f"part {msn}.{part}: {response.status}")
                    elif "GAP" in response.text or "DISCONTINUITY\n" in response.text:
                        self.faults.append(f"part {msn}.{part}: a gap or a discontinuity")
                    late = time.time() - msn - (part + 1) * self.part
                    self.arrivals[msn, part] = late
        except (OSError, Closed, AssertionError, IndexError) as error:
            self.faults.append(f"/{self.stream}/: {error!r}")

    @property
    def lateness(self) -> list[float]:
        """How late the parts were, oldest first, in seconds."""
        return list(self.arrivals.values())

    def late_beyond(self, reference: Follower, seconds: float) -> list[tuple[int, int]]:
        """The parts that are more than `seconds` later than those of an undisturbed stream.

        A busy machine delays both.
        """
        expected = dict(reference.arrivals)
        return [part for part, late in list(self.arrivals.items())
                if part in expected and late > expected[part] + seconds]

    def figures(self) -> dict[str, float]:
        """Number of parts; median, 99th percentile and maximum of their lateness in ms."""
        found = sorted(self.lateness) or [0.0]
        return {
            "parts": len(found), "p50_ms": round(1000 * found[len(found) // 2]),
            "p99_ms": round(1000 * found[len(found) * 99 // 100]),
            "max_ms": round(1000 * found[-1]),
        }


@contextmanager
def followed(program: Program, *streams: str) -> Iterator[list[Follower]]:
    """Followers of streams with parts of 0.1 s; at the end nothing was wrong."""
    followers = [Follower(program, name) for name in streams or ("live",)]
    threads = [threading.Thread(target=one.run, daemon=True) for one in followers]
    for thread in threads:
        thread.start()
    try:
        yield followers
    finally:
        for one in followers:
            one.is_stopped.set()
        for thread in threads:
            thread.join(WITHIN)
    assert not any(one.faults for one in followers), [one.faults for one in followers]


def wait_parts(followers: Sequence[Follower], count: int = PARTS) -> None:
    """Waits until each follower has `count` parts more."""
    before = [len(one.arrivals) for one in followers]

    def are_there() -> bool:
        assert not any(one.faults for one in followers), [one.faults for one in followers]
        return all(len(one.arrivals) >= old + count for one, old in zip(followers, before))

    wait_until(are_there, WITHIN, f"{count} parts of {[one.stream for one in followers]}")


def check_undisturbed(program: Program, count: int = PARTS) -> None:
    """Another client gets one part after another, without a gap."""
    with followed(program) as followers:
        wait_parts(followers, count)
