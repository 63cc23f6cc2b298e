# SPDX-License-Identifier: Apache-2.0
"""A line that delays and loses IP packets, to a network namespace of its own.

The caller has a namespace of its own too: `unshare -n`. Servers in it are reached at ADDRESS.
"""

from __future__ import annotations

import fcntl
import subprocess
import termios
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.tools import need
from harness.waiting import wait_until

ADDRESS = "10.99.0.1"
SOURCE = Path(__file__).with_suffix(".c")


class Line:
    """The line; its far end is the namespace of the process."""

    name = "tun devices and a forwarder in user space"

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        # Runs a command at the far end.
        self.far = ["nsenter", f"--net=/proc/{process.pid}/ns/net"]

    def set(self, loss: float = 0, delay: float = 0, kbits: float = 0, jitter: float = 0) -> None:
        """Loss (0–1), delay and greatest jitter (s) of each direction; kbit/s, 0 without limit.

        Returns when the line has read the setting.
        """
        assert self.process.stdin is not None
        self.process.stdin.write(f"{loss} {delay * 1000} {kbits} {jitter * 1000}\n".encode())
        self.process.stdin.flush()
        wait_until(self._has_read, 10, "the line reads its setting", interval=0.001)

    def _has_read(self) -> bool:
        """Whether the pipe of the settings is empty, or the program has ended."""
        assert self.process.stdin is not None
        rest = array("i", [0])
        fcntl.ioctl(self.process.stdin, termios.FIONREAD, rest)
        return rest[0] == 0 or self.process.poll() is not None

    def received(self, is_near: bool = False) -> int:
        """Bytes that have arrived at the far end, or the near one, with the heads of packets."""
        return received("thread-self" if is_near else self.process.pid)


def received(pid: int | str) -> int:
    """Bytes that the device `line` in the network namespace of a process has received."""
    for text in Path(f"/proc/{pid}/net/dev").read_text().splitlines():
        name, _, figures = text.partition(":")
        if name.strip() == "line":
            return int(figures.split()[0])
    raise RuntimeError("no device line")


@contextmanager
def line(folder: Path) -> Iterator[Line]:
    """A clean line; ADDRESS is its near end."""
    program = folder / "lossyline"
    subprocess.run([need("gcc", "the line with losses"), "-O2", "-Wall", "-o", str(program),
                    str(SOURCE)], check=True, timeout=60)
    with subprocess.Popen([str(program)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n", "no line: tun devices need root"
            yield Line(process)
        finally:
            process.kill()
