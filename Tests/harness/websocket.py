# SPDX-License-Identifier: Apache-2.0
"""A WebSocket client over a plain socket that sends and reads frames as told, and `llws.v1`."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import struct
import time
from dataclasses import dataclass, field
from typing import Any

from harness.runs import longest

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
HEADER, VIDEO, AUDIO, SAMPLE = 0, 1, 2, 4
KEY, DISCONTINUITY, LAST, CATCH_UP, CAPTURE_TIME = 1, 2, 4, 8, 16


class Ended(Exception):
    """The server has closed the connection."""


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, masked: bool = True,
          reserved: int = 0) -> bytes:
    """One frame of a client."""
    first = (0x80 if final else 0) | reserved | opcode
    length, bit = len(payload), 0x80 if masked else 0
    if length < 126:
        head = struct.pack("!BB", first, bit | length)
    elif length < 65536:
        head = struct.pack("!BBH", first, bit | 126, length)
    else:
        head = struct.pack("!BBQ", first, bit | 127, length)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


@dataclass
class Media:
    """A binary message: its 12 bytes as fields, and the media.

    `captured` is the capture time in microseconds; None without flag 16.
    """

    kind: int
    flags: int
    channel: int
    sequence: int
    sent: int
    payload: bytes
    at: float
    captured: int | None = None

    @property
    def is_key(self) -> bool:
        """Whether decoding can start here."""
        return bool(self.flags & KEY)


def longest_run(media: list[Media]) -> int:
    """The greatest number of successive messages that arrived before the next one was sent.

    Chunks that are sent one by one have long runs. Chunks that are sent by parts or segments have
    no run longer than one.
    """
    return longest((after.sent - round(one.at * 1000)) % 2**32 < 2**31
                   for one, after in zip(media, media[1:]))


@dataclass
class Socket:
    """One WebSocket; `status` is that of the handshake."""

    port: int
    path: str = "/ws"
    protocol: str | None = "llws.v1"
    headers: dict[str, str] = field(default_factory=dict)
    secure: bool = False
    timeout: float = 10
    buffer: bytes = b""
    host: str = "127.0.0.1"

    def __post_init__(self) -> None:
        self.socket: socket.socket = socket.socket(socket.AF_INET)
        self.socket.settimeout(self.timeout)
        size = self.headers.pop("receive-buffer", None)
        if size:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(size))
        self.socket.connect((self.host, self.port))
        if self.secure:
            context = ssl._create_unverified_context()  # noqa: S323
            self.socket = context.wrap_socket(self.socket)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = {"Host": f"{self.host}:{self.port}", "Upgrade": "websocket",
                 "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
        if self.protocol:
            lines["Sec-WebSocket-Protocol"] = self.protocol
        lines.update(self.headers)
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.socket.sendall(f"GET {self.path} HTTP/1.1\r\n{head}\r\n".encode())
        while b"\r\n\r\n" not in self.buffer:
            self._receive()
        self.head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.status = int(self.head.split()[1])

    def __enter__(self) -> "Socket":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, message: dict[str, Any] | bytes) -> None:
        """Sends a control message, or bytes as they are."""
        self.socket.sendall(
            message if isinstance(message, bytes) else frame(TEXT, json.dumps(message).encode()))

    def _receive(self) -> None:
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise Ended
        self.buffer += piece

    def _take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self._receive()
        first, self.buffer = self.buffer[:count], self.buffer[count:]
        return first

    def frame(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload. Frames of the server are final and not masked."""
        first, length = self._take(2)
        assert first & 0xF0 == 0x80 and length < 128, (first, length)
        if length == 126:
            (length,) = struct.unpack("!H", self._take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._take(8))
        return first & 15, self._take(length)

    def next(self) -> dict[str, Any] | Media:
        """The next message; Ping frames are answered."""
        while True:
            opcode, payload = self.frame()
            if opcode == PING:
                self.send(frame(PONG, payload))
            elif opcode == TEXT:
                return json.loads(payload)
            elif opcode == BINARY:
                kind, flags, channel, sequence, sent = struct.unpack("!BBHII", payload[:12])
                captured, rest = None, payload[12:]
                if flags & CAPTURE_TIME:
                    captured, rest = int.from_bytes(rest[:8], "big"), rest[8:]
                return Media(kind, flags, channel, sequence, sent, rest, time.time(), captured)
            elif opcode == CLOSE:
                raise Ended(struct.unpack("!H", payload[:2])[0] if payload else None)

    def until(self, name: str) -> dict[str, Any]:
        """The next control message of this name; others are dropped."""
        while True:
            message = self.next()
            if isinstance(message, dict) and message["t"] == name:
                return message

    def media(self, count: int, kind: int | None = None) -> list[Media]:
        """The next binary messages, of one kind if given; others are dropped."""
        found: list[Media] = []
        while len(found) < count:
            message = self.next()
            if isinstance(message, Media) and kind in (None, message.kind):
                found.append(message)
        return found

    def close_code(self) -> int | None:
        """The code of the server's Close frame; all messages before it are dropped."""
        while True:
            opcode, payload = self.frame()
            if opcode == CLOSE:
                return struct.unpack("!H", payload[:2])[0] if payload else None
