# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 over a plain socket that records the arrival time of each byte."""

from __future__ import annotations

import json as jsonlib
import select
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Any


class Closed(Exception):
    """The server closed the connection before the end of the response."""


@dataclass
class Response:
    """One response. Times are of time.time(); `pieces` are the HTTP chunks with their arrival."""

    status: int
    reason: str
    headers: dict[str, str]
    fields: list[tuple[str, str]]
    asked: float
    first_byte: float
    body: bytes = b""
    first_body: float = 0
    done: float = 0
    pieces: list[tuple[float, bytes]] = field(default_factory=list)

    @property
    def held(self) -> float:
        """Seconds from the request to the first byte of the response."""
        return self.first_byte - self.asked

    @property
    def held_ms(self) -> int | None:
        """Milliseconds for which the server held the request; None if it answered on arrival."""
        stated = self.headers.get("x-held-ms")
        return None if stated is None else int(stated)

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return jsonlib.loads(self.body)


class Connection:
    """One keep-alive connection; requests may be pipelined by calling `send` more than once."""

    def __init__(self, port: int, timeout: float = 15) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port, self.timeout = port, timeout
        self.poll = select.poll()  # select() ends at descriptor 1023
        self.poll.register(self.socket, select.POLLIN)
        self.buffer = b""
        self.asked = 0.0
        self.arrived = 0.0

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self.socket.close()

    def send_raw(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self.asked = time.time()
        self.socket.sendall(data)

    def send(self, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> None:
        """Sends one request without a body."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.send_raw(("\r\n".join(lines) + "\r\n\r\n").encode())

    def _more(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0 or not self.poll.poll(left * 1000):
            raise TimeoutError(f"no response in {self.timeout} s; have {self.buffer[:200]!r}")
        data = self.socket.recv(1 << 20)
        self.arrived = time.time()
        if not data:
            raise Closed(f"connection closed; have {self.buffer[:200]!r}")
        self.buffer += data

    def _until(self, mark: bytes, deadline: float) -> bytes:
        while mark not in self.buffer:
            self._more(deadline)
        line, self.buffer = self.buffer.split(mark, 1)
        return line

    def _exactly(self, count: int, deadline: float) -> bytes:
        while len(self.buffer) < count:
            self._more(deadline)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_head(self, deadline: float) -> Response:
        """Status line and fields of the next response; the content has not been read yet."""
        asked = self.asked
        while not self.buffer:
            self._more(deadline)
        first = self.arrived
        lines = self._until(b"\r\n\r\n", deadline).decode("latin-1").split("\r\n")
        version, status, reason = (lines[0] + "  ").split(" ", 2)
        if version != "HTTP/1.1":
            raise AssertionError(f"not HTTP/1.1: {lines[0]!r}")
        pairs = [(line.split(":", 1)[0].lower(), line.split(":", 1)[1].strip())
                 for line in lines[1:]]
        return Response(int(status), reason.strip(), dict(pairs), pairs, asked, first)

    def read_piece(self, response: Response, deadline: float) -> bytes:
        """The next HTTP chunk of a chunked body; empty at its end."""
        size = int(self._until(b"\r\n", deadline).split(b";")[0], 16)
        data = self._exactly(size, deadline)
        at = self.arrived
        if self._exactly(2, deadline) != b"\r\n":
            raise AssertionError("HTTP chunk without its CRLF")
        if size:
            response.pieces.append((at, data))
        return data

    def read(self, method: str = "GET", timeout: float | None = None) -> Response:
        """The next response with its whole body; 1xx responses are skipped."""
        deadline = time.monotonic() + (timeout or self.timeout)
        response = self.read_head(deadline)
        while 100 <= response.status < 200:
            response = self.read_head(deadline)
        if method != "HEAD" and response.status not in (204, 304):
            if "chunked" in response.headers.get("transfer-encoding", ""):
                while self.read_piece(response, deadline):
                    pass
                response.body = b"".join(data for _, data in response.pieces)
                response.first_body = response.pieces[0][0] if response.pieces else 0
            elif "content-length" in response.headers:
                length = int(response.headers["content-length"])
                while length and not self.buffer:
                    self._more(deadline)
                response.first_body = self.arrived
                response.body = self._exactly(length, deadline)
            else:
                response.body = self._to_end(deadline)
        response.done = self.arrived
        return response

    def _to_end(self, deadline: float) -> bytes:
        try:
            while True:
                self._more(deadline)
        except Closed:
            data, self.buffer = self.buffer, b""
            return data

    def get(self, path: str, method: str = "GET", headers: dict[str, str] | None = None,
            timeout: float | None = None) -> Response:
        """Sends one request and reads its response."""
        self.send(path, method, headers)
        return self.read(method, timeout)


def get(port: int, path: str, method: str = "GET", headers: dict[str, str] | None = None,
        timeout: float = 15) -> Response:
    """Sends one request on its own connection."""
    with Connection(port, timeout) as connection:
        return connection.get(path, method, headers)


class Later:
    """A request in its own thread; `result()` waits for the response."""

    def __init__(self, port: int, path: str, headers: dict[str, str] | None = None,
                 timeout: float = 15) -> None:
        self.response: Response | None = None
        self.error: Exception | None = None
        self.arguments = (port, path, headers, timeout)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        port, path, headers, timeout = self.arguments
        try:
            self.response = get(port, path, headers=headers, timeout=timeout)
        except Exception as error:  # raised by result()
            self.error = error

    def result(self, timeout: float = 20) -> Response:
        """The response; raises the exception of the request."""
        self.thread.join(timeout)
        if self.error:
            raise self.error
        if self.response is None:
            raise TimeoutError(f"still held: {self.arguments[1]}")
        return self.response
