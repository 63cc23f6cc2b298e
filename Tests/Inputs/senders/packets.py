# SPDX-License-Identifier: Apache-2.0
"""Writes samples as MPEG-TS (ISO/IEC 13818-1), with programs and PIDs that may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.transport import PACKET, entry, program_map, sealed
from samples import CLOCK, Sample
from senders.rtmp import start_codes

WRAP = 2**33
# Timestamps are later than the PCR by this time, in ticks.
DELAY = CLOCK // 10
TABLES_EACH = CLOCK // 4
DELIMITER = bytes.fromhex("09f0")
H264, AAC, LATM = 0x1B, 0x0F, 0x11


@dataclass(frozen=True)
class Program:
    """A program and its PIDs; `version` is that of its tables."""

    number: int = 1
    map: int = 0x1000
    video: int = 0x100
    audio: int = 0x101
    version: int = 0


def adts(unit: bytes, record: bytes) -> bytes:
    """An AAC frame with a header (ISO/IEC 13818-7, section 6.2)."""
    rate, channels = (record[0] & 7) << 1 | record[1] >> 7, record[1] >> 3 & 15
    size = len(unit) + 7
    return bytes([0xFF, 0xF1, 0x40 | rate << 2 | channels >> 2,
                  (channels & 3) << 6 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F,
                  0xFC]) + unit


def loas(unit: bytes, record: bytes) -> bytes:
    """An AAC frame in AudioSyncStream (ISO/IEC 14496-3, section 1.7) with its configuration."""
    # No version, one program, one layer, one frame; then the configuration; the form of lengths.
    bits = "0" + "0" + "1" + "0" * 6 + "0" * 4 + "0" * 3
    bits += "".join(f"{byte:08b}" for byte in record) + "000" + "1" * 8 + "0" + "0"
    length = bytes([255] * (len(unit) // 255) + [len(unit) % 255])
    bits += "".join(f"{byte:08b}" for byte in length + unit)
    bits += "0" * (-len(bits) % 8)
    element = int(bits, 2).to_bytes(len(bits) // 8)
    return (0x2B7 << 13 | len(element)).to_bytes(3) + element


def stamp(marker: int, ticks: int) -> bytes:
    """A timestamp of a PES packet."""
    ticks %= WRAP
    return bytes([marker << 4 | ticks >> 29 & 0xE | 1]) + (ticks >> 14 & 0xFFFE | 1).to_bytes(2) \
        + (ticks << 1 & 0xFFFE | 1).to_bytes(2)


@dataclass
class PacketWriter:
    """Writes packets; `programs` has the program from a time on, in ticks."""

    forms: Mapping[str, object]
    programs: tuple[tuple[int, Program], ...] = ((0, Program()),)
    has_video: bool = True
    has_audio: bool = True
    counters: dict[int, int] = field(default_factory=dict)
    tables_due: int = 0
    current: Program | None = None

    def write(self, sample: Sample) -> bytes:
        """The packets of a sample, with tables before it if they are due."""
        program = next(one for at, one in reversed(self.programs) if sample.due >= at)
        out = b""
        if program != self.current or sample.due >= self.tables_due \
                or sample.is_video and sample.is_key:
            self.current, self.tables_due = program, sample.due + TABLES_EACH
            out = self.tables(program)
        if sample.is_video:
            return out + self.video(program, sample)
        if sample.setup.codec != "aac":
            raise ValueError(sample.setup.codec)
        write = loas if self.forms.get("latm") else adts
        return out + self.packets(program.audio, self.pes(
            0xC0, write(sample.units[0], sample.setup.records[0]), sample), None)

    def video(self, program: Program, sample: Sample) -> bytes:
        """The packets of an access unit; its units may have PES packets of their own."""
        sets = sample.setup.records if sample.is_key else ()
        extras = tuple(one for one in sample.units if one[0] & 31 in (6, 9))
        delimiter = () if extras or self.forms.get("no_delimiter") else (DELIMITER,)
        first = tuple(one for one in extras if one[0] & 31 == 9) or delimiter
        rest = tuple(one for one in sample.units if one[0] & 31 != 9)
        units = [(*first, *sets, *rest)]
        if self.forms.get("units_apart"):
            units = [(one,) for one in units[0]]
        elif self.forms.get("extras_apart"):
            units = [(one,) for one in (*first, *extras) if one[0] & 31 in (6, 9)][:2]
            units.append((*sets, *(one for one in rest if one[0] & 31 != 6)))
        out = b""
        for index, packet in enumerate(units):
            pcr = sample.dts if index == 0 else None
            out += self.packets(program.video, self.pes(0xE0, start_codes(packet), sample), pcr,
                                is_key=sample.is_key and index == 0)
        return out

    def tables(self, program: Program) -> bytes:
        """PAT and PMT."""
        kind = LATM if self.forms.get("latm") else AAC
        streams = entry(H264, program.video, b"") if self.has_video else b""
        streams += entry(kind, program.audio, b"") if self.has_audio else b""
        clock = program.video if self.has_video else program.audio
        version = 0xC1 | program.version << 1
        body = program.number.to_bytes(2) + bytes([version, 0, 0]) \
            + (0xE000 | clock).to_bytes(2) + b"\xF0\0" + streams
        pat = b"\0\x01" + bytes([version, 0, 0]) + program.number.to_bytes(2) \
            + (0xE000 | program.map).to_bytes(2)
        pat = sealed(b"\0" + (0xB000 | len(pat) + 4).to_bytes(2) + pat)
        return self.section(0, pat) + self.section(program.map, program_map(body))

    def section(self, pid: int, section: bytes) -> bytes:
        """A packet with a section."""
        return self.head(pid, 0x4000, 0x10) + (b"\0" + section).ljust(PACKET - 4, b"\xFF")

    def head(self, pid: int, start: int, flags: int) -> bytes:
        """The header of a packet."""
        counter = self.counters.get(pid, 0)
        self.counters[pid] = (counter + 1) % 16
        return b"\x47" + (start | pid).to_bytes(2) + bytes([flags | counter])

    def pes(self, stream: int, data: bytes, sample: Sample) -> bytes:
        """A PES packet with the timestamps of a sample."""
        pts, dts = sample.pts + DELAY, sample.dts + DELAY
        times = stamp(2, pts) if pts == dts else stamp(3, pts) + stamp(1, dts)
        head = bytes([0x84, 0x80 if pts == dts else 0xC0, len(times)]) + times
        length = len(head + data)
        if length > 0xFFFF or stream == 0xE0 and self.forms.get("unbounded"):
            length = 0
        return b"\0\0\1" + bytes([stream]) + length.to_bytes(2) + head + data

    def packets(self, pid: int, data: bytes, pcr: int | None, *, is_key: bool = False) -> bytes:
        """The packets of a PES packet; the first has the PCR."""
        out, start = [], 0x4000
        while data:
            field_of = b""
            if start and pcr is not None:
                base = pcr % WRAP
                field_of = bytes([0x50 if is_key else 0x10]) + (base << 15 | 0x7E00).to_bytes(6)
            room = PACKET - 4 - (len(field_of) + 1 if field_of else 0)
            piece, data = data[:room], data[room:]
            missing = room - len(piece)
            if missing and not field_of:
                field_of = b"" if missing == 1 else b"\0" + b"\xFF" * (missing - 2)
                adaptation = bytes([len(field_of)]) + field_of
            elif field_of:
                field_of += b"\xFF" * missing
                adaptation = bytes([len(field_of)]) + field_of
            else:
                adaptation = b""
            out.append(self.head(pid, start, 0x30 if adaptation else 0x10) + adaptation + piece)
            start = 0
        assert all(len(one) == PACKET for one in out), [len(one) for one in out]
        return b"".join(out)
