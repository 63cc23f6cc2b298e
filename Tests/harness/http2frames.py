# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 frames over a socket: enough to violate the protocol on purpose (RFC 9113)."""

from __future__ import annotations

import socket
import ssl
import struct
from dataclasses import dataclass

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
END_STREAM = 1
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 7, 8


@dataclass(frozen=True)
class Frame:
    """A received frame."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def error(self) -> int:
        """The error code of RST_STREAM or GOAWAY."""
        return int.from_bytes(self.payload[4:8] if self.kind == GOAWAY else self.payload[:4], "big")

    @property
    def goes_on(self) -> bool:
        """Whether it is a part of a response with further frames."""
        return self.kind in (HEADERS, DATA) and not self.flags & END_STREAM


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    """The bytes of a frame to send."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(
        ">I", stream) + payload


def length(count: int) -> bytes:
    """The length of a literal (RFC 7541, section 5.1)."""
    if count < 127:
        return bytes([count])
    rest, coded = count - 127, b"\x7f"
    while rest >= 128:
        rest, coded = rest >> 7, coded + bytes([rest & 127 | 128])
    return coded + bytes([rest])


def request(path: str, stream: int, authority: str = "a", **fields: str) -> bytes:
    """A GET whose fields are not compressed."""
    section = b""
    for name, value in {":method": "GET", ":path": path, ":scheme": "http",
                        ":authority": authority, **fields}.items():
        section += (b"\0" + length(len(name)) + name.encode() + length(len(value))
                    + value.encode())
    return frame(HEADERS, section, flags=5, stream=stream)


class Frames:
    """A connection after its preface."""

    def __init__(self, port: int, settings: bytes = b"", receive_buffer: int = 0, *,
                 is_secure: bool = False) -> None:
        self.socket: socket.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(15)
        self.socket.connect(("127.0.0.1", port))
        if is_secure:
            context = ssl._create_unverified_context()  # noqa: S323
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket)
        self.socket.sendall(PREFACE + frame(SETTINGS, settings))
        self.buffer = b""

    def __enter__(self) -> Frames:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Sends frames."""
        self.socket.sendall(data)

    def next(self, *kinds: int) -> Frame:
        """The next frame of one of these kinds."""
        while True:
            head = self._take(9)
            found = Frame(head[3], head[4], int.from_bytes(head[5:9], "big"),
                          self._take(int.from_bytes(head[:3], "big")))
            if found.kind in kinds:
                return found

    def _take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            data = self.socket.recv(1 << 20)
            if not data:
                raise EOFError("the connection has ended")
            self.buffer += data
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data
