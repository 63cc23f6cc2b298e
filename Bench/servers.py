# SPDX-License-Identifier: Apache-2.0
"""The latency that each server adds which relays the stream of another one (`--relay`).

Three servers in a row; one process reads the open segments of all of them at once, and compares
the arrival of the last byte of each chunk. Run: python Bench/servers.py [--seconds N] [FLAG ...];
further flags are those of the first server.
"""

from __future__ import annotations

import argparse
import select
import socket
import sys
import time
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests"))

from harness.http1 import get  # noqa: E402
from harness.playlist import parse  # noqa: E402
from harness.program import start, stop  # noqa: E402

FOLDER = "/live/video/"


class Reader:
    """Reads one open segment after another; `arrivals` has the chunks by segment and index."""

    def __init__(self, port: int, number: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number, self.index = number, -1  # -1: before the head
        self.buffer = b""
        self.arrivals: dict[tuple[int, int], float] = {}
        self.ask(number)

    def ask(self, number: int) -> None:
        """Requests a segment, the next one before the present one ends."""
        self.socket.sendall(
            f"GET {FOLDER}segment{number}.m4s HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def read(self) -> None:
        """Takes the bytes that have arrived."""
        data = self.socket.recv(1 << 20)
        now = time.monotonic()
        assert data, "the connection has ended"
        self.buffer += data
        while self.step(now):
            pass

    def took(self, _data: bytes, now: float) -> None:
        """An HTTP chunk has arrived as a whole."""
        self.arrivals[self.number, self.index] = now

    def step(self, now: float) -> bool:
        """Takes a head or an HTTP chunk, if it is whole."""
        if self.index < 0:
            head, mark, rest = self.buffer.partition(b"\r\n\r\n")
            if not mark:
                return False
            assert b" 200 " in head[:20] and b"chunked" in head, head
            self.buffer, self.index = rest, 0
            self.ask(self.number + 1)
            return True
        line, mark, rest = self.buffer.partition(b"\r\n")
        size = int(line, 16) if mark else 0
        if not mark or len(rest) < size + 2:
            return False
        self.buffer = rest[size + 2:]
        if size:
            self.took(rest[:size], now)
            self.index += 1
        else:
            self.number, self.index = self.number + 1, -1
        return True


def main() -> None:
    """Prints the added time of the second and of the third server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    arguments, flags = parser.parse_known_args()
    programs = [start(flags)]
    try:
        for _ in range(2):
            url = programs[-1].url("/live/")
            programs.append(start(["--relay", url, "--host", "127.0.0.1", "--http-port", "0"],
                                  defaults=False))
            programs[-1].wait_logged("upstream", "relaying", within=10)
        newest = parse(get(programs[0].port, FOLDER + "playlist.m3u8").text).last_complete
        readers = [Reader(program.port, newest + 2) for program in programs]
        sockets = {reader.socket: reader for reader in readers}
        deadline = time.monotonic() + arguments.seconds
        while time.monotonic() < deadline:
            for one in select.select(list(sockets), [], [], 1)[0]:
                sockets[one].read()
    finally:
        for program in reversed(programs):
            stop(program)
    common = sorted(set.intersection(*(set(reader.arrivals) for reader in readers)))
    times = np.array([[reader.arrivals[key] for key in common] for reader in readers]) * 1000
    for hops in (1, 2):
        added = times[hops] - times[0]
        print(f"{hops} relaying: {len(common)} chunks, added ms: p50 {np.percentile(added, 50):.2f}"
              f", p99 {np.percentile(added, 99):.2f}, max {added.max():.2f}")


if __name__ == "__main__":
    main()
