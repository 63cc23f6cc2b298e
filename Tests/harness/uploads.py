# SPDX-License-Identifier: Apache-2.0
"""Uploads of files in pieces, by curl over any version of HTTP, and by ffmpeg's muxers."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from harness.program import Program
from harness.tools import need
from harness.waiting import wait_until

# The flags of curl for each transport.
TRANSPORTS = {
    "h1": ("--http1.1",),
    "h2c": ("--http2-prior-knowledge",),
    "tls-h1": ("-k", "--http1.1"),
    "tls-h2": ("-k", "--http2"),
}


def url(program: Program, transport: str, path: str) -> str:
    """The address of a path over a transport."""
    return program.secure_url(path) if transport.startswith("tls") else program.url(path)


@dataclass
class Upload:
    """One PUT by curl, whose body the test writes piece by piece."""

    process: subprocess.Popen[bytes]

    def send(self, piece: bytes) -> None:
        """Writes a piece of the body."""
        assert self.process.stdin is not None
        self.process.stdin.write(piece)
        self.process.stdin.flush()

    def end(self) -> int:
        """Ends the body; the status of the response."""
        out, error = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, (self.process.returncode, error)
        return int(out)

    def cut(self) -> None:
        """Ends curl in the middle of the body."""
        self.process.kill()
        self.process.communicate(timeout=20)


def begin(program: Program, path: str, transport: str = "h1", *flags: str) -> Upload:
    """Begins a PUT; its body is empty yet.

    `-T .` reads without blocking: with `-T -`, curl keeps bytes of HTTP/2 until there are more.
    """
    process = subprocess.Popen(
        [need("curl", "uploads"), "-sS", "-T", ".", "-o", "/dev/null", "-w", "%{http_code}",
         "-H", "Expect:", *TRANSPORTS[transport], *flags, url(program, transport, path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return Upload(process)


def curl(program: Program, method: str, path: str, transport: str = "h1", *flags: str,
         body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of one request by curl."""
    done = subprocess.run(
        [need("curl", "uploads"), "-sS", "-m", "20", "-w", "\n%{http_code}", "-X", method,
         *TRANSPORTS[transport], *(("--data-binary", "@-") if body is not None else ()), *flags,
         url(program, transport, path)],
        input=body, capture_output=True, timeout=30, check=False)
    content, _, status = done.stdout.rpartition(b"\n")
    return int(status or 0), content


class Encoder:
    """ffmpeg with a test pattern and a muxer that uploads; ended by `stop`."""

    SOURCE = ("-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-c:v", "libx264",
              "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "25",
              "-keyint_min", "25", "-sc_threshold", "0")

    def __init__(self, folder: Path, *muxer: str, pass_fds: tuple[int, ...] = ()) -> None:
        self.path = folder / f"ffmpeg-{time.monotonic_ns()}.log"
        with self.path.open("wb") as log:
            self.process = subprocess.Popen(
                [need("ffmpeg", "uploads"), "-hide_banner", "-loglevel", "warning", "-nostdin",
                 *self.SOURCE, *muxer], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=pass_fds)

    @property
    def log(self) -> str:
        """What ffmpeg has logged."""
        return self.path.read_text(errors="replace")

    def stop(self) -> str:
        """Ends ffmpeg by SIGTERM; its log."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        return self.log

    def wait(self, condition: object, within: float, what: str) -> object:
        """Waits for a condition while ffmpeg runs."""
        def check() -> object:
            assert self.process.poll() is None, self.log
            return condition()  # type: ignore[operator]

        return wait_until(check, within, what, interval=0.05)


def frames(source: str, seconds: float, *flags: str) -> int:
    """The number of frames that ffmpeg decodes from an address."""
    done = subprocess.run(
        [need("ffmpeg", "playback"), "-hide_banner", "-loglevel", "error", "-nostdin", *flags, "-i",
         source, "-t", str(seconds), "-map", "0:v:0", "-f", "framemd5", "-"],
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return sum(not line.startswith("#") for line in done.stdout.splitlines())
