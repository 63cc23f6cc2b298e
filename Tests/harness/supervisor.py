# SPDX-License-Identifier: Apache-2.0
"""A parent process that keeps the listening socket while the streamer is killed and restarted.

The socket is handed over as by systemd: descriptor 3, LISTEN_FDS=1, LISTEN_PID = own process id.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

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
        """Starts the streamer with the socket."""
        descriptor = self.socket.fileno()
        prefix = ["bash", "-c", HAND_OVER, "supervisor", str(descriptor)]
        flags = ["--test-src", "--host", "127.0.0.1", "--http-port", str(self.port), *self.flags]
        self.program = start(flags, defaults=False, prefix=prefix, pass_fds=[descriptor])
        return self.program

    def kill(self) -> None:
        """Kills the streamer; the socket stays open and queues connections."""
        if self.program:
            kill(self.program)

    def close(self) -> None:
        """Kills the streamer and closes the socket."""
        self.kill()
        self.socket.close()


def is_bound(port: int) -> bool:
    """Whether a process listens on a TCP port, or has a socket on a UDP port, of this machine."""
    for table, states in (("tcp", {"0A"}), ("tcp6", {"0A"}), ("udp", {"07"}), ("udp6", {"07"})):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if state in states and int(local.rsplit(":", 1)[1], 16) == port:
                return True
    return False
