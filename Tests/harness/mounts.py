# SPDX-License-Identifier: Apache-2.0
"""Disks in memory that a test mounts, fills and changes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.waiting import wait_until


@contextmanager
def mounted(folder: Path, size: str = "1m") -> Iterator[Path]:
    """A disk of this size at `folder`; a skip if this user may not mount one."""
    folder.mkdir()
    run = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
                         capture_output=True, check=False)
    if run.returncode:
        pytest.skip("this user may not mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def remount(folder: Path, *options: str) -> None:
    """Changes the options of a disk; it can be read-only when no file is open for writing."""
    command = ["mount", "-o", ",".join(["remount", *options]), str(folder)]
    wait_until(lambda: subprocess.run(command, capture_output=True, check=False).returncode == 0,
               30, " ".join(command))
