# SPDX-License-Identifier: Apache-2.0
"""The viewers of the soak: players of all kinds, slow and hostile clients.

A viewer is a coroutine that runs until it is cancelled. It takes random decisions from the given
generator only, so that a seed repeats them.
"""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from harness.playlist import Playlist, parse
from harness.tunein import PLAYLIST
from held import PREFACE, get_frame

BASE = "/live/video/"
GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /" + b"a" * 9000, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nGET / HT",
    b"GET /live/%zz HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n\r\n\r\n\r\n"
]


class WrongResponse(Exception):
    """A well-behaved viewer got a wrong response."""


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int, secure: ssl.SSLContext | None = None) -> None:
        self.port, self.secure = port, secure
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def __aenter__(self) -> Client:
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.port, limit=1 << 17, ssl=self.secure,
            ssl_handshake_timeout=20 if self.secure else None)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    def ask(self, path: str) -> None:
        """Sends a request."""
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())

    async def response(self) -> tuple[int, bytes]:
        """Status and body of the next response."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        if "transfer-encoding: chunked" in head:
            body = b""
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readexactly(2)
            return status, body
        length = int(next((line.split(":")[1] for line in head.split("\r\n")
                           if line.startswith("content-length:")), "0"))
        return status, await self.reader.readexactly(length)

    async def get(self, path: str, *allowed: int) -> bytes:
        """The body of a response with status 200."""
        self.ask(path)
        status, body = await self.response()
        if status != 200 and status not in allowed:
            raise WrongResponse(f"{path}: {status} {body[:80]!r}")
        return body

    async def playlist(self, query: str = "", path: str = PLAYLIST) -> Playlist:
        """A playlist, parsed."""
        return parse((await self.get(path + query)).decode())


@dataclass
class Gaps:
    """The times between two parts of one player: above a second, its buffer is empty."""

    longest: float = 0
    stalls: int = 0

    def note(self, seconds: float) -> None:
        """Notes the time since the last part."""
        self.longest = max(self.longest, seconds)
        self.stalls += seconds > 1


@dataclass(frozen=True)
class Ports:
    """The ports that viewers connect to."""

    plain: int
    secure: int  # 0 without TLS
    # Whether `plain` is that of a cache.
    is_cached: bool = False
    gaps: Gaps = field(default_factory=Gaps)

    async def pace(self) -> None:
        """Waits before a request that a cache answers at once, and the server does not."""
        if self.is_cached:
            await asyncio.sleep(0.1)  # interval of requests to a cache


Viewer = Callable[[Ports, random.Random], Awaitable[None]]


async def low_latency(ports: Ports, dice: random.Random) -> None:
    """Reloads the playlist with blocking requests and reads each part, like hls.js."""
    async with Client(ports.plain) as client, Client(ports.plain) as media:
        msn, part = (await client.playlist()).last_part
        # The playlist without directives, with which a delta update is replaced here, is up to a
        # second old in a cache.
        skip = dice.choice(["", "" if ports.is_cached else "&_HLS_skip=YES"])
        last = 0.0
        while True:
            body = await client.get(f"{PLAYLIST}?_HLS_msn={msn}&_HLS_part={part + 1}{skip}")
            newest = parse(body.decode()) if not skip else await client.playlist()
            msn, part = newest.last_part
            await media.get(f"{BASE}segment{msn}.{part}.m4s", 404, 410)
            now = asyncio.get_running_loop().time()
            if last:
                ports.gaps.note(now - last)
            last = now


async def hints(ports: Ports, _: random.Random) -> None:
    """Requests each part by its hint."""
    async with Client(ports.plain) as client:
        msn, part = (await client.playlist()).last_part
        while True:
            await client.get(f"{BASE}segment{msn}.{part + 1}.m4s", 404)
            msn, part = (await client.playlist(f"?_HLS_msn={msn}&_HLS_part={part + 1}")).last_part


async def open_segment_reader(ports: Ports, dice: random.Random) -> None:
    """Reads open segments, some of them before they begin."""
    async with Client(ports.plain) as client:
        while True:
            msn = (await client.playlist()).last_part[0] + dice.choice([0, 0, 1])
            await client.get(f"{BASE}segment{msn}.m4s", 404)
            await ports.pace()


async def chunked(ports: Ports, _: random.Random) -> None:
    """Reads the chunked playlist, like players without part support."""
    async with Client(ports.plain) as client:
        seen: set[str] = set()
        while True:
            for segment in (await client.playlist(path="/live/chunked.m3u8")).segments[-2:]:
                if segment.uri and segment.uri not in seen:
                    seen.add(segment.uri)
                    await client.get(f"{BASE}{segment.uri.split('/')[-1]}", 404)
            await asyncio.sleep(0.1)  # interval of a player without part support


async def poller(ports: Ports, _: random.Random) -> None:
    """Polls with `wait`."""
    async with Client(ports.plain) as client:
        while True:
            await client.get(f"{PLAYLIST}?wait=500")
            await ports.pace()


async def scraper(ports: Ports, dice: random.Random) -> None:
    """Requests pages, probes and statistics, each on a new connection."""
    while True:
        async with Client(ports.plain) as client:
            await client.get(
                dice.choice([
                    "/", "/metrics", "/timestamps.json", "/health", "/ready", "/time?iso", "/live/",
                    "/version"
                ]), *([404] if ports.is_cached else []))
        await asyncio.sleep(dice.uniform(0, 0.5))  # random interval of a monitor


async def slow(ports: Ports, dice: random.Random) -> None:
    """Requests more than it reads."""
    async with Client(ports.plain) as client:
        names = [segment.uri for segment in (await client.playlist()).segments[-6:]]
    loop = asyncio.get_running_loop()
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await loop.sock_connect(raw, ("127.0.0.1", ports.plain))
        await loop.sock_sendall(
            raw,
            "".join(f"GET {BASE}{name} HTTP/1.1\r\nHost: x\r\n\r\n" for name in names).encode())
        interval = dice.choice([0.01, 0.1, 1, 30])
        while await loop.sock_recv(raw, 4096):
            await asyncio.sleep(interval)  # the reader is slow on purpose


async def vanishing(ports: Ports, dice: random.Random) -> None:
    """Sends requests that are held, and disconnects before the response, with FIN or RST."""
    while True:
        async with Client(ports.plain) as client:
            msn, part = (await client.playlist()).last_part
            client.ask(
                dice.choice([
                    f"{PLAYLIST}?_HLS_msn={msn}&_HLS_part={part + 3}",
                    f"{BASE}segment{msn + 1}.m4s", f"{BASE}segment{msn}.m4s",
                    f"{PLAYLIST}?wait=3000"
                ]))
            await asyncio.sleep(dice.uniform(0, 0.3))  # disconnects at a random time
            if dice.random() < 0.5:
                raw = client.writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


async def pipeliner(ports: Ports, dice: random.Random) -> None:
    """Pipelines many requests after a held request."""
    async with Client(ports.plain) as client:
        while True:
            msn, part = (await client.playlist()).last_part
            count = dice.randint(2, 60)
            client.ask(f"{PLAYLIST}?_HLS_msn={msn}&_HLS_part={part + 2}")
            for _ in range(count):
                client.ask("/version")
            for _ in range(count + 1):
                await client.response()


async def hostile(ports: Ports, dice: random.Random) -> None:
    """Sends malformed requests or a part of one, and waits."""
    while True:
        async with Client(ports.plain) as client:
            data = dice.choice(GARBAGE)
            client.writer.write(data[: dice.randint(1, len(data))])
            try:
                async with asyncio.timeout(dice.uniform(0, 2)):
                    await client.reader.read()
            except TimeoutError:
                pass


def trusting(protocol: str) -> ssl.SSLContext:
    """TLS that accepts any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    return context


