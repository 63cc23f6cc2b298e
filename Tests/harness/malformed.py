# SPDX-License-Identifier: Apache-2.0
"""Forty malformed descriptors, SEI messages and sections of SCTE-35 for a running MPEG-TS."""

from __future__ import annotations

import struct

from harness.transport import entry, program_map, sealed, splice_insert

# The PIDs of ffmpeg's muxer: video, and the first audio.
VIDEO, SOUND, SPARE = 0x100, 0x101, 0x1F8


def program_maps(program: bytes, streams: bytes) -> dict[str, bytes]:
    """Sections of the PMT's PID, from what is in front of its streams and its streams."""

    def described(descriptors: bytes, kind: int = 0x06) -> bytes:
        return program_map(program + streams + entry(kind, SPARE, descriptors))

    def version(number: int) -> bytes:
        return program[:2] + bytes([0xC1 | number << 1]) + program[3:]

    valid = program_map(program + streams)
    return {
        "a language of no bytes": described(b"\x0A\0", 0x0F),
        "a language of two bytes": described(b"\x0A\2de", 0x0F),
        "a language that is no text": described(b"\x0A\4\0\xFF\x1B\xFF", 0x0F),
        "a descriptor longer than its loop": described(b"\x0A\xFFdeu\0", 0x0F),
        "a registration of one byte": described(b"\5\1K"),
        "a teletext page of three bytes": described(b"\x56\3deu"),
        "a metadata descriptor of four bytes": described(b"\x26\4\xFF\xFFKL", 0x15),
        "31 caption services without their data": described(b"\x86\1\xDF"),
        "descriptors longer than the section": program_map(
            version(1) + streams + struct.pack(">BHH", 6, 0xE000 | SPARE, 0xFFFF)),
        "program descriptors longer than the section": program_map(
            program[:7] + b"\xFF\xFF" + program[9:] + streams),
        "the PID of the PAT": program_map(version(2) + streams + entry(0x0F, 0, b"")),
        "another codec on the PID of the video": program_map(
            version(3) + streams + entry(0x0F, VIDEO, b"")),
        "a wrong CRC": valid[:-1] + bytes([valid[-1] ^ 1]),
        "a section of no bytes": b"\2\xB0\0",
    }


def supplements() -> dict[str, bytes]:
    """NAL units of SEI, without start codes."""
    caption = b"\xB5\0\x31GA94\3"
    return {
        "no payload": b"\6\x80",
        "a NAL unit of one byte": b"\6",
        "a payload longer than the unit": b"\6\4\xFA" + caption + b"\x80",
        "a payload type of 4 kB": b"\6" + b"\xFF" * 4096 + b"\x80",
        "a payload size of 4 kB": b"\6\4" + b"\xFF" * 4096 + b"\x80",
        "captions of no bytes": b"\6\4\0\x80",
        "a country without a provider": b"\6\4\2\xB5\0\x80",
        "captions without a count": b"\6\4\x08" + caption + b"\x80",
        "31 triplets that are missing": b"\6\4\x0A" + caption + b"\xDF\xFF\x80",
        "triplets of random bytes": b"\6\4\x68" + caption + b"\xDF\xFF"
                                    + bytes(1 + 89 * at % 255 for at in range(94)) + b"\x80",
        "a rotation of no bytes": b"\6\x2F\0\x80",
        "a rotation without its end": b"\6\x2F\1\xFF",
        "a picture timing of random bytes": b"\6\1\x20" + bytes(range(0xD0, 0xF0)) + b"\x80",
    }


def sections() -> dict[str, bytes]:
    """Sections of the PID of SCTE-35."""
    valid = splice_insert(40, None, out=True, seconds=2)

    def changed(at: int, *values: int) -> bytes:
        return sealed(valid[:at] + bytes(values) + valid[at + len(values):-4])

    def command(kind: int, body: bytes, descriptors: bytes = b"") -> bytes:
        head = bytes([0, 0, 0, 0, 0, 0, 0xFF]) + (0xFFF000 | len(body)).to_bytes(3, "big")
        rest = head + bytes([kind]) + body + struct.pack(">H", len(descriptors)) + descriptors
        return sealed(b"\xFC" + (0x3000 | len(rest) + 4).to_bytes(2, "big") + rest)

    return {
        "a wrong CRC": valid[:-1] + bytes([valid[-1] ^ 1]),
        "cut after its length": valid[:3],
        "cut in its command": sealed(b"\xFC\x30\x14" + valid[3:-14])[:23],
        "a length of 4095": valid[:1] + b"\x3F\xFF" + valid[3:],
        "a command of 4094 bytes": changed(11, 0xFF, 0xFE),
        "an unknown command": changed(13, 0xEE),
        "another version of the protocol": changed(3, 9),
        "encrypted": splice_insert(41, None, out=True, encrypted=True),
        "255 components that are missing": command(
            5, b"\0\0\0\x2A\x7F\x8F\xFF"),
        "a schedule of 255 events that are missing": command(4, b"\xFF\0\0\0\1"),
        "a descriptor longer than its loop": command(6, b"\x7F", b"\2\xFFCUEI\0\0\0\1"),
        "an identifier of 255 bytes that are missing": command(
            6, b"\x7F", b"\2\x0FCUEI\0\0\0\1\x7F\xBF\x0F\xFF\x30\0\0"),
        "40 descriptors": command(
            6, b"\x7F", b"\2\x0FCUEI\0\0\0\1\x7F\xBF\0\0\x30\0\0" * 40),
    }
