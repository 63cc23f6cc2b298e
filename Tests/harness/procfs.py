# SPDX-License-Identifier: Apache-2.0
"""Figures of a process from the kernel: CPU time, memory, descriptors (proc(5))."""

from __future__ import annotations

import os
from pathlib import Path

from harness.waiting import pause

EPOLL_CALLS = {"232", "281", "441"}  # epoll_wait, epoll_pwait, epoll_pwait2 on x86-64
EPOLL_CALLS_ARM = {"22", "441"}
TICKS = os.sysconf("SC_CLK_TCK")


def thread_cpu(pid: int) -> dict[int, tuple[str, int]]:
    """Name and CPU nanoseconds of each thread, from schedstat."""
    found: dict[int, tuple[str, int]] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            spent = int((task / "schedstat").read_text().split()[0])
            found[int(task.name)] = ((task / "comm").read_text().strip(), spent)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def cpu_nanoseconds(pid: int) -> int:
    """CPU nanoseconds of all living threads."""
    return sum(spent for _, spent in thread_cpu(pid).values())


def event_loops(pid: int, samples: int = 20) -> set[int]:
    """Threads seen waiting in epoll: the event loops of a server, independent of their names."""
    calls = EPOLL_CALLS if os.uname().machine == "x86_64" else EPOLL_CALLS_ARM
    found: set[int] = set()
    for _ in range(samples):
        for task in Path(f"/proc/{pid}/task").iterdir():
            try:
                if (task / "syscall").read_text().split()[0] in calls:
                    found.add(int(task.name))
            except OSError:
                continue
        pause(0.01, "samples spread over time")
    return found


def cpu_of(pid: int, threads: set[int]) -> int:
    """CPU nanoseconds of the given threads."""
    return sum(spent for tid, (_, spent) in thread_cpu(pid).items() if tid in threads)


def resident_bytes(pid: int) -> int:
    """Resident set size."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid: int) -> int:
    """Number of open descriptors."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def descendants(pid: int) -> set[int]:
    """The processes below a process."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except (OSError, IndexError):
                continue
            parents[int(entry.name)] = int(words[1])
    found = {pid}
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def cpu_seconds(pids: set[int]) -> float:
    """CPU seconds of processes that still run."""
    total = 0
    for pid in pids:
        try:
            words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        total += int(words[11]) + int(words[12])
    return total / TICKS
