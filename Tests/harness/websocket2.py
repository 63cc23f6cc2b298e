# SPDX-License-Identifier: Apache-2.0
"""A WebSocket client over HTTP/2 (RFC 8441), one socket on a connection of its own."""

from __future__ import annotations

import json
import socket
import ssl
import struct
from dataclasses import dataclass
from typing import Any

from harness.http2frames import (DATA, GOAWAY, HEADERS, PREFACE, RST_STREAM, SETTINGS,
                                 WINDOW_UPDATE)
from harness.http2frames import frame as http2_frame
from harness.websocket import TEXT, Ended, Socket
from harness.websocket import frame as socket_frame

ACKNOWLEDGEMENT, END_STREAM, END_HEADERS = 1, 1, 4
# RFC 7541, appendix A: entries 8 to 14 of the static table are `:status` with these values.
STATUSES = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
# RFC 7541, appendix B: the codes of the digits.
DIGITS = {"00000": "0", "00001": "1", "00010": "2", "011001": "3", "011010": "4", "011011": "5",
          "011100": "6", "011101": "7", "011110": "8", "011111": "9"}


def status_of(section: bytes) -> int:
    """`:status`, the first field of a response: indexed, or a literal (RFC 7541, section 6)."""
    if section[0] & 0x80:
        return STATUSES[section[0] & 0x7F]
    name = section[0] & (0x3F if section[0] & 0x40 else 0x0F)
    assert name in STATUSES, f"the first field is not :status: {section.hex()}"
    value = section[2:2 + (section[1] & 0x7F)]
    if not section[1] & 0x80:
        return int(value)
    digits, code = "", ""
    for bit in "".join(f"{byte:08b}" for byte in value):
        code += bit
        if code in DIGITS:
            digits, code = digits + DIGITS[code], ""
    return int(digits)


def request_fields(port: int, path: str, protocol: str | None, headers: dict[str, str],
                   method: str = "CONNECT") -> bytes:
    """The fields of a request for a socket, not compressed."""
    fields = {":method": method, ":protocol": "websocket", ":scheme": "http", ":path": path,
              ":authority": f"127.0.0.1:{port}", "sec-websocket-version": "13"}
    if protocol:
        fields["sec-websocket-protocol"] = protocol
    fields.update(headers)
    return b"".join(bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
                    for name, value in fields.items())


def deaf_sockets(port: int, count: int, message: dict[str, Any]) -> socket.socket:
    """A connection with `count` sockets that have sent a message; nothing is ever read."""
    connection = socket.socket(socket.AF_INET)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(10)
    connection.connect(("127.0.0.1", port))
    section = request_fields(port, "/live/ws", "llws.v1", {})
    text = socket_frame(TEXT, json.dumps(message).encode())
    connection.sendall(PREFACE + http2_frame(SETTINGS) + b"".join(
        http2_frame(HEADERS, section, flags=END_HEADERS, stream=stream)
        + http2_frame(DATA, text, stream=stream) for stream in range(1, 2 * count, 2)))
    return connection


@dataclass
class HTTP2Socket(Socket):
    """Like ``Socket``; `setting` is the server's SETTINGS_ENABLE_CONNECT_PROTOCOL."""

    method: str = "CONNECT"

    def __post_init__(self) -> None:
        self.raw, self.setting, self.status, self.error = b"", 0, 0, None
        self.socket: socket.socket = socket.socket(socket.AF_INET)
        self.socket.settimeout(self.timeout)
        size = self.headers.pop("receive-buffer", None)
        if size:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(size))
        self.socket.connect(("127.0.0.1", self.port))
        if self.secure:
            context = ssl._create_unverified_context()  # noqa: S323
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket)
        section = request_fields(self.port, self.path, self.protocol, self.headers, self.method)
        self.socket.sendall(PREFACE + http2_frame(SETTINGS)
                            + http2_frame(HEADERS, section, flags=END_HEADERS, stream=1))
        while not self.status:
            self._receive()

    def send(self, message: dict[str, Any] | bytes) -> None:
        """Sends a control message, or bytes as they are, in one DATA frame."""
        data = (message if isinstance(message, bytes) else
                socket_frame(TEXT, json.dumps(message).encode()))
        self.socket.sendall(http2_frame(DATA, data, stream=1))

    def _read(self, count: int) -> bytes:
        while len(self.raw) < count:
            piece = self.socket.recv(1 << 16)
            if not piece:
                raise Ended
            self.raw += piece
        taken, self.raw = self.raw[:count], self.raw[count:]
        return taken

    def _receive(self) -> None:
        """Takes one frame; the windows are opened by the bytes of DATA."""
        head = self._read(9)
        payload = self._read(int.from_bytes(head[:3], "big"))
        kind, flags = head[3], head[4]
        if kind == SETTINGS and not flags & ACKNOWLEDGEMENT:
            for start in range(0, len(payload), 6):
                name, value = struct.unpack("!HI", payload[start:start + 6])
                if name == 8:
                    self.setting = value
            self.socket.sendall(http2_frame(SETTINGS, flags=ACKNOWLEDGEMENT))
        elif kind == HEADERS:
            self.status = status_of(payload)
        elif kind == DATA:
            self.buffer += payload
            if payload:
                more = struct.pack("!I", len(payload))
                self.socket.sendall(http2_frame(WINDOW_UPDATE, more, stream=1)
                                    + http2_frame(WINDOW_UPDATE, more))
            if flags & END_STREAM:
                raise Ended("END_STREAM")
        elif kind in (RST_STREAM, GOAWAY):
            self.error = int.from_bytes(payload[-4:] if kind == RST_STREAM else payload[4:8], "big")
            raise Ended(f"{'RST_STREAM' if kind == RST_STREAM else 'GOAWAY'} {self.error}")
