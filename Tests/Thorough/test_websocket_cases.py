# SPDX-License-Identifier: Apache-2.0
"""The cases of the Autobahn test suite over a socket of the program: sections 1-7, 9 and 10.

The suite itself needs Python 2. Its messages are `ping` messages here, which the program answers,
and not longer than the program accepts. Sections 12 and 13 are about deflate, which is not
negotiated; `Tests/HTTPTests/WebSocketCases.swift` has the cases with their own payloads.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from harness.program import Program
from harness.waiting import pause
from harness.websocket import BINARY, CLOSE, PING, PONG, TEXT, Ended, Socket, frame

#: The most bytes of a message.
LIMIT = 4 * 1024
BYTES = b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
GREEK = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
#: A code point beyond U+10FFFF, whose second byte is the first invalid one.
BEYOND = GREEK + b"\xf4\x90\x80\x80" + b"edited"
VALID = [b"hello\x24world", b"hello\xc2\xa2world", b"hello\xe2\x82\xacworld",
         b"hello\xf0\xa4\xad\xa2world", GREEK, b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80",
         b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf", b"\xed\x9f\xbf",
         b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xef\xbf\xbe", b"\xf0\x9f\xbf\xbe", b"\xef\xbf\xb9"]
INVALID = [b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xf7\xbf\xbf\xbf",
           b"\xf4\x90\x80\x80", b"\x80", b"\xbf", b"\x80\xbf\x80", bytes(range(0x80, 0xbf)),
           b"\xc0 \xc1 ", b"\xe0 \xe1 ", b"\xf0 \xf1 ", b"\xe0\x80", b"\xdf", b"\xef\xbf", b"\xfe",
           b"\xff", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xc1\xbf",
           b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xc0\x80", b"\xe0\x80\x80", b"\xed\xa0\x80",
           b"\xed\xaf\xbf", b"\xed\xb0\x80", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80"]
HEAD, TAIL = b'{"t":"ping","id":7,"c":1,"x":"', b'"}'
#: The names of the messages that answer one.
ECHO, ERROR = "pong", "error"


def message(length: int = 0, content: bytes = b"") -> bytes:
    """A message that is answered, of `length` bytes if that is more than its content."""
    rest = length - len(HEAD + content + TAIL)
    return HEAD + content + b"*" * max(0, rest) + TAIL


def fragments(payload: bytes, size: int) -> bytes:
    """A text in frames of `size` bytes."""
    parts = [payload[i:i + size] for i in range(0, len(payload), size)]
    return b"".join(frame(0 if i else TEXT, part, final=i == len(parts) - 1)
                    for i, part in enumerate(parts))


@dataclass
class Case:
    """What the client sends, in pieces of `chop` bytes, and the answers.

    An answer is the payload of a Pong frame, or the name of a message. Without `code` the client
    closes.
    """

    number: str
    data: bytes
    answers: list[bytes | str] = field(default_factory=list)
    code: int | None = None
    chop: int = 1 << 20


def framing() -> Iterator[Case]:
    """Sections 1, 9 and 10: sizes, fragments and pieces."""
    for index, size in enumerate([0, 125, 126, 127, 128, LIMIT], 1):
        yield Case(f"1.1.{index}", frame(TEXT, message(size)), [ECHO])
        yield Case(f"1.2.{index}", frame(BINARY, bytes(size)), code=1003)
    yield Case("1.1.7", frame(TEXT, message(LIMIT + 1)), code=1009)
    yield Case("1.1.8", frame(TEXT, message(LIMIT)), [ECHO], chop=997)
    for index, size in enumerate([256, 1024, 4096, LIMIT], 1):
        yield Case(f"9.3.{index}", fragments(message(LIMIT), size), [ECHO])
    for index, size in enumerate([64, 128, 256, 512, 1024, 2048], 1):
        yield Case(f"9.5.{index}", frame(TEXT, message(LIMIT)), [ECHO], chop=size)
    yield Case("10.1.1", fragments(message(LIMIT), 1300), [ECHO])


def control() -> Iterator[Case]:
    """Sections 2 to 4: control frames, reserved bits and opcodes."""
    for number, payload in [("2.1", b""), ("2.2", b"Hello, world!"), ("2.3", BYTES),
                            ("2.4", b"\xfe" * 125)]:
        yield Case(number, frame(PING, payload), [payload])
    yield Case("2.5", frame(PING, b"\xfe" * 126), code=1002)
    yield Case("2.6", frame(PING, b"\xfe" * 125), [b"\xfe" * 125], chop=1)
    yield Case("2.7", frame(PONG))
    yield Case("2.8", frame(PONG, b"unsolicited pong payload"))
    yield Case("2.9", frame(PONG, b"unsolicited") + frame(PING, b"ping payload"), [b"ping payload"])
    payloads: list[bytes | str] = [b"payload-%d" % i for i in range(10)]
    pings = b"".join(frame(PING, b"payload-%d" % i) for i in range(10))
    yield Case("2.10", pings, payloads)
    yield Case("2.11", pings, payloads, chop=1)
    hello, ping = frame(TEXT, message()), frame(PING)
    yield Case("3.1", frame(TEXT, message(), reserved=0x10), code=1002)
    for number, bits, chop in [("3.2", 0x20, 1 << 20), ("3.3", 0x30, 40), ("3.4", 0x40, 1)]:
        yield Case(number, hello + frame(TEXT, message(), reserved=bits) + ping, [ECHO], 1002, chop)
    yield Case("3.5", frame(BINARY, BYTES, reserved=0x50), code=1002)
    yield Case("3.6", frame(PING, b"Hello, world!", reserved=0x60), code=1002)
    yield Case("3.7", frame(CLOSE, reserved=0x70), code=1002)
    for group, first in [("4.1", 3), ("4.2", 11)]:
        yield Case(f"{group}.1", frame(first), code=1002)
        yield Case(f"{group}.2", frame(first + 1, b"reserved opcode payload"), code=1002)
        yield Case(f"{group}.3", hello + frame(first + 2) + ping, [ECHO], 1002)
        yield Case(f"{group}.4", hello + frame(first + 3, b"x") + ping, [ECHO], 1002)
        yield Case(f"{group}.5", hello + frame(first + 4, b"x") + ping, [ECHO], 1002, chop=1)


def fragmentation() -> Iterator[Case]:
    """Section 5."""
    text = message()
    begin, end = frame(TEXT, text[:9], final=False), frame(0, text[9:])
    ping = frame(PING, b"ping payload")
    yield Case("5.1", frame(PING, b"fragment1", final=False) + frame(0, b"fragment2"), code=1002)
    yield Case("5.2", frame(PONG, b"fragment1", final=False) + frame(0, b"fragment2"), code=1002)
    for first, chop in [(3, 1 << 20), (4, 15), (5, 1)]:
        yield Case(f"5.{first}", begin + end, [ECHO], chop=chop)
        yield Case(f"5.{first + 3}", begin + ping + end, [b"ping payload", ECHO], chop=chop)
    for first, final in [(9, True), (12, False)]:
        loose = frame(0, b"non-continuation payload", final=final) + frame(TEXT, text)
        for index, chop in enumerate([1 << 20, 30, 1]):
            yield Case(f"5.{first + index}", loose, code=1002, chop=chop)
    open_end = frame(0, b"fragment3", final=False)
    yield Case("5.15", begin + end + open_end + frame(TEXT, text), [ECHO], 1002)
    yield Case("5.16", (open_end + begin + end) * 2, code=1002)
    yield Case("5.17", (frame(0, b"fragment1") + begin + end) * 2, code=1002)
    yield Case("5.18", begin + frame(TEXT, text), code=1002)
    parts = [text[i * 8:i * 8 + 8] for i in range(4)]
    five = (frame(TEXT, parts[0], final=False) + frame(0, parts[1], final=False)
            + frame(PING, b"pongme 1!") + frame(0, parts[2], final=False)
            + frame(0, text[24:-1], final=False) + frame(PING, b"pongme 2!") + frame(0, text[-1:]))
    for number, chop in [("5.19", 1 << 20), ("5.20", 20)]:
        yield Case(number, five, [b"pongme 1!", b"pongme 2!", ECHO], chop=chop)


def texts() -> Iterator[Case]:
    """Section 6: UTF-8; the first invalid byte fails the connection."""
    text = message()
    empty = frame(TEXT, b"", final=False) + frame(0, b"", final=False)
    yield Case("6.1.1", frame(TEXT, b""), [ERROR], 1007)  # no JSON
    yield Case("6.1.2", empty + frame(0, b""), [ERROR], 1007)
    yield Case("6.1.3", frame(TEXT, b"", final=False) + frame(0, text, final=False)
               + frame(0, b""), [ECHO])
    mixed = message(content="Hello-µ@ßöäüàá-UTF-8!!".encode())
    yield Case("6.2.1", frame(TEXT, mixed), [ECHO])
    half = mixed.index("ü".encode())
    yield Case("6.2.2", frame(TEXT, mixed[:half], final=False) + frame(0, mixed[half:]), [ECHO])
    yield Case("6.2.3", fragments(mixed, 1), [ECHO])
    yield Case("6.2.4", fragments(message(content=GREEK), 1), [ECHO])
    bad = message(content=GREEK + b"\xed\xa0\x80" + b"edited")
    yield Case("6.3.1", frame(TEXT, bad), code=1007)
    yield Case("6.3.2", fragments(bad, 1), code=1007)
    yield Case("6.4.1", frame(TEXT, GREEK, final=False)
               + frame(0, b"\xf4\x90\x80\x80", final=False), code=1007)
    yield Case("6.4.2", frame(TEXT, GREEK + b"\xf4", final=False)
               + frame(0, b"\x90", final=False), code=1007)
    yield Case("6.4.3", frame(TEXT, BEYOND)[:-6], code=1007)
    yield Case("6.4.4", frame(TEXT, BEYOND)[:-8], code=1007)
    for index, content in enumerate(VALID):
        yield Case(f"6 valid {index}", frame(TEXT, message(content=content)), [ECHO])
    for index, content in enumerate(INVALID):
        yield Case(f"6 invalid {index}", frame(TEXT, message(content=content)), code=1007)


def closing() -> Iterator[Case]:
    """Section 7: the code of a Close frame is the answer; nothing after it has an effect."""
    close, text = frame(CLOSE, b"\x03\xe8"), frame(TEXT, message())
    half = frame(TEXT, message()[:9], final=False)
    yield Case("7.1.1", text + close, [ECHO], 1000)
    yield Case("7.1.2", close + frame(CLOSE), code=1000)
    yield Case("7.1.3", close + frame(PING), code=1000)
    yield Case("7.1.4", close + text, code=1000)
    yield Case("7.1.5", half + close + frame(0, message()[9:]), code=1000)
    yield Case("7.1.6", frame(TEXT, message(LIMIT)) + close + frame(PING), [ECHO], 1000)
    yield Case("7.3.1", frame(CLOSE), code=1000)
    yield Case("7.3.2", frame(CLOSE, b"a"), code=1002)
    yield Case("7.3.3", close, code=1000)
    yield Case("7.3.4", frame(CLOSE, b"\x03\xe8Hello World!"), code=1000)
    yield Case("7.3.5", frame(CLOSE, b"\x03\xe8" + b"*" * 123), code=1000)
    yield Case("7.3.6", frame(CLOSE, b"\x03\xe8" + b"*" * 124), code=1002)
    yield Case("7.5.1", frame(CLOSE, b"\x03\xe8" + GREEK + b"\xed\xa0\x80edited"), code=1007)
    valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
    for index, code in enumerate(valid, 1):
        yield Case(f"7.7.{index}", frame(CLOSE, code.to_bytes(2, "big")), code=code)
    invalid = {"7.9": [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999], "7.13": [5000, 65535]}
    for group, codes in invalid.items():
        for index, code in enumerate(codes, 1):
            yield Case(f"{group}.{index}", frame(CLOSE, code.to_bytes(2, "big")), code=1002)


@pytest.mark.parametrize("size", [64, 256, 1024, 4096])
def test_round_trips(server: Program, size: int) -> None:
    """Section 9.7: each of 90 messages is answered before the next one."""
    with Socket(server.port, "/live/ws") as client:
        for _ in range(90):
            client.send(frame(TEXT, message(size)))
            opcode, payload = client.frame()
            assert opcode == TEXT and json.loads(payload)["t"] == ECHO


CASES = [*framing(), *control(), *fragmentation(), *texts(), *closing()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_case(server: Program, case: Case) -> None:
    """The answers in their order, then the Close frame, then the end of the connection."""
    with Socket(server.port, "/live/ws") as client:
        for start in range(0, len(case.data), case.chop):
            client.send(case.data[start:start + case.chop])
            if case.chop < 1 << 20 and len(case.data) < 1000:
                pause(0.0005, "TCP does not join the pieces")
        for expected in case.answers:
            opcode, payload = client.frame()
            if isinstance(expected, str):
                assert opcode == TEXT and json.loads(payload)["t"] == expected
            else:
                assert (opcode, payload) == (PONG, expected)
        if case.code is None:
            client.send(frame(CLOSE, b"\x03\xe8"))
        opcode, payload = client.frame()
        assert opcode == CLOSE
        assert int.from_bytes(payload[:2], "big") == (case.code or 1000)
        with pytest.raises(Ended):
            client.frame()
