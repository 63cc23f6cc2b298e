# SPDX-License-Identifier: Apache-2.0
"""Hostile clients of RTMP: each is ended, memory stays flat, and others are undisturbed.

Which bytes are a violation is tested without a connection: Tests/IngestTests (RTMPChunkTests,
RTMPSessionTests, AMF0Tests), and the fuzz targets of RTMP, AMF and FLV. Here are one violation of
each state of a connection, the rates of messages, the times, and many connections.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from harness.continuity import check_one_stream, frames
from harness.http1 import get
from harness.metrics import total
from harness.program import Program, start, stop
from harness.recorder import record
from harness.rtmp import HOST, Publisher, amf, chunk, publish, rtmp_port
from harness.sources import Source
from harness.together import Together, together
from harness.waiting import pause, wait_until

# The longest wait for the end of a connection, s. The program ends those that publish nothing for
# 10 s, and publishers that send no media for 10 s.
WITHIN = 40
FAULTS = "streamer_publisher_faults_total"


def resident(program: Program) -> int:
    """Resident memory of the server in bytes."""
    return int(Path(f"/proc/{program.pid}/statm").read_text().split()[1]) * 4096


def descriptors(program: Program) -> int:
    """Open descriptors of the server."""
    return len(list(Path(f"/proc/{program.pid}/fd").iterdir()))


@pytest.fixture
def target(streamer: Callable[..., Program]) -> Iterator[tuple[Program, int]]:
    """A program that accepts publishers without a key, and their port."""
    program = streamer(*HOST, "--passthrough", "never", defaults=False)
    yield program, rtmp_port(program)
    assert program.process.poll() is None, program.log_text()


@dataclass(frozen=True)
class Attack:
    """Bytes that end the connection at once; `after` is how far the client gets before."""

    name: str
    after: str
    data: bytes
    log: str

    def __str__(self) -> str:
        return self.name


def header(kind: int, length: int, stream: int = 4) -> bytes:
    """A chunk header of format 0."""
    return bytes([stream]) + bytes(3) + struct.pack(">I", length)[1:] + bytes([kind]) + bytes(4)


ATTACKS = [
    Attack("HTTP", "", b"GET / HTTP/1.1\r\n\r\n", "version 71"),
    Attack("publish before connect", "handshake", chunk(20, amf("publish", 1, None, "x")),
           "publish at the wrong time"),
    Attack("long audio", "publish", header(8, 0xFFFFFF), "at most 1048576"),
    Attack("many commands", "publish", chunk(4, bytes([0, 6, 1, 2, 3, 4])) * 200,
           "too many messages"),
    Attack("a flood of empty messages", "publish", header(8, 0) + b"\xc4" * 30_000,
           "too many messages"),
]


def reach(client: Publisher, state: str) -> None:
    """Brings a client to the state from which it attacks."""
    if state == "handshake":
        client.handshake()
    elif state == "publish":
        assert client.ask("x") == b"NetStream.Publish.Start"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_nonsense_ends_the_connection_at_once(attack: Attack, target: tuple[Program, int]) -> None:
    """A violation closes the connection, and the log has the reason."""
    program, port = target
    with Publisher(port) as client:
        reach(client, attack.after)
        try:
            client.send(attack.data)
        except OSError:
            pass
        client.closed_within(WITHIN)
    program.wait_logged("publish-fault", attack.log)


def stay_without_publishing(port: int, state: str) -> None:
    """Sends a byte every half second from `state` on, until the connection ends."""
    with Publisher(port) as client:
        if state == "half a handshake":
            client.send(b"\3" + bytes(700))
        elif state == "handshake":
            client.handshake()
        elif state == "connect":
            client.connect()
        deadline = time.monotonic() + WITHIN
        client.socket.settimeout(0.5)
        while True:
            try:
                client.socket.sendall(b"\3" if state == "nothing" else b"\0")
                if not client.socket.recv(4096):
                    break
            except TimeoutError:
                assert time.monotonic() < deadline, "a slow client stays"
            except OSError:
                break
            if state == "nothing":
                state = "half a handshake"


def publish_without_end(port: int) -> None:
    """Publishes a message that never ends, until the connection is closed."""
    with Publisher(port) as client:
        assert client.ask("x") == b"NetStream.Publish.Start"
        client.send(header(9, 0xFFFFFF) + bytes(128))
        client.socket.settimeout(1)
        deadline = time.monotonic() + WITHIN
        while True:
            try:
                client.socket.sendall(b"\xc4" + bytes(128))
                if not client.socket.recv(4096):
                    break
            except TimeoutError:
                assert time.monotonic() < deadline, "a silent publisher stays"
            except OSError:
                break


@pytest.fixture(scope="module")
def patient(binary: Path) -> Iterator[tuple[Program, Together[str, None]]]:
    """A program with clients that stay for as long as they may, all at once."""
    program = start([*HOST, "--passthrough", "never"], defaults=False)
    port = rtmp_port(program)
    calls = {state: partial(stay_without_publishing, port, state) for state in STATES}
    with together({**calls, "silent": partial(publish_without_end, port)}) as clients:
        yield program, clients
    alive = program.process.poll() is None
    stop(program)
    assert alive, program.log_text()


SLOW = ["nothing", "half a handshake"]
STATES = [*SLOW, "handshake", "connect"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("state", STATES)
def test_clients_that_do_not_publish_are_closed(
        state: str, patient: tuple[Program, Together[str, None]]) -> None:
    """Ten seconds to publish, however slowly bytes arrive; after a handshake they are a violation.
    """
    program, clients = patient
    clients.result(state)
    if state in SLOW:
        for other in SLOW:
            clients.result(other)
        wait_until(lambda: total(program.port, FAULTS, reason="timeout") >= len(SLOW), 10,
                   "ends by time")


@pytest.mark.timeout(60)
def test_a_silent_publisher_is_closed(patient: tuple[Program, Together[str, None]]) -> None:
    """A publisher without media, and one with a message that never ends."""
    program, clients = patient
    clients.result("silent")
    program.wait_logged("publish-ended", "sent nothing for 10 s")


@pytest.mark.timeout(90)
def test_memory_has_limits(target: tuple[Program, int]) -> None:
    """Sixteen clients each leave one message of 16 MB unfinished: one publishes, others may not."""
    program, port = target
    before = resident(program)
    clients: list[Publisher] = []
    try:
        for _ in range(16):
            client = Publisher(port)
            clients.append(client)
            started = client.ask("x") == b"NetStream.Publish.Start"
            if started:
                client.send(chunk(1, struct.pack(">I", 0xFFFFFF)))
            try:
                client.send(header(9, 0xFFFFFF) + bytes(12 << 20))
            except OSError:
                pass
        grown = resident(program) - before
        print(f"16 unfinished messages of 16 MB: {grown >> 20} MB")
        assert grown < 80 << 20
    finally:
        for client in clients:
            client.socket.close()
    wait_until(lambda: resident(program) - before < 60 << 20, 10, "memory is released")


@pytest.mark.timeout(90)
def test_a_publisher_is_not_disturbed_by_a_crowd(streamer, sources: list[Source]) -> None:
    """Hundreds of idle and broken connections: no frame of the publisher is lost or late."""
    program = streamer(*HOST, defaults=False)
    port = rtmp_port(program)
    sources.append(publish(port))
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 20,
               "a playlist")
    before = descriptors(program)
    crowd: list[socket.socket] = []
    try:
        for index in range(400):
            one = socket.create_connection(("127.0.0.1", port), timeout=5)
            one.sendall(b"\3" + bytes(index * 4))
            crowd.append(one)
        for index in range(200):
            with Publisher(port) as client:
                client.send(b"\3" * (index + 1) if index % 2 else b"\x16" * 40)
        found = record(program.port, 5)
        check_one_stream(found)
        clocks = [frame.clock for frame in frames(found)]
        assert len(clocks) >= 90 and None not in clocks
        steps = [round((two - one) * 30) for one, two in zip(clocks, clocks[1:])]
        assert steps == [1] * len(steps)
    finally:
        for one in crowd:
            one.close()
    wait_until(lambda: descriptors(program) <= before + 4, 10, "descriptors are released")


@pytest.mark.timeout(60)
def test_idle_connections_keep_no_publisher_out(target: tuple[Program, int]) -> None:
    """All places are taken by connections that send nothing: a publisher gets one of them."""
    program, port = target
    crowd = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(512)]
    try:
        with Publisher(port) as client:
            assert client.ask("x") == b"NetStream.Publish.Start"
            # Further ones replace the crowd, not the publisher.
            crowd += [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(64)]
            client.media(8, b"\xaf\x01\0")
            wait_until(lambda: total(program.port, FAULTS, reason="replaced") >= 65, 20,
                       "the faults")
            program.check_logged("publish-started")
            assert not program.logged("publish-ended")
    finally:
        for one in crowd:
            one.close()


@pytest.mark.timeout(60)
def test_a_client_that_does_not_read_is_cut(target: tuple[Program, int]) -> None:
    """Pings are answered until the client takes no more answers; then it is cut."""
    program, port = target
    with Publisher(port) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.handshake()
        ping = chunk(4, bytes([0, 6, 1, 2, 3, 4]), stream=2)
        start = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - start < WITHIN:
                client.send(ping * 4096)
        assert program.process.poll() is None


@pytest.mark.timeout(60)
def test_two_encoders_fight_for_a_stream(target: tuple[Program, int]) -> None:
    """Two clients that reconnect at once: the one that sends stays, and the stream never flaps."""
    program, port = target
    refused = 0
    with Publisher(port) as first:
        assert first.ask("x") == b"NetStream.Publish.Start"
        for _ in range(20):
            first.media(8, b"\xaf\x01\0")
            with Publisher(port) as second:
                refused += second.ask("x") == b"NetStream.Publish.BadName"
            pause(0.1, "the next attempt")
    assert refused == 20
    program.check_logged("publish-started")
