# SPDX-License-Identifier: Apache-2.0
"""Ports of servers that are started later, or again, by a number that is known before."""

from __future__ import annotations

import itertools
import os
import socket
from contextlib import closing

# Below the ports of outgoing connections (ip_local_port_range, from 32768), each of which could
# take a port between the look-up and its use; each worker of a run has ports of its own.
FIRST, EACH, WORKERS = 12_000, 1000, 20
_turns = itertools.count(os.getpid())


def _is_free(port: int) -> bool:
    """Whether neither a TCP nor a UDP socket has the port."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with closing(socket.socket(socket.AF_INET, kind)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == socket.SOCK_STREAM)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def free_port() -> int:
    """A port that is free now, and that no other test takes."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % WORKERS
    block = FIRST + worker * EACH
    return next(port for turn in itertools.islice(_turns, EACH)
                if _is_free(port := block + turn % EACH))