HTTP1, HTTP2 = trusting("http/1.1"), trusting("h2")


async def encrypted(ports: Ports, _: random.Random) -> None:
    """Reloads the playlist with blocking requests over TLS."""
    async with Client(ports.secure, HTTP1) as client:
        msn, part = (await client.playlist()).last_part
        while True:
            msn, part = (await client.playlist(f"?_HLS_msn={msn}&_HLS_part={part + 1}")).last_part
            await client.get(f"{BASE}segment{msn}.{part}.m4s", 404, 410)


async def multiplexed(ports: Ports, dice: random.Random) -> None:
    """Held requests and open-segment readers on many HTTP/2 streams; resets some, reads slowly."""
    async with Client(ports.plain) as client:
        msn = (await client.playlist()).last_part[0]
    over_tls = dice.random() < 0.5
    port, security = (ports.secure, HTTP2) if over_tls else (ports.plain, None)
    async with Client(port, security) as client:
        client.writer.write(PREFACE)
        for i in range(dice.randint(1, 60)):
            path = dice.choice([
                f"{PLAYLIST}?_HLS_msn={msn + 1}", f"{BASE}segment{msn + 1}.m4s", "/version",
                f"{BASE}segment{msn}.m4s", f"{PLAYLIST}?wait=2000"
            ])
            client.writer.write(get_frame(2 * i + 1, path))
            if dice.random() < 0.2:
                client.writer.write(b"\0\0\4\3\0" + (2 * i + 1).to_bytes(4, "big") + b"\0\0\0\x08")
        while (data := await client.reader.read(1 << 16)) and not client.writer.is_closing():
            client.writer.write(b"\0\0\4\x08\0\0\0\0\0" + len(data).to_bytes(4, "big"))
            await asyncio.sleep(dice.uniform(0, 0.2))  # reads at a random pace


# Viewers that must get correct responses, and viewers that may be cut.
BEHAVED: list[Viewer] = [low_latency, hints, open_segment_reader, chunked, poller, scraper]
OTHERS: list[Viewer] = [slow, vanishing, pipeliner, hostile]
SECURE: list[Viewer] = [encrypted, multiplexed]
