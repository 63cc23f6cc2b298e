# SPDX-License-Identifier: Apache-2.0
"""Many clients in one loop, over HTTP/1.1 or HTTPS, direct or through edges.

All clients are read by one selector, so that the arrival times of different clients compare.
"""

from __future__ import annotations

import re
import selectors
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Protocol

from harness.http1 import Connection, Response


class Address(Protocol):
    """A server: a program or an edge."""

    port: int


class SecureConnection(Connection):
    """HTTP/1.1 over TLS; the certificate is not verified."""

    def __init__(self, port: int, timeout: float = 15) -> None:
        super().__init__(port, timeout)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["http/1.1"])
        self.poll.unregister(self.socket)
        self.socket: socket.socket = context.wrap_socket(self.socket)
        self.poll.register(self.socket, 1)

    def _more(self, deadline: float) -> None:
        # Bytes that TLS has decrypted are not seen by poll.
        if isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            self.buffer += self.socket.recv(1 << 20)
            self.arrived = time.time()
        else:
            super()._more(deadline)


def connect(server: Address, timeout: float = 15) -> Connection:
    """A connection to a program or an edge."""
    if getattr(server, "is_secure", False):
        return SecureConnection(server.port, timeout)
    return Connection(server.port, timeout)


def ask(server: Address, path: str, method: str = "GET",
        headers: dict[str, str] | None = None) -> Response:
    """One request on its own connection."""
    with connect(server) as connection:
        return connection.get(path, method, headers)


class Client:
    """A connection that sends requests and whose bytes are stamped when they arrive."""

    def __init__(self, server: Address) -> None:
        self.connection = connect(server)
        self.connection.socket.setblocking(False)
        self.start("")

    def start(self, path: str) -> None:
        """Forgets the last response; sends a request if a path is given."""
        self.raw, self.body, self.status, self.is_done = b"", b"", 0, False
        self.length: int | None = None
        self.headers: dict[str, str] = {}
        # Bytes of the body so far, and their arrival (Unix seconds).
        self.arrivals: list[tuple[int, float]] = []
        if path:
            self.connection.send(path)

    @property
    def done(self) -> float:
        """The arrival of the last byte."""
        return self.arrivals[-1][1]

    def read(self) -> None:
        """Takes the bytes that have arrived."""
        data, now = b"", time.time()
        try:
            # A TLS record holds at most 16 KiB.
            while more := self.connection.socket.recv(1 << 18):
                data += more
                now = time.time()
        except (BlockingIOError, ssl.SSLWantReadError):
            if not data:
                return  # part of a record, or a session ticket
        assert data, f"closed after {len(self.body)} bytes of status {self.status}"
        self.raw += data
        if not self.status:
            self._read_head()
        if self.status:
            self._read_body()
        self.arrivals.append((len(self.body), now))

    def _read_head(self) -> None:
        head, mark, rest = self.raw.partition(b"\r\n\r\n")
        if not mark:
            return
        lines = head.decode("latin-1").split("\r\n")
        self.status, self.raw = int(lines[0].split()[1]), rest
        self.headers = {name.lower(): value.strip()
                        for name, _, value in (line.partition(":") for line in lines[1:])}
        if "content-length" in self.headers:
            self.length = int(self.headers["content-length"])

    def _read_body(self) -> None:
        if self.length is not None:
            self.body += self.raw
            self.raw = b""
            self.is_done = len(self.body) >= self.length
            return
        while match := re.match(rb"([0-9a-fA-F]+)\r\n", self.raw):
            size, begin = int(match[1], 16), match.end()
            if len(self.raw) < begin + size + 2:
                return
            self.body += self.raw[begin : begin + size]
            self.raw = self.raw[begin + size + 2 :]
            self.is_done = size == 0


class Crowd:
    """Clients of one or several servers; their connections are open before the first request."""

    def __init__(self, *servers: Address) -> None:
        self.clients = [Client(server) for server in servers]
        self.selector = selectors.DefaultSelector()
        for client in self.clients:
            self.selector.register(client.connection.socket, selectors.EVENT_READ, client)

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        self.selector.close()
        for client in self.clients:
            client.connection.close()

    def run(self, requests: Sequence[tuple[float, Client, str]], within: float = 15) -> None:
        """Sends each request after its delay in seconds, and reads all responses to their ends."""
        begin = time.monotonic()
        left = sorted(requests, key=lambda request: request[0])
        open_clients = {id(client) for _, client, _ in requests}
        while open_clients:
            now = time.monotonic() - begin
            assert now < within, f"{len(open_clients)} of {len(requests)} responses are incomplete"
            while left and left[0][0] <= now:
                _, client, path = left.pop(0)
                client.start(path)
            timeout = min(0.5, left[0][0] - now) if left else 0.5
            for key, _ in self.selector.select(timeout):
                key.data.read()
                if key.data.is_done:
                    open_clients.discard(id(key.data))


def added(direct: Client, other: Client) -> list[float]:
    """How much later the bytes of each arrival at `direct` were at `other`, in milliseconds."""
    delays, index = [], 0
    for end, at in direct.arrivals:
        while other.arrivals[index][0] < end:
            index += 1
        delays.append((other.arrivals[index][1] - at) * 1000)
    return delays
