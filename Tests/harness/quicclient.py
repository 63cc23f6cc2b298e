# SPDX-License-Identifier: Apache-2.0
"""Requests over HTTP/3 by aioquic, another implementation of QUIC than those of browsers."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass
class QuicResponse:
    """A response, with the number of bytes after each piece and its arrival, Unix s."""

    status: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces: list[tuple[int, float]] = field(default_factory=list)


def get_by_quic(port: int, paths: Sequence[str], within: float = 15) -> list[QuicResponse]:
    """The responses of one connection, on which all requests are sent at once.

    Skips the test without aioquic.
    """
    for name in ("aioquic.asyncio", "aioquic.h3.connection"):
        pytest.importorskip(name, reason="aioquic not found: requests over HTTP/3")
    return asyncio.run(asyncio.wait_for(_get(port, paths), within))


async def _get(port: int, paths: Sequence[str]) -> list[QuicResponse]:
    from aioquic.asyncio import QuicConnectionProtocol, connect
    from aioquic.h3.connection import H3_ALPN, H3Connection
    from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.events import QuicEvent

    class Client(QuicConnectionProtocol):
        def __init__(self, *words: Any, **more: Any) -> None:
            super().__init__(*words, **more)
            self.http = H3Connection(self._quic)
            self.found: dict[int, QuicResponse] = {}
            self.left = 0
            self.done = asyncio.Event()

        def ask(self, path: str) -> QuicResponse:
            """Sends a request; its response is filled later."""
            stream = self._quic.get_next_available_stream_id()
            self.found[stream] = QuicResponse()
            self.left += 1
            self.http.send_headers(stream, [
                (b":method", b"GET"), (b":scheme", b"https"),
                (b":authority", f"127.0.0.1:{port}".encode()), (b":path", path.encode()),
            ], end_stream=True)
            return self.found[stream]

        def quic_event_received(self, event: QuicEvent) -> None:
            """Called by aioquic."""
            for one in self.http.handle_event(event):
                self.take(one)

        def take(self, event: H3Event) -> None:
            """Fields or bytes of a response."""
            response = self.found.get(getattr(event, "stream_id", -1))
            if response is None:
                return
            if isinstance(event, HeadersReceived):
                fields = {name.decode(): value.decode() for name, value in event.headers}
                response.status = int(fields.pop(":status", "0")) or response.status
                response.fields.update(fields)
            elif isinstance(event, DataReceived) and event.data:
                response.body += event.data
                response.pieces.append((len(response.body), time.time()))
            if isinstance(event, (HeadersReceived, DataReceived)) and event.stream_ended:
                self.left -= 1
                if self.left == 0:
                    self.done.set()

    configuration = QuicConfiguration(
        is_client=True, alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE)
    async with connect("127.0.0.1", port, configuration=configuration,
                       create_protocol=Client) as client:
        assert isinstance(client, Client)
        responses = [client.ask(path) for path in paths]
        client.transmit()
        await client.done.wait()
        return responses
