# SPDX-License-Identifier: Apache-2.0
"""The server of a scenario, and its publishers: events that happen while consumers play."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.http1 import Closed, get
from harness.ports import free_port
from harness.program import Program, children, start, stop
from harness.sources import Source
from harness.tools import need
from harness.waiting import wait_until
from numbered import Film

PLAYLIST = "/live/video/playlist.m3u8"


@dataclass
class Stage:
    """One server, whose ports stay the same over a restart."""

    flags: list[str] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    rtmp: int = field(default_factory=free_port)
    program: Program | None = None
    source: Source | None = None
    # Unix seconds at which each film began to be published, by number.
    began: dict[int, float] = field(default_factory=dict)

    def start(self) -> None:
        """Starts the server, as its documents recommend it for operation: supervised."""
        self.program = start(
            ["--supervise", "--host", "127.0.0.1", "--http-port", str(self.port), "--rtmp",
             f"127.0.0.1:{self.rtmp}", "--publish", "open", *self.flags], defaults=False)

    def kill(self) -> None:
        """Ends the server by SIGKILL, and with it its publisher; its supervisor starts it again."""
        assert self.program
        os.kill(children(self.program)[0], signal.SIGKILL)
        self.leave()

    def publish(self, film: Film) -> None:
        """Publishes a film in real time, in place of the publisher before."""
        self.leave()
        self.source = Source(subprocess.Popen(
            [need("ffmpeg", "publishers"), "-v", "error", "-re", "-i", str(film.file()), "-c",
             "copy", "-flush_packets", "1", "-f", "flv",
             f"rtmp://127.0.0.1:{self.rtmp}/live/x"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        self.began[film.number] = time.time()

    def leave(self) -> None:
        """Ends the publisher without an orderly close."""
        if self.source:
            self.source.kill()
            self.source = None

    def wait_live(self, segments: int = 5) -> None:
        """Waits until the playlist has complete segments."""
        def is_live() -> bool:
            try:
                found = get(self.port, PLAYLIST, timeout=15)
            except (OSError, Closed):
                return False
            return found.status == 200 and found.text.count("#EXTINF") >= segments
        wait_until(is_live, 40, f"{segments} segments")

    def close(self) -> None:
        """Ends the publisher and the server."""
        self.leave()
        if self.program:
            stop(self.program)


@contextmanager
def staged(*flags: str) -> Iterator[Stage]:
    """A running server without a publisher."""
    stage = Stage(list(flags))
    stage.start()
    try:
        yield stage
    finally:
        stage.close()


def key_file(folder: Path) -> Path:
    """A file of one content key, see KID and KEY."""
    path = folder / "keys.json"
    path.write_text(f'{{"keys": [{{"kid": "{KID}", "key": "{KEY}"}}]}}')
    path.chmod(0o600)
    return path


KID, KEY = "01" * 16, "41" * 16
