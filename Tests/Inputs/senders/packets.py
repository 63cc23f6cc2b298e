# SPDX-License-Identifier: Apache-2.0
"""Writes samples as MPEG-TS (ISO/IEC 13818-1), with programs and PIDs that may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.transport import PACKET, entry, program_map, sealed
from samples import AUDIO, CLOCK, VIDEO, Sample, Setup
from senders.rtmp import start_codes

WRAP = 2**33
# Timestamps are later than the PCR by this time, in ticks.
DELAY = CLOCK // 10
TABLES_EACH = CLOCK // 4
DELIMITER, HEVC_DELIMITER = bytes.fromhex("09f0"), bytes.fromhex("460150")
# The types of streams in the PMT, with the first byte of PES packets, and the descriptors.
H264, LATM, PRIVATE = 0x1B, 0x11, 0xBD
KINDS = {"h264": (H264, 0xE0, b""), "hevc": (0x24, 0xE0, b""), "aac": (0x0F, 0xC0, b""),
         "mp2": (0x03, 0xC0, b""), "mp3": (0x03, 0xC0, b""), "ac3": (0x81, PRIVATE, b""),
         "eac3": (0x87, PRIVATE, b""), "opus": (0x06, PRIVATE, b"\5\4Opus\x7f\2\x80%c")}


@dataclass(frozen=True)
class Program:
    """A program and its PIDs; `version` is that of its tables."""

    number: int = 1
    map: int = 0x1000
    video: int = 0x100
    audio: int = 0x101
    version: int = 0
    # The PID of the clock, if it is not that of the video.
    clock: int = 0


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
    # The present setups by track.
    setups: dict[str, Setup] = field(default_factory=dict)
    # How often a codec has changed: the version of the tables.
    changes: int = 0
    counters: dict[int, int] = field(default_factory=dict)
    tables_due: int = 0
    current: Program | None = None

    def write(self, sample: Sample) -> bytes:
        """The packets of a sample, with tables before it if they are due."""
        program = next(one for at, one in reversed(self.programs) if sample.due >= at)
        out = b""
        is_other = self.setups[sample.track].codec != sample.setup.codec
        self.setups[sample.track] = sample.setup
        self.changes += is_other
        if is_other or program != self.current or sample.due >= self.tables_due \
                or sample.is_video and sample.is_key:
            self.current, self.tables_due = program, sample.due + TABLES_EACH
            out = self.tables(program)
        if sample.is_video:
            return out + self.video(program, sample)
        return out + self.packets(program.audio, self.pes(
            KINDS[sample.setup.codec][1], self.audio(sample), sample), None)

    def audio(self, sample: Sample) -> bytes:
        """A frame of audio in the form of its codec."""
        unit = sample.units[0]
        if sample.setup.codec == "aac":
            write = loas if self.forms.get("latm") else adts
            return write(unit, sample.setup.records[0])
        if sample.setup.codec == "opus":
            # A control header (Opus in MPEG-TS, section 4).
            return b"\x7f\xe0" + bytes([255] * (len(unit) // 255) + [len(unit) % 255]) + unit
        return unit

    def video(self, program: Program, sample: Sample) -> bytes:
        """The packets of an access unit; its units may have PES packets of their own."""
        sets = sample.setup.records if sample.is_key else ()
        is_hevc = sample.setup.codec == "hevc"
        extras = tuple(one for one in sample.units if not is_hevc and one[0] & 31 in (6, 9))
        delimiter = () if extras or self.forms.get("no_delimiter") else (
            HEVC_DELIMITER if is_hevc else DELIMITER,)
        first = tuple(one for one in extras if one[0] & 31 == 9) or delimiter
        rest = tuple(one for one in sample.units if is_hevc or one[0] & 31 != 9)
        units = [(*first, *sets, *rest)]
        if self.forms.get("units_apart"):
            units = [(one,) for one in units[0]]
        elif self.forms.get("extras_apart"):
            units = [(one,) for one in (*first, *extras) if one[0] & 31 in (6, 9)][:2]
            units.append((*sets, *(one for one in rest if one[0] & 31 != 6)))
        out = b""
        for index, packet in enumerate(units):
            pcr = sample.dts if index == 0 else None
            if pcr is not None and program.clock:
                out += self.clock(program.clock, pcr)
                pcr = None
            out += self.packets(program.video, self.pes(0xE0, start_codes(packet), sample), pcr,
                                is_key=sample.is_key and index == 0)
        return out

    def clock(self, pid: int, ticks: int) -> bytes:
        """A packet with the PCR alone."""
        field_of = b"\x10" + (ticks % WRAP << 15 | 0x7E00).to_bytes(6)
        counter = self.counters.get(pid, 0)
        return b"\x47" + pid.to_bytes(2) + bytes([0x20 | counter]) \
            + bytes([PACKET - 5]) + field_of.ljust(PACKET - 5, b"\xFF")

    def tables(self, program: Program) -> bytes:
        """PAT and PMT."""
        streams = b""
        for track, pid in ((VIDEO, program.video), (AUDIO, program.audio)):
            if track in self.setups:
                setup = self.setups[track]
                kind, _, descriptors = KINDS[setup.codec]
                if setup.codec == "aac" and self.forms.get("latm"):
                    kind = LATM
                streams += entry(kind, pid, descriptors.replace(b"%c", bytes([setup.channels])))
        clock = program.clock or (program.video if VIDEO in self.setups else program.audio)
        version = 0xC1 | (program.version + self.changes) % 32 << 1
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
