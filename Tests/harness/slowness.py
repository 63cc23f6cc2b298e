# SPDX-License-Identifier: Apache-2.0
"""A ladder whose top rendition is encoded as slowly as a test wants, as on a machine too slow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.preload import preloaded
from harness.program import LogEntry, Program

TOP, LOW = "360p-900", "360p-300"
LADDER = ["--rendition", "640x360@900", "--rendition", "640x360@300", "--playlist-length", "20"]


class Slowness:
    """A ladder whose top rendition takes as long for each frame as the test wants."""

    def __init__(self, streamer: Callable[..., Program], folder: Path, *flags: str) -> None:
        self.file = folder / "slow"
        env = preloaded("slowframes", folder) | {"SLOW_FRAMES": str(self.file)}
        self.program = streamer(*(flags or LADDER), env=env)

    def slow(self, milliseconds: int, kilobits: int = 900) -> None:
        """From now on each frame takes this time."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{kilobits} {milliseconds}\n")
        new.rename(self.file)

    def quick(self) -> None:
        """From now on a frame takes its usual time."""
        self.file.unlink()

    def efforts(self) -> list[str]:
        """The logged steps."""
        return [entry.message for entry in self.program.logged("encoder-effort")]

    def leave_out(self, milliseconds: int, name: str = TOP, kilobits: int = 900) -> LogEntry:
        """Waits until the rendition is left out; the line of the log."""
        self.slow(milliseconds, kilobits)
        return self.program.wait_logged("rendition-left-out", name, within=60)
