# SPDX-License-Identifier: Apache-2.0
"""Cuts byte streams of HEVC and AV1 to access units, and describes them as containers do."""

from __future__ import annotations

import re
from dataclasses import dataclass

VPS, SPS, PPS, DELIMITER, SEI = 32, 33, 34, 35, (39, 40)
SEQUENCE, TEMPORAL, FRAME, FRAME_HEADER = 1, 2, 6, 3


@dataclass(frozen=True)
class Coded:
    """An access unit: its units without parameter sets, and those of a key frame."""

    units: tuple[bytes, ...]
    records: tuple[bytes, ...]
    is_key: bool


def hevc(stream: bytes) -> list[Coded]:
    """The access units of HEVC with one slice for each picture (ITU-T H.265, Annex B)."""
    units = [one for one in re.split(b"\0\0\0?\1", stream) if one]
    found: list[Coded] = []
    records: list[bytes] = []
    for unit in units:
        kind = unit[0] >> 1 & 63
        if kind in (VPS, SPS, PPS):
            records.append(unit)
        elif kind < VPS:
            found.append(Coded((unit,), tuple(records), 16 <= kind <= 21))
            records = []
    return found


def av1(stream: bytes) -> list[Coded]:
    """The temporal units of AV1 in the form of low overhead, without their delimiters."""
    found: list[Coded] = []
    parts: list[bytes] = []
    at = 0

    def end() -> None:
        sequence = tuple(one for one in parts if one[0] >> 3 & 15 == SEQUENCE)
        if parts:
            found.append(Coded(tuple(parts), sequence, bool(sequence)))

    while at < len(stream):
        start, kind, has_extension = at, stream[at] >> 3 & 15, stream[at] >> 2 & 1
        at += 1 + has_extension
        size = shift = 0
        while True:
            byte = stream[at]
            size |= (byte & 127) << shift
            shift, at = shift + 7, at + 1
            if byte < 128:
                break
        at += size
        if kind == TEMPORAL:
            end()
            parts = []
        else:
            parts.append(stream[start:at])
    end()
    return found


def hevc_record(sets: tuple[bytes, ...]) -> bytes:
    """An HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, section 8.3.3.1)."""
    sps = next(one for one in sets if one[0] >> 1 & 63 == SPS)
    level = re.sub(b"\0\0\3", b"\0\0", sps)[3:15]
    record = b"\1" + level + bytes.fromhex("f000fcfdf8f800000f")
    record += bytes([len(sets)])
    for one in sets:
        record += bytes([0x80 | one[0] >> 1 & 63, 0, 1]) + len(one).to_bytes(2) + one
    return record


def av1_record(sequence: bytes) -> bytes:
    """An AV1CodecConfigurationRecord of 8 bits and 4:2:0 (AV1 in ISO BMFF, section 2.3.3)."""
    # The level of the first operating point follows 24 bits; 8 bits, 4:2:0.
    return bytes([0x81, sequence[2 + 3] >> 3, 0x0C, 0x00]) + sequence
