# SPDX-License-Identifier: Apache-2.0
"""H.264 whose frames are pairs of fields (PAFF), which x264 cannot make, in MPEG-TS.

Key frames consist of raw macroblocks, other fields are skipped ones (ITU-T H.264 §7.3.3, §7.3.5).
"""

from __future__ import annotations

import re
import struct

from harness.transport import PACKET, entry, pes, program_map, sealed

WIDTH = HEIGHT = 64
RATE = 25
# Two rows of four macroblocks.
MACROBLOCKS = 8
VIDEO_PID, PMT_PID = 0x101, 0x100
DELIMITER = b"\0\0\0\1\x09\xF0"


def code(value: int) -> str:
    """An Exp-Golomb code (ITU-T H.264 §9.1)."""
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits


def unit(head: bytes, bits: str) -> bytes:
    """A NAL unit with its stop bit, and with a start code."""
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    data = head[1:] + int(bits, 2).to_bytes(len(bits) // 8)
    return b"\0\0\0\1" + head[:1] + re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", data)


# Main profile, level 3: order type 2, two references, 4 by 2 units of two rows, fields permitted.
SPS = unit(b"\x67\x4D\x00\x1E",
           code(0) + code(0) + code(2) + code(2) + "0" + code(3) + code(1) + "001000")
PPS = unit(b"\x68", code(0) * 2 + "00" + code(0) * 3 + "000" + code(0) * 3 + "100")


def field(number: int, *, bottom: bool) -> bytes:
    """A field of a frame: a key frame per second."""
    index = number % RATE
    key, first = index == 0, index == 0 and not bottom
    bits = code(0) + code(7 if key else 5) + code(0) + f"{index % 16:04b}1{int(bottom)}"
    bits += code(number // RATE % 2) if first else ""
    # Neither other numbers of references nor another order, and no marking.
    bits += "" if key else "00"
    bits += ("00" if first else "0") + code(0) + code(1)
    if not key:
        return unit(b"\x61", bits + code(MACROBLOCKS))
    luma = (120 if bottom else 40) + number // RATE
    for index in range(MACROBLOCKS):
        bits += code(25)
        bits += "0" * (-len(bits) % 8)
        bits += "".join(f"{byte:08b}" for byte in bytes([luma + 4 * index]) * 256 + b"\x80" * 128)
    return unit(b"\x65" if first else b"\x61", bits)


def access_units(seconds: int) -> list[tuple[bytes, bytes]]:
    """The fields of each frame."""
    return [(DELIMITER + (SPS + PPS if number % RATE == 0 else b"") + field(number, bottom=False),
             DELIMITER + field(number, bottom=True)) for number in range(seconds * RATE)]


def transport_stream(seconds: int, *, pairs: bool) -> bytes:
    """MPEG-TS with a PES packet for each frame, or for each field."""
    packets: list[bytes] = []
    counters = {0: 0, PMT_PID: 0, VIDEO_PID: 0}

    def add(pid: int, payload: bytes, clock: int | None = None) -> None:
        start = 0x4000
        while payload:
            extra = b"" if clock is None else b"\x10" + (clock << 15 | 0x7E00).to_bytes(6)
            clock = None
            room = PACKET - 4 - (len(extra) + 1 if extra else 0)
            piece, payload = payload[:room], payload[room:]
            missing = room - len(piece)
            if extra:
                adaptation = bytes([len(extra) + missing]) + extra + b"\xFF" * missing
            elif missing:
                adaptation = bytes([missing - 1]) + (b"\0" + b"\xFF" * missing)[:missing - 1]
            else:
                adaptation = b""
            packets.append(struct.pack(">BHB", 0x47, start | pid,
                                       (0x30 if adaptation else 0x10) | counters[pid])
                           + adaptation + piece)
            counters[pid] = (counters[pid] + 1) % 16
            start = 0

    def section(pid: int, content: bytes) -> None:
        add(pid, (b"\0" + content).ljust(PACKET - 4, b"\xFF"))

    table = sealed(bytes([0, 0xB0, 13, 0, 1, 0xC1, 0, 0, 0, 1])
                   + struct.pack(">H", 0xE000 | PMT_PID))
    program = program_map(bytes([0, 1, 0xC1, 0, 0]) + struct.pack(">HH", 0xE000 | VIDEO_PID, 0xF000)
                          + entry(0x1B, VIDEO_PID, b""))
    for number, fields in enumerate(access_units(seconds)):
        if number % 10 == 0:
            section(0, table)
            section(PMT_PID, program)
        time = 90_000 * (RATE + number) // RATE
        if pairs:
            add(VIDEO_PID, pes(0xE0, b"".join(fields), time), time - 9000)
            continue
        for index, one in enumerate(fields):
            add(VIDEO_PID, pes(0xE0, one, time + index * 90_000 // RATE // 2), time - 9000)
    return b"".join(packets)
