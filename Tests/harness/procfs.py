"""What the kernel says of a process: CPU time, memory, descriptors (proc(5))."""

from __future__ import annotations

import os
from pathlib import Path


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
    """CPU nanoseconds of all threads that are alive."""
    return sum(spent for _, spent in thread_cpu(pid).values())


def resident_bytes(pid: int) -> int:
    """Resident set size."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid: int) -> int:
    """Number of open descriptors."""
    return len(os.listdir(f"/proc/{pid}/fd"))
