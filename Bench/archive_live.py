# SPDX-License-Identifier: Apache-2.0
"""What an archive costs the live stream: CPU, and the delay of its chunks at a reader.

Two servers pass the same 720p file through, one of them with an archive; one loop reads both, so
that other work of the machine delays both. Phases alternate: quiet; 20 readers of the past; the
same while the disk is frozen.
Run: python Bench/archive_live.py PORT FIRST COUNT reads the past as 20 viewers do, until it is
ended.
"""

from __future__ import annotations

import os
import select
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests"))

from harness.archive import complete  # noqa: E402
from harness.boxes import prft_nanoseconds  # noqa: E402
from harness.http1 import Closed, Connection  # noqa: E402
from harness.procfs import thread_cpu  # noqa: E402
from harness.program import Program  # noqa: E402
from harness.waiting import pause, wait_until  # noqa: E402
from servers import Reader  # noqa: E402

READERS = 20
# A call that began while the disk was frozen lasts for 5 s.
THAW = 6


class Late(Reader):
    """A reader of open segments that notes how late each chunk is, in ms after its capture."""

    def __init__(self, port: int, number: int) -> None:
        self.late: list[float] = []
        self.clock = time.time() - time.monotonic()
        super().__init__(port, number)

    def took(self, data: bytes, now: float) -> None:
        """Compares the arrival with the time in `prft`."""
        place = data.find(b"prft", 0, 200)
        if place > 0:
            self.late.append((now + self.clock) * 1000 - prft_nanoseconds(data[place + 4:]) / 1e6)


def follow(programs: list[Program], seconds: float) -> list[list[float]]:
    """The delays of all chunks of each program's open segments."""
    readers = [Late(program.port, max(complete(program, "video")) + 2) for program in programs]
    sockets = {reader.socket: reader for reader in readers}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for one in select.select(list(sockets), [], [], 1)[0]:
            sockets[one].read()
    for reader in readers:
        reader.socket.close()
    return [reader.late for reader in readers]


def spent(program: Program) -> tuple[int, int]:
    """CPU nanoseconds of all threads, and of those of the archive."""
    threads = thread_cpu(program.pid).values()
    return (sum(cpu for _, cpu in threads),
            sum(cpu for name, cpu in threads if name.startswith("archive")))


@contextmanager
def rewinding(program: Program, first: int, count: int) -> Iterator[None]:
    """Viewers of the past, in another process."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__)), str(program.port), str(first), str(count)])
    try:
        yield
    finally:
        process.kill()
        process.wait(5)


def live(without: Program, archiving: Program, first: int, count: int, switch: Path,
         seconds: float, rounds: int) -> dict[str, Any]:
    """Delays and CPU of both programs in each phase.

    The archive has the segments `first` to `first + count`; its disk is frozen while `switch`
    exists.
    """
    both = [without, archiving]
    for program in both:
        wait_until(lambda program=program: complete(program, "video"), 20, "a playlist")
    pause(3, "the start must not be measured")
    delays: dict[str, list[list[float]]] = {}
    cpu: dict[str, list[list[float]]] = {}

    def measure(phase: str) -> None:
        """One phase."""
        before, began = [spent(program) for program in both], time.monotonic()
        found = follow(both, seconds)
        length = (time.monotonic() - began) * 1e9
        after = [spent(program) for program in both]
        for program, late in zip(delays.setdefault(phase, [[], []]), found):
            program += late
        cpu.setdefault(phase, []).append(
            [(after[1][1] - before[1][1]) / length]
            + [(new[0] - old[0]) / length for old, new in zip(before, after)])

    for _ in range(rounds):
        measure("quiet")
        with rewinding(archiving, first, count):
            pause(1, "the readers begin")
            measure(f"{READERS} readers of the past")
            switch.touch()
            pause(1, "the threads of the archive are stopped")
            measure("the same, frozen disk")
            switch.unlink()
        pause(THAW, "the disk answers again")
    return {"delays": delays, "cpu": cpu}


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values are."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def rows(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The table."""
    table = []
    for phase, (without, archiving) in found["delays"].items():
        for share, budget in ((0.5, ""), (0.99, "≤ 0.2 ms more")):
            values = [percentile(late, share) for late in (without, archiving)]
            table.append((
                f"archive: delay of a chunk p{share * 100:.0f}, without / with, {phase}",
                f"{values[0]:.2f} / {values[1]:.2f} ms ({values[1] - values[0]:+.2f} ms)", budget))
    for phase, shares in found["cpu"].items():
        own = statistics.median(threads for threads, _, _ in shares)
        added = statistics.median(both - one for _, one, both in shares)
        table.append((f"archive: CPU of its threads / of the process above without, {phase}",
                      f"{own * 100:.2f} / {added * 100:.2f} % of a core",
                      "≤ 2 %" if phase == "quiet" else ""))
    return table


def read_past(port: int, first: int, count: int, index: int) -> None:
    """One viewer: a second of video and audio per second."""
    step, connection = index, None
    begin = time.monotonic() + index / READERS
    while True:
        pause(max(0.0, begin + step - index - time.monotonic()), "the time of the segment")
        with suppress(OSError, Closed, TimeoutError):
            connection = connection or Connection(port, timeout=30)
            for name in ("video", "audio"):
                response = connection.get(f"/live/{name}/segment{first + step % count}.m4s")
                assert response.status in (200, 503), response.status
            step += 1
            continue
        connection = None
        pause(1, "the next attempt")


def main() -> None:
    """Reads the past; the servers come first, as if the viewers were on other machines."""
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    os.nice(5)
    port, first, count = map(int, sys.argv[1:])
    for index in range(READERS):
        threading.Thread(target=read_past, args=(port, first, count, index), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
