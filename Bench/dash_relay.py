# SPDX-License-Identifier: Apache-2.0
"""A minimal relay of PUT uploads for comparison: each GET gets the pieces of an upload on arrival.

Run: python Bench/dash_relay.py; prints its port. Nothing is parsed, checked or removed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass
class Object:
    """The upload under one name."""

    pieces: list[bytes] = field(default_factory=list)
    complete: bool = False
    grown: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, piece: bytes) -> None:
        """Appends a piece and wakes the waiting responses; an empty piece completes the upload."""
        if piece:
            self.pieces.append(piece)
        else:
            self.complete = True
        self.grown.set()
        self.grown = asyncio.Event()


OBJECTS: dict[str, Object] = {}


async def upload(reader: asyncio.StreamReader, path: str, fields: dict[str, str]) -> None:
    """Reads the body of a PUT into an object."""
    found = OBJECTS[path] if path in OBJECTS and not OBJECTS[path].pieces else Object()
    OBJECTS[path] = found
    if "chunked" in fields.get("transfer-encoding", ""):
        while size := int((await reader.readline()).split(b";")[0], 16):
            found.add(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
    elif length := int(fields.get("content-length", "0")):
        found.add(await reader.readexactly(length))
    found.add(b"")


async def download(writer: asyncio.StreamWriter, path: str) -> None:
    """Sends an object while it grows; waits for an object that does not exist yet."""
    found = OBJECTS.setdefault(path, Object())
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    sent = 0
    while True:
        grown = found.grown
        for piece in found.pieces[sent:]:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        sent = len(found.pieces)
        if found.complete:
            break
        await writer.drain()
        await grown.wait()
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serves one keep-alive connection."""
    try:
        while line := await reader.readline():
            method, path, _ = line.decode().split(" ", 2)
            fields: dict[str, str] = {}
            while (line := await reader.readline()).strip():
                name, _, value = line.decode().partition(":")
                fields[name.lower()] = value.strip().lower()
            if method in ("PUT", "POST"):
                await upload(reader, path, fields)
            if method == "GET":
                await download(writer, path)
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main() -> None:
    """Listens on a free port of this machine until it is ended."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
