# SPDX-License-Identifier: Apache-2.0
"""Clients that abuse `llws-publish.v1`: each is told why, and no other stream is disturbed."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.http1 import get
from harness.ports import free_port
from harness.program import Program, stop
from harness.pushing import configured
from harness.waiting import not_before, pause, wait_until
from harness.websocket import BINARY, TEXT, Ended, Socket, frame

KEY = "0123456789abcdef0123456789abcdef"
# The tag, the start code and the size of a key frame, RFC 6386 §9.1, and a frame that is none.
KEY_FRAME = bytes([0x10, 0, 0, 0x9D, 1, 0x2A, 64, 1, 180, 0]) + bytes(20)
DELTA_FRAME = bytes([0x11, 0, 0]) + bytes(20)
HOUR = 3_600_000_000  # in microseconds


def message(number: int = 0, *, payload: bytes = KEY_FRAME, flags: int = 17, group: int = 1,
            kind: int = 4, shift: int = 0, late: int = 0) -> bytes:
    """A frame of a page; `late` and `shift`, its presentation, in microseconds."""
    now = time.time_ns() // 1000
    return frame(BINARY, struct.pack("!BBHIIQi", kind, flags, group, number, now // 1000 % 2**32,
                                     now - late, shift) + payload)


def track(**members: object) -> dict[str, object]:
    """The description of a video track."""
    return {"t": "track", "kind": "video", "cid": 1, "codec": "vp8", "w": 320, "h": 180, **members}


def entered(socket: Socket, describes: bool = True) -> None:
    """Is permitted to publish, and describes its video."""
    socket.send({"t": "hello", "v": 1, "key": KEY})
    assert socket.until("welcome")["v"] == 1
    if describes:
        socket.send(track())
        socket.send({"t": "begin"})
        assert socket.until("accepted")["cid"] == 1


def is_free(program: Program) -> bool:
    """Whether the next client may publish; it ends at once."""
    with Socket(program.port, "/live/publish", "llws-publish.v1") as one:
        one.send({"t": "hello", "v": 1, "key": KEY})
        answer = one.next()
        assert isinstance(answer, dict)
        if answer["t"] == "error":
            assert answer["code"] == "busy", answer
            return False
        one.send({"t": "bye"})
        return one.close_code() == 1000


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Program]:
    """A program with a door for pages, and a stream that nothing may disturb."""
    assert binary
    running = configured(tmp_path_factory.mktemp("abuse"), "server", free_port(), [
        {"stream": "live", "source": "page", "publishKey": KEY},
        {"stream": "calm", "testSrc": True, "resolution": "320x180", "bitrate": 300,
         "preset": "ultrafast"}])
    yield running
    playlist = get(running.port, "/calm/video/playlist.m3u8").text
    assert "#EXT-X-GAP" not in playlist and "#EXT-X-DISCONTINUITY\n" not in playlist
    assert stop(running) == 0, running.log_text()


def told(socket: Socket) -> tuple[str, int | None]:
    """The code of the error and of the Close frame."""
    error = socket.until("error")
    try:
        while True:
            socket.next()
    except Ended as end:
        return error["code"], end.args[0] if end.args else None


Step = Callable[[Socket], None]
ROWS: list[tuple[str, str, int, bool, Step]] = [
    ("no JSON", "protocol", 4400, True, lambda one: one.send(frame(TEXT, b"{"))),
    ("another codec", "unsupported", 4415, False, lambda one: one.send(track(codec="av01"))),
    ("a size without limit", "protocol", 4400, False, lambda one: one.send(track(w=1e9))),
    ("begin without a track", "protocol", 4400, False, lambda one: one.send({"t": "begin"})),
    ("a frame before begin", "protocol", 4400, False, lambda one: one.send(message())),
    ("another kind", "protocol", 4400, True, lambda one: one.send(message(kind=1))),
    ("an unknown group", "protocol", 4400, True, lambda one: one.send(message(group=9))),
    ("no frame after the head", "protocol", 4400, True,
     lambda one: one.send(message(payload=b""))),
    ("a first frame that is no key frame", "frame", 4400, True,
     lambda one: one.send(message(payload=DELTA_FRAME, flags=16))),
    ("a frame that is marked as a key frame", "frame", 4400, True,
     lambda one: one.send(message(payload=DELTA_FRAME))),
    ("a key frame that is not marked", "frame", 4400, True,
     lambda one: one.send(message(flags=16))),
    ("a jump of the numbers", "protocol", 4400, True,
     lambda one: (one.send(message(0)), one.send(message(2, shift=1000)))[0]),
    ("frames that are not in order", "b-frames", 4400, True,
     lambda one: (one.send(message(0)), one.send(message(1, shift=-500_000)))[0]),
    ("a clock that is an hour late", "clock", 4400, True, lambda one: one.send(message(late=HOUR))),
    ("a clock that is an hour early", "clock", 4400, True,
     lambda one: one.send(message(late=-HOUR))),
    ("a presentation far from the capture", "clock", 4400, True,
     lambda one: one.send(message(shift=2_000_000))),
    ("many control messages", "rate", 4429, True,
     lambda one: one.send(frame(TEXT, b'{"t":"ping","id":1,"c":1}') * 200)),
]


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("code", "close", "describes", "step"), [row[1:] for row in ROWS],
                         ids=[row[0] for row in ROWS])
def test_the_client_is_told_why(code: str, close: int, describes: bool, step: Step,
                                program: Program) -> None:
    """One error with its code, a Close frame with its status, and the door is free again."""
    with Socket(program.port, "/live/publish", "llws-publish.v1") as one:
        entered(one, describes)
        step(one)
        assert told(one) == (code, close)
    if code == "rate":
        # It may continue; others may take its place after 2 s.
        wait_until(lambda: is_free(program), 4, "the door is free")
    assert is_free(program)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("size", "permitted"), [(17 << 10, False), (5 << 20, True)])
def test_a_large_message_is_not_read(size: int, permitted: bool, program: Program) -> None:
    """16 KiB before the permission, 4 MiB after it: the socket is closed with 1009."""
    with Socket(program.port, "/live/publish", "llws-publish.v1") as one:
        if permitted:
            entered(one)
        opcode = BINARY if permitted else TEXT
        # Only the head: the rest is announced, and never sent.
        one.send(frame(opcode, bytes(size))[:100])
        assert one.close_code() == 1009
    wait_until(lambda: is_free(program), 4, "the door is free")


@pytest.mark.timeout(40)
def test_silent_clients_are_closed(program: Program) -> None:
    """No hello within 5 s; half a frame within 10 s. They keep no place from others."""
    begun = time.monotonic()
    with Socket(program.port, "/live/publish", "llws-publish.v1", timeout=40) as mute, \
            Socket(program.port, "/live/publish", "llws-publish.v1", timeout=40) as slow:
        entered(slow)
        slow.send(message(payload=KEY_FRAME + bytes(4000))[:2000])
        assert told(mute) == ("silent", 4408)
        not_before(begun, 5, "the limit of a hello")
        assert told(slow) == ("silent", 4408)
        not_before(begun, 10, "the limit of a frame")
    pause(0.1, "the publication ends")
    assert is_free(program)
