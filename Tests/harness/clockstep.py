# SPDX-License-Identifier: Apache-2.0
"""Steps the wall clock of one program by a preload; the clock of the machine is not changed."""

from __future__ import annotations

import mmap
import struct
import subprocess
from pathlib import Path

from harness.tools import ROOT, need


class ClockStep:
    """A file with the offset (8 bytes, ns) that the preload adds to CLOCK_REALTIME."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / "clockstep.so"
        source = ROOT / "Tests/Preload/clockstep.c"
        subprocess.run([
            need("cc", "steps of the wall clock"), "-O2", "-Wall", "-Wextra", "-Werror", "-shared",
            "-fPIC", "-o",
            str(self.library),
            str(source), "-ldl"
        ], check=True)
        self.path = folder / "offset"
        self.path.write_bytes(bytes(8))
        self.file = self.path.open("r+b")
        self.map = mmap.mmap(self.file.fileno(), 8)

    @property
    def env(self) -> dict[str, str]:
        """Environment of the program whose clock is to be stepped."""
        return {"LD_PRELOAD": str(self.library), "CLOCK_STEP_FILE": str(self.path)}

    def set(self, nanoseconds: int) -> None:
        """Sets the offset immediately."""
        self.map[:8] = struct.pack("=q", nanoseconds)
