# SPDX-License-Identifier: Apache-2.0
"""Viewers of all kinds connect, disconnect and fail at random; nothing in the server may grow.

Prints a table of the server's memory, descriptors and threads. Exits with 1 if one of them grew, if
a well-behaved viewer got a wrong response, or if the stream stopped. A seed repeats the same
sequence of viewers.
Run: python Bench/soak.py [--seconds 600] [--seed 1] [--viewers 150]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in ("Tests", "Bench"):
    sys.path.insert(0, str(ROOT / folder))

from harness.metrics import total  # noqa: E402
from harness.playlist import Playlist, parse  # noqa: E402
from harness.procfs import cpu_nanoseconds, descriptors, resident_bytes, thread_cpu  # noqa: E402
from harness.program import Program, start, stop  # noqa: E402
from harness.tools import streamer_binary  # noqa: E402
from harness.tunein import PLAYLIST, fetch  # noqa: E402
from harness.waiting import pause  # noqa: E402
from held import PREFACE, get_frame  # noqa: E402
from http_cells import free_port  # noqa: E402

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


Viewer = Callable[[int, random.Random], Awaitable[None]]


async def low_latency(port: int, dice: random.Random) -> None:
    """Reloads the playlist with blocking requests and reads each part, like hls.js."""
    async with Client(port) as client, Client(port) as media:
        msn, part = (await client.playlist()).last_part
        skip = dice.choice(["", "&_HLS_skip=YES"])
        while True:
            part += 1
            body = await client.get(f"{PLAYLIST}?_HLS_msn={msn}&_HLS_part={part}{skip}")
            msn, part = (parse(body.decode()) if not skip else await client.playlist()).last_part
            await media.get(f"{BASE}segment{msn}.{part}.m4s", 404, 410)


async def hints(port: int, _: random.Random) -> None:
    """Requests each part by its hint."""
    async with Client(port) as client:
        while True:
            msn, part = (await client.playlist()).last_part
            await client.get(f"{BASE}segment{msn}.{part + 1}.m4s", 404)


async def open_segment_reader(port: int, dice: random.Random) -> None:
    """Reads open segments, some of them before they begin."""
    async with Client(port) as client:
        while True:
            msn = (await client.playlist()).last_part[0] + dice.choice([0, 0, 1])
            await client.get(f"{BASE}segment{msn}.m4s", 404)


async def chunked(port: int, _: random.Random) -> None:
    """Reads the chunked playlist, like players without part support."""
    async with Client(port) as client:
        seen: set[str] = set()
        while True:
            for segment in (await client.playlist(path="/live/chunked.m3u8")).segments[-2:]:
                if segment.uri and segment.uri not in seen:
                    seen.add(segment.uri)
                    await client.get(f"{BASE}{segment.uri.split('/')[-1]}", 404)
            await asyncio.sleep(0.1)  # interval of a player without part support


async def poller(port: int, _: random.Random) -> None:
    """Polls with `wait`."""
    async with Client(port) as client:
        while True:
            await client.get(f"{PLAYLIST}?wait=500")


async def scraper(port: int, dice: random.Random) -> None:
    """Requests pages, probes and statistics, each on a new connection."""
    while True:
        async with Client(port) as client:
            await client.get(
                dice.choice([
                    "/", "/metrics", "/timestamps.json", "/health", "/ready", "/time?iso", "/live/",
                    "/version"
                ]))
        await asyncio.sleep(dice.uniform(0, 0.5))  # random interval of a monitor


async def slow(port: int, dice: random.Random) -> None:
    """Requests more than it reads."""
    async with Client(port) as client:
        names = [segment.uri for segment in (await client.playlist()).segments[-6:]]
    loop = asyncio.get_running_loop()
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await loop.sock_connect(raw, ("127.0.0.1", port))
        await loop.sock_sendall(
            raw,
            "".join(f"GET {BASE}{name} HTTP/1.1\r\nHost: x\r\n\r\n" for name in names).encode())
        interval = dice.choice([0.01, 0.1, 1, 30])
        while await loop.sock_recv(raw, 4096):
            await asyncio.sleep(interval)  # the reader is slow on purpose


async def vanishing(port: int, dice: random.Random) -> None:
    """Sends requests that are held, and disconnects before the response, with FIN or RST."""
    while True:
        async with Client(port) as client:
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


async def pipeliner(port: int, dice: random.Random) -> None:
    """Pipelines many requests after a held request."""
    async with Client(port) as client:
        while True:
            msn, part = (await client.playlist()).last_part
            count = dice.randint(2, 60)
            client.ask(f"{PLAYLIST}?_HLS_msn={msn}&_HLS_part={part + 2}")
            for _ in range(count):
                client.ask("/version")
            for _ in range(count + 1):
                await client.response()


async def hostile(port: int, dice: random.Random) -> None:
    """Sends malformed requests or a part of one, and waits."""
    while True:
        async with Client(port) as client:
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


SECURE_PORT = 0  # set if the streamer has TLS
HTTP1, HTTP2 = trusting("http/1.1"), trusting("h2")


async def encrypted(_: int, __: random.Random) -> None:
    """Reloads the playlist with blocking requests over TLS."""
    async with Client(SECURE_PORT, HTTP1) as client:
        msn, part = (await client.playlist()).last_part
        while True:
            msn, part = (await client.playlist(f"?_HLS_msn={msn}&_HLS_part={part + 1}")).last_part
            await client.get(f"{BASE}segment{msn}.{part}.m4s", 404, 410)


async def multiplexed(port: int, dice: random.Random) -> None:
    """Held requests and open-segment readers on many HTTP/2 streams; resets some, reads slowly."""
    async with Client(port) as client:
        msn = (await client.playlist()).last_part[0]
    over_tls = dice.random() < 0.5
    async with Client(SECURE_PORT if over_tls else port, HTTP2 if over_tls else None) as client:
        client.writer.write(PREFACE)
        for i in range(dice.randint(1, 60)):
            path = dice.choice([
                f"{PLAYLIST}?_HLS_msn={msn + 1}", f"{BASE}segment{msn + 1}.m4s", "/version",
                f"{BASE}segment{msn}.m4s", f"{PLAYLIST}?wait=2000"
            ])
            client.writer.write(get_frame(2 * i + 1, path))
            if dice.random() < 0.2:
                client.writer.write(b"\0\0\4\3\0" + (2 * i + 1).to_bytes(4, "big") + b"\0\0\0\x08")
        while data := await client.reader.read(1 << 16):
            client.writer.write(b"\0\0\4\x08\0\0\0\0\0" + len(data).to_bytes(4, "big"))
            await asyncio.sleep(dice.uniform(0, 0.2))  # reads at a random pace


# Viewers that must get correct responses, and viewers that may be cut.
BEHAVED: list[Viewer] = [low_latency, hints, open_segment_reader, chunked, poller, scraper]
OTHERS: list[Viewer] = [slow, vanishing, pipeliner, hostile]
SECURE: list[Viewer] = [encrypted, multiplexed]


class Soak:
    """The viewers and the figures of the server."""

    def __init__(self, program: Program, seed: int, viewers: int) -> None:
        self.program, self.viewers = program, viewers
        self.dice = random.Random(seed)
        self.began = time.monotonic()
        self.running: set[asyncio.Task[None]] = set()
        self.started: Counter[str] = Counter()
        self.wrong_responses: list[str] = []
        self.rows: list[tuple[float, int, int, int, int]] = []

    async def live(self, viewer: Viewer, seconds: float, seed: int) -> None:
        """Runs one viewer for `seconds`; records wrong responses to well-behaved viewers."""
        try:
            async with asyncio.timeout(seconds):
                await viewer(self.program.port, random.Random(seed))
        except TimeoutError:
            pass
        except WrongResponse as error:
            if viewer in BEHAVED or viewer is encrypted:
                self.wrong_responses.append(f"{viewer.__name__}: {error}")
        except (OSError, asyncio.IncompleteReadError, AssertionError, ValueError) as error:
            if viewer in BEHAVED or viewer is encrypted:
                self.wrong_responses.append(f"{viewer.__name__}: {type(error).__name__} {error}")

    def admit(self) -> None:
        """Adds viewers up to the current number."""
        wave = 0.55 + 0.45 * ((time.monotonic() - self.began) % 60 < 30)
        while len(self.running) < self.viewers * wave:
            viewer = self.dice.choice(BEHAVED + OTHERS + (SECURE if SECURE_PORT else []))
            self.started[viewer.__name__] += 1
            life = min(60, self.dice.expovariate(1 / 6))
            task = asyncio.create_task(self.live(viewer, life, self.dice.getrandbits(32)))
            self.running.add(task)
            task.add_done_callback(self.running.discard)

    def look(self) -> None:
        """Measures one row of the table."""
        pid = self.program.pid
        row = (time.monotonic() - self.began, len(
            self.running), resident_bytes(pid), descriptors(pid), len(thread_cpu(pid)))
        self.rows.append(row)
        print(
            f"  {row[0]:6.0f} s {row[1]:6} viewers {row[2] / 1e6:8.1f} MB "
            f"{row[3]:6} descriptors {row[4]:4} threads",
            flush=True)

    async def run(self, seconds: float) -> None:
        """Runs the viewers for `seconds`, then ends them."""
        step = max(1.0, seconds / 60)
        next_look = 0.0
        while time.monotonic() - self.began < seconds:
            self.admit()
            if time.monotonic() - self.began >= next_look:
                self.look()
                next_look += step
            await asyncio.sleep(0.02)  # interval of the admission of viewers
        for task in list(self.running):
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


def settle(program: Program, base: int, within: float = 20) -> int:
    """Waits until the server has closed the descriptors of all viewers; returns the open ones."""
    deadline = time.monotonic() + within
    while descriptors(program.pid) > base and time.monotonic() < deadline:
        pause(0.2, "polling interval; a timeout is a result, not an error")
    return descriptors(program.pid)


def verdict(soak: Soak, base: tuple[int, int, int], edge: tuple[int, int]) -> list[str]:
    """The faults found; empty if the soak passed."""
    wrong = []
    resident, base_descriptors, threads = base
    quarter = max(2, len(soak.rows) // 4)
    second = statistics.median(row[2] for row in soak.rows[quarter : 2 * quarter])
    last = statistics.median(row[2] for row in soak.rows[-quarter:])
    # Allocators keep their peak memory, so two quarters under load are compared.
    print(
        f"resident, second quarter → last: {second / 1e6:.1f} → {last / 1e6:.1f} MB; "
        "without viewers before: "
        f"{resident / 1e6:.1f} MB, after: {resident_bytes(soak.program.pid) / 1e6:.1f} MB")
    if last > second * 1.1 + 4e6:
        wrong.append(f"memory grows: {second / 1e6:.1f} → {last / 1e6:.1f} MB")
    left = settle(soak.program, base_descriptors)
    if left > base_descriptors + 3:
        wrong.append(f"descriptors stay open: {base_descriptors} → {left}")
    if max(row[4] for row in soak.rows) > threads or len(thread_cpu(soak.program.pid)) > threads:
        wrong.append(f"threads grow: {threads} → {max(row[4] for row in soak.rows)}")
    deadline = time.monotonic() + 3
    while (held := total(soak.program.port,
                         "streamer_held_requests")) > 0 and time.monotonic() < deadline:
        pause(0.2, "polling interval; a timeout is a result, not an error")
    if held > 0:
        kinds = {kind: total(soak.program.port, "streamer_held_requests", kind=kind)
                 for kind in ("start", "version", "segment")}
        wrong.append(f"{held:.0f} requests are still held without clients: {kinds}")
    now = fetch(soak.program.port).last_part
    elapsed = time.monotonic() - soak.began
    if now[0] - edge[0] < elapsed - 3:
        wrong.append(f"the stream is late: {edge} → {now} in {elapsed:.0f} s")
    if soak.wrong_responses:
        wrong.append(f"{len(soak.wrong_responses)} wrong responses to well-behaved viewers: "
                     + "; ".join(soak.wrong_responses[:5]))
    problems = [line for line in soak.program.log if " warning " in line or " error " in line]
    if problems:
        print("the server's warnings:", *problems[:10], sep="\n  ")
    return wrong


def main() -> int:
    """Runs the soak; 1 after a fault."""
    parser = argparse.ArgumentParser(
        description="Run viewers that connect, disconnect and fail at random.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--viewers", type=int, default=150,
                        help="greatest number of viewers at a time (default 150)")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    global SECURE_PORT
    flags = ["--resolution", "640x360", "--bitrate", "1000"]
    if "--self-signed" in subprocess.run([str(streamer_binary()), "--help"], capture_output=True,
                                         text=True).stdout:
        SECURE_PORT = free_port()
        flags += ["--self-signed", "--https-port", str(SECURE_PORT)]
    else:
        print("not tested: TLS and HTTP/2; this streamer lacks them")
    program = start(flags)
    try:
        edge = fetch(program.port).last_part
        pause(2, "the start must not be measured")
        base = (resident_bytes(program.pid), descriptors(program.pid), len(thread_cpu(program.pid)))
        cpu = cpu_nanoseconds(program.pid)
        print(f"seed {options.seed}, {options.seconds:.0f} s, up to {options.viewers} viewers")
        soak = Soak(program, options.seed, options.viewers)
        asyncio.run(soak.run(options.seconds))
        wrong = verdict(soak, base, edge)
        print("viewers:",
              ", ".join(f"{count} {name}" for name, count in sorted(soak.started.items())))
        spent = (cpu_nanoseconds(program.pid) - cpu) / 1e9
        print(
            f"CPU {spent:.1f} s; "
            f"answers cut {total(program.port, 'streamer_answers_cut_total'):.0f}; "
            f"answers {total(program.port, 'streamer_requests_total'):.0f}")
        folder = ROOT / "bench-results"
        folder.mkdir(exist_ok=True)
        path = folder / time.strftime("soak-%Y%m%d-%H%M%S.json")
        path.write_text(json.dumps({"seed": options.seed, "rows": soak.rows, "wrong": wrong}))
    finally:
        status = stop(program)
    if status != 0:
        wrong.append(f"exit status {status}")
    print("FAILED: " + "; ".join(wrong) if wrong else
          "passed: memory, descriptors and threads did not grow; the stream continued")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
