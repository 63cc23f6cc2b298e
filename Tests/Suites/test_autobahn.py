# SPDX-License-Identifier: Apache-2.0
"""Autobahn's cases against the WebSocket of the program: RFC 6455 and RFC 7692.

kosoku of PyPI runs them. It cannot name a subprotocol, so a relay adds one to its handshakes. The
cases expect an echo, which no stream has: their rows state how the program ends such a socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from harness.deviations import Finding, check
from harness.http1 import get
from harness.program import Program
from harness.waiting import wait_until

kosoku = pytest.importorskip(
    "kosoku", reason="kosoku not found (make deps-suites): WebSockets by a suite of others")

CASES = 517
LONGEST_HEAD = 1 << 14
# `INFORMATIONAL` is of cases without a rule.
PASSED = {"OK", "NON-STRICT", "INFORMATIONAL"}


async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Copies bytes to their end."""
    with suppress(OSError):
        while piece := await source.read(1 << 16):
            target.write(piece)
            await target.drain()
        target.write_eof()


class Relay:
    """Sends handshakes on to `/live/ws` with the subprotocol of the program."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.tasks: set[asyncio.Task[None]] = set()

    def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relays one connection in a task."""
        task = asyncio.create_task(self.relay(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self) -> None:
        """Ends the connections that are left."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relays one connection to its end."""
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            fields = head.partition(b"\r\n")[2]
            source, target = await asyncio.open_connection("127.0.0.1", self.target)
            target.write(b"GET /live/ws HTTP/1.1\r\nSec-WebSocket-Protocol: llws.v1\r\n" + fields)
            # The end of one direction is no end of the other.
            await asyncio.gather(copy(reader, target), copy(source, writer))
            target.close()
        writer.close()


async def results(port: int) -> list[Any]:
    """The result of each case."""
    relay = Relay(port)
    async with await asyncio.start_server(relay.connect, "127.0.0.1", 0,
                                          limit=LONGEST_HEAD) as server:
        address = server.sockets[0].getsockname()
        try:
            return await kosoku.run_fuzzingclient(f"{address[0]}:{address[1]}", None, None,
                                                  concurrency=4)
        except kosoku.FailureError as error:
            return error.results
        finally:
            await relay.close()


def outcome(result: Any) -> str:
    """The outcome of a case, empty if it has passed."""
    exchange, close = result.behavior.value, result.behavior_close.value
    if exchange in PASSED and close in PASSED:
        return ""
    return f"{exchange}, close {result.remote_close_code}"


@pytest.mark.timeout(240)
def test_autobahn_finds_accepted_deviations_only(streamer: Callable[..., Program]) -> None:
    """RFC 6455: all cases, with the code by which the program closes those that it refuses."""
    program = streamer("--resolution", "320x180")
    wait_until(lambda: get(program.port, "/ready").status == 200, 15, "the stream")
    found = asyncio.run(results(program.port))
    assert len(found) == CASES, "kosoku has other cases"
    check([Finding(result.case_id, seen, result.result_close)
           for result in found if (seen := outcome(result))],
          Path(__file__).with_name("autobahn.json"))
