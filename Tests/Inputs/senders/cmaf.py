# SPDX-License-Identifier: Apache-2.0
"""Sends material as CMAF tracks, one POST without end for each."""

from __future__ import annotations

import http.client
import struct

from samples import CLOCK, VIDEO, Sample, Setup
from senders.rtmp import avc_record, lengths
from senders.sender import Sender

MATRIX = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
SYNC, OTHER = 0x02000000, 0x01010000
NAMES = {VIDEO: "video.cmfv", "audio": "audio.cmfa"}


def box(kind: str, *content: bytes) -> bytes:
    """A box."""
    body = b"".join(content)
    return (len(body) + 8).to_bytes(4) + kind.encode() + body


def full(kind: str, version: int, flags: int, *content: bytes) -> bytes:
    """A box with version and flags."""
    return box(kind, bytes([version]) + flags.to_bytes(3), *content)


def timescale_of(setup: Setup) -> int:
    """Ticks per second of a track."""
    return CLOCK if setup.codec == "h264" else round(setup.rate)


def entry_of(setup: Setup) -> bytes:
    """The sample entry of a track."""
    if setup.codec == "h264":
        return box("avc1", bytes(6), struct.pack(">H16xHHIIIH32xHH", 1, setup.width, setup.height,
                                                 0x480000, 0x480000, 0, 1, 24, 0xFFFF),
                   box("avcC", avc_record(setup)))
    record = setup.records[0]
    decoder = b"\x40\x15" + bytes(3) + bytes(8) + b"\5" + bytes([len(record)]) + record
    descriptor = b"\0\1\0" + b"\4" + bytes([len(decoder)]) + decoder + b"\6\1\2"
    return box("mp4a", bytes(6), struct.pack(">H8xHHIHH", 1, setup.channels, 16, 0,
                                             round(setup.rate), 0),
               full("esds", 0, 0, b"\3", bytes([len(descriptor)]), descriptor))


def header(setup: Setup) -> bytes:
    """The CMAF header of a track (ISO/IEC 23000-19, section 7.3.1)."""
    is_video = setup.codec == "h264"
    media = full("vmhd", 0, 1, bytes(8)) if is_video else full("smhd", 0, 0, bytes(4))
    table = box("stbl", full("stsd", 0, 0, (1).to_bytes(4), entry_of(setup)),
                *(full(kind, 0, 0, bytes(8 if kind == "stsz" else 4))
                  for kind in ("stts", "stsc", "stsz", "stco")))
    info = box("minf", media, box("dinf", full("dref", 0, 0, (1).to_bytes(4),
                                               full("url ", 0, 1))), table)
    name = b"vide" if is_video else b"soun"
    mdia = box("mdia", full("mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale_of(setup), 0,
                                                      0x55C4, 0)),
               full("hdlr", 0, 0, bytes(4), name, bytes(12), b"x\0"), info)
    tkhd = full("tkhd", 0, 3, struct.pack(">IIIII8xHHHH", 0, 0, 1, 0, 0, 0, 0,
                                          0 if is_video else 0x100, 0), MATRIX,
                struct.pack(">II", setup.width << 16, setup.height << 16))
    mvhd = full("mvhd", 0, 0, struct.pack(">IIIIIH10x", 0, 0, 1000, 0, 1 << 16, 0x100), MATRIX,
                bytes(24), (2).to_bytes(4))
    extends = box("mvex", full("trex", 0, 0, struct.pack(">IIIII", 1, 1, 0, 0, 0)))
    return box("ftyp", b"cmfc", bytes(4), b"iso6cmfc") \
        + box("moov", mvhd, box("trak", tkhd, mdia), extends)


def fragment(sample: Sample, number: int, duration: int) -> bytes:
    """A chunk of one sample."""
    scale = timescale_of(sample.setup)
    data = lengths(sample.units) if sample.is_video else sample.units[0]
    time = sample.dts * scale // CLOCK
    offset = (sample.pts - sample.dts) * scale // CLOCK
    flags = SYNC if sample.is_key or not sample.is_video else OTHER

    def moof(start: int) -> bytes:
        run = full("trun", 1, 0xF01, struct.pack(">IiIIIi", 1, start, duration, len(data), flags,
                                                 offset))
        traf = box("traf", full("tfhd", 0, 0x020000, (1).to_bytes(4)),
                   full("tfdt", 1, 0, time.to_bytes(8)), run)
        return box("moof", full("mfhd", 0, 0, number.to_bytes(4)), traf)

    return moof(len(moof(0)) + 8) + box("mdat", data)


class CMAFSender(Sender):
    """A POST for each track; another header is sent within the body."""

    def open(self) -> None:
        """Begins the requests of the tracks; each sample waits for the next one of its track."""
        self.requests: dict[str, http.client.HTTPConnection] = {}
        self.setups: dict[str, Setup] = {}
        self.kept: dict[str, Sample] = {}
        self.numbers: dict[str, int] = {}
        self.last: dict[str, int] = {}
        for track in {one.track for one in self.material.samples
                      if one.connection == self.connection}:
            request = http.client.HTTPConnection("127.0.0.1", self.target.program.port, timeout=20)
            request.putrequest("POST", f"/{self.target.stream}/{NAMES[track]}")
            request.putheader("Transfer-Encoding", "chunked")
            request.endheaders()
            self.requests[track] = request

    def write(self, sample: Sample) -> None:
        """Sends the sample before this one, whose duration is known now."""
        before = self.kept.get(sample.track)
        self.kept[sample.track] = sample
        if before:
            self._send(before, sample.dts)

    def flush(self) -> None:
        """Sends the newest samples."""
        for track, sample in list(self.kept.items()):
            self._send(sample, sample.dts + self.last.get(track, CLOCK // 25))
        self.kept.clear()

    def _send(self, sample: Sample, end: int) -> None:
        track, scale = sample.track, timescale_of(sample.setup)
        data = b""
        if self.setups.get(track) != sample.setup:
            self.setups[track] = sample.setup
            data = header(sample.setup)
        self.last[track] = end - sample.dts
        self.numbers[track] = self.numbers.get(track, 0) + 1
        duration = end * scale // CLOCK - sample.dts * scale // CLOCK
        data += fragment(sample, self.numbers[track], duration)
        self.requests[track].send(b"%x\r\n%b\r\n" % (len(data), data))

    def close(self) -> None:
        """Cuts the requests."""
        for request in self.requests.values():
            request.close()
