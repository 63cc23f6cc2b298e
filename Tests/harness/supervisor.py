# SPDX-License-Identifier: Apache-2.0
"""A parent that keeps the listening socket while the streamer dies and is started again.

The hand-over is systemd's: the socket is descriptor 3, LISTEN_FDS=1, LISTEN_PID = own process id.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence

from harness.program import Program, kill, start

# bash sets LISTEN_PID to its own id and becomes the streamer by exec, which keeps the id.
HAND_OVER = 'export LISTEN_PID=$$ LISTEN_FDS=1; fd=$1; shift; exec "$@" 3<&"$fd"'


class Supervisor:
    """Owns the socket and at most one streamer at a time."""

    def __init__(self, flags: Sequence[str] = ()) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port: int = self.socket.getsockname()[1]
        self.flags = list(flags)
        self.program: Program | None = None

    def run(self) -> Program:
        """Starts the streamer with the socket in its hand."""
        descriptor = self.socket.fileno()
        prefix = ["bash", "-c", HAND_OVER, "supervisor", str(descriptor)]
        flags = ["--test-src", "--host", "127.0.0.1", "--http-port", str(self.port), *self.flags]
        self.program = start(flags, defaults=False, prefix=prefix, pass_fds=[descriptor])
        return self.program

    def kill(self) -> None:
        """Kills the streamer; the socket stays open and queues viewers."""
        if self.program:
            kill(self.program)

    def close(self) -> None:
        """Ends both."""
        self.kill()
        self.socket.close()


def free_port() -> int:
    """A port that was free a moment ago, for a server that must come back on the same one."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
