# SPDX-License-Identifier: Apache-2.0
"""A transport stream of ffmpeg with streams that it cannot write: SCTE-35, ID3, KLV, teletext."""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from harness import teletext
from harness.sources import Source
from harness.tools import need

PACKET, CLOCK = 188, 90_000
SPLICE, TAG, SETS, LOOSE_SETS, TELETEXT = 0x1F0, 0x1F1, 0x1F2, 0x1F3, 0x1F4
KEY = bytes.fromhex("060e2b34020b01010e01030101000000")


def checksum(data: bytes) -> int:
    """CRC-32 of sections (ISO/IEC 13818-1 Annex A)."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value >> 31 else value << 1) & 0xFFFFFFFF
    return value


def sealed(section: bytes) -> bytes:
    """A section with its CRC_32."""
    return section + struct.pack(">I", checksum(section))


def splice_insert(event: int, pts: int | None, *, out: bool, seconds: float | None = None,
                  returns: bool = False, encrypted: bool = False) -> bytes:
    """A splice_info_section (ANSI/SCTE 35 §9.6) at `pts`, or at once.

    With `returns` the break ends after `seconds` without another message: auto_return.
    """
    flags = (out << 7) | 0x4F | ((seconds is not None) << 5) | ((pts is None) << 4)
    command = struct.pack(">IBB", event, 0x7F, flags)
    if pts is not None:
        command += (0xFE00000000 | pts % 2**33).to_bytes(5, "big")
    if seconds is not None:
        command += ((returns << 39) | 0x7E00000000 | round(seconds * CLOCK)).to_bytes(5, "big")
    return splice_info(5, command + struct.pack(">HBB", 1, 0, 0), encrypted=encrypted)


def splice_cancel(event: int) -> bytes:
    """A splice_insert that cancels an event."""
    return splice_info(5, struct.pack(">IB", event, 0xFF))


def time_signal(pts: int, *segments: tuple[int, int]) -> bytes:
    """A time_signal with descriptors: segmentation_type_id and segmentation_event_id."""
    descriptors = b""
    for kind, event in segments:
        fields = b"CUEI" + struct.pack(">IBB", event, 0x7F, 0xBF) + bytes([0, 0, kind, 0, 0])
        descriptors += bytes([2, len(fields)]) + fields
    return splice_info(6, (0xFE00000000 | pts % 2**33).to_bytes(5, "big"), descriptors)


def splice_info(kind: int, command: bytes, descriptors: bytes = b"", *,
                encrypted: bool = False) -> bytes:
    """A splice_info_section with a command."""
    body = bytes([0, 0x82 if encrypted else 0, 0, 0, 0, 0, 0xFF]) \
        + (0xFFF000 | len(command)).to_bytes(3, "big") + bytes([kind]) + command \
        + struct.pack(">H", len(descriptors)) + descriptors
    return sealed(b"\xFC" + (0x3000 | len(body) + 4).to_bytes(2, "big") + body)


def splice_schedule(*events: tuple[int, int, bool, float | None]) -> bytes:
    """A splice_info_section with events: number, Unix seconds, whether out, length in seconds.

    utc_splice_time counts from 1980 with the 18 leap seconds since (ANSI/SCTE 35 §9.7.2).
    """
    command = bytes([len(events)])
    for event, when, out, seconds in events:
        flags = (out << 7) | 0x5F | ((seconds is not None) << 5)
        command += struct.pack(">IBBI", event, 0x7F, flags, when - 315_964_800 + 18)
        if seconds is not None:
            command += (0xFE00000000 | round(seconds * CLOCK)).to_bytes(5, "big")
        command += struct.pack(">HBB", 7, 1, 2)
    return splice_info(4, command)


def tag(text: str) -> bytes:
    """An ID3 tag with one TXXX frame."""
    content = b"\3\0" + text.encode()
    return b"ID3\4\0\0\0\0\0" + bytes([len(content) + 10]) + b"TXXX\0\0\0" \
        + bytes([len(content)]) + b"\0\0" + content


def sets(value: bytes) -> bytes:
    """A KLV set of MISB ST 0601."""
    return KEY + bytes([len(value)]) + value


def pes(stream: int, data: bytes, pts: int | None) -> bytes:
    """A PES packet."""
    stamp = b""
    if pts is not None:
        stamp = bytes([0x21 | pts >> 29 & 0xE]) + struct.pack(">H", pts >> 14 & 0xFFFE | 1) \
            + struct.pack(">H", pts << 1 & 0xFFFE | 1)
    head = bytes([0x84, 0x80 if stamp else 0, len(stamp)]) + stamp
    return b"\0\0\1" + bytes([stream]) + struct.pack(">H", len(head + data)) + head + data


def entry(kind: int, pid: int, descriptors: bytes) -> bytes:
    """A stream of a PMT."""
    return struct.pack(">BHH", kind, 0xE000 | pid, 0xF000 | len(descriptors)) + descriptors


def program_map(body: bytes) -> bytes:
    """A TS_program_map_section (ISO/IEC 13818-1 §2.4.4.9) with this body."""
    return sealed(b"\2" + (0xB000 | len(body) + 4).to_bytes(2, "big") + body)


class Transport:
    """The packets of a video of 30 frames per second, with a time for each, in seconds.

    `pages` are those of teletext, as in `teletext.descriptor`. A `film` is a file to copy in place
    of the test picture.
    """

    def __init__(self, path: Path, seconds: float, *video: str, group: int = 30,
                 pages: Sequence[tuple[str, int, int]] = (), film: Path | None = None) -> None:
        self.pages = pages
        made = ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=30:duration={seconds}", *video,
                "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", str(group),
                "-keyint_min", str(group), "-sc_threshold", "0", "-pix_fmt", "yuv420p"]
        copied = ["-i", str(film), "-map", "0", "-c", "copy", "-t", f"{seconds}"]
        command = [need("ffmpeg", "inputs"), "-v", "error", "-y", *(copied if film else made),
                   "-output_ts_offset", "10", "-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts",
                   str(path)]
        subprocess.run(command, check=True, timeout=60, stdin=subprocess.DEVNULL)
        data = path.read_bytes()
        self.packets = [data[at:at + PACKET] for at in range(0, len(data), PACKET)]
        self.counters: dict[int, int] = {}
        self.stamps: list[int] = []
        self.times: list[float] = []
        video_pid = None
        for packet in self.packets:
            pid, starts = self.pid(packet), packet[1] & 0x40
            body = packet[4 + (packet[4] + 1 if packet[3] & 0x20 else 0):]
            if starts and body[:4] == b"\0\0\1\xE0" and video_pid in (None, pid):
                video_pid = pid
                self.stamps.append((body[9] >> 1 & 7) << 30 | body[10] << 22
                                   | body[11] >> 1 << 15 | body[12] << 7 | body[13] >> 1)
            self.times.append((len(self.stamps) - 1) / 30 if self.stamps else 0)
        self._declare()

    @staticmethod
    def pid(packet: bytes) -> int:
        """The PID of a packet."""
        return (packet[1] & 0x1F) << 8 | packet[2]

    def _declare(self) -> None:
        """Adds the streams to the PMT."""
        pat = next(packet for packet in self.packets if self.pid(packet) == 0)
        self.pmt_pid = (pat[15] & 0x1F) << 8 | pat[16]

        def metadata(name: bytes) -> bytes:
            return b"\x26\x0D\xFF\xFF" + name + b"\xFF" + name + b"\0\x0F"

        added = entry(0x86, SPLICE, b"\5\4CUEI") + entry(0x15, TAG, metadata(b"ID3 ")) \
            + entry(0x15, SETS, metadata(b"KLVA")) + entry(0x06, LOOSE_SETS, b"\5\4KLVA")
        if self.pages:
            added += entry(0x06, TELETEXT, teletext.descriptor(*self.pages))
        for index, packet in enumerate(self.packets):
            if self.pid(packet) != self.pmt_pid:
                continue
            length = (packet[6] & 0xF) << 8 | packet[7]
            section = packet[5:8 + length - 4]
            described = (section[10] & 0xF) << 8 | section[11]
            # What is in front of the streams, and the streams.
            self.program = section[3:10] + b"\xF0\6\5\4CUEI"
            self.streams = section[12 + described:] + added
            whole = program_map(self.program + self.streams)
            assert len(whole) <= PACKET - 5
            self.packets[index] = (packet[:4] + b"\0" + whole).ljust(PACKET, b"\xFF")

    def insert(self, frame: int, pid: int, payload: bytes, *, section: bool = False) -> None:
        """Adds a section or a PES packet in front of the video of `frame`."""
        at = bisect_left(self.times, frame / 30 - 1e-6)
        rest, first, new = (b"\0" if section else b"") + payload, True, []
        while rest:
            counter = self.counters.get(pid, 0)
            self.counters[pid] = (counter + 1) % 16
            piece, rest = rest[:PACKET - 4], rest[PACKET - 4:]
            head = struct.pack(">BH", 0x47, (0x4000 if first else 0) | pid)
            missing = PACKET - 4 - len(piece)
            if section:
                new.append(head + bytes([0x10 | counter]) + piece + b"\xFF" * missing)
            elif missing:
                field = b"\0" if missing == 1 else bytes([missing - 1, 0]) + b"\xFF" * (missing - 2)
                new.append(head + bytes([0x30 | counter]) + field[:missing] + piece)
            else:
                new.append(head + bytes([0x10 | counter]) + piece)
            first = False
        self.packets[at:at] = new
        self.times[at:at] = [frame / 30] * len(new)

    def splice(self, frame: int, section: bytes) -> None:
        """Adds a message of SCTE-35, which arrives with `frame`."""
        self.insert(frame, SPLICE, section, section=True)

    def tag(self, frame: int, text: str) -> None:
        """Adds an ID3 tag of the time of `frame`."""
        self.insert(frame, TAG, pes(0xBD, tag(text), self.stamps[frame]))

    def set(self, frame: int, value: bytes, *, timed: bool = True) -> None:
        """Adds a KLV set: with the time of `frame`, or without one."""
        data = sets(value)
        if timed:
            unit = struct.pack(">BBBH", 0, frame % 256, 0xDF, len(data)) + data
            self.insert(frame, SETS, pes(0xFC, unit, self.stamps[frame]))
        else:
            self.insert(frame, LOOSE_SETS, pes(0xBD, data, None))

    def text(self, frame: int, number: int, *lines: str) -> None:
        """Shows a page of teletext from the time of `frame` on; without lines it is empty."""
        self.page(frame, teletext.page(number, lines))

    def page(self, frame: int, packets: Sequence[bytes]) -> None:
        """Shows a page of these packets from the time of `frame` on."""
        self.insert(frame, TELETEXT, teletext.pes(packets, self.stamps[frame]))

    def send(self, *ports: int) -> Callable[[], None]:
        """Sends the packets to UDP ports of this machine at their times; a call waits for it."""

        def run() -> None:
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for datagram in self.paced():
                for port in ports:
                    sender.sendto(datagram, ("127.0.0.1", port))
            sender.close()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread.join

    def paced(self) -> Iterator[bytes]:
        """Seven packets each, at their times."""
        began = time.monotonic()
        for at in range(0, len(self.packets), 7):
            time.sleep(max(0, began + self.times[at] - time.monotonic()))
            yield b"".join(self.packets[at:at + 7])

    def call(self, url: str) -> Source:
        """Sends the packets by a caller of SRT, which is to be killed.

        Each packet stays as it is: ffmpeg copies bytes, since its muxer writes no SCTE-35.
        """
        caller = subprocess.Popen(
            [need("ffmpeg", "publishing by SRT"), "-v", "error", "-f", "data", "-raw_packet_size",
             "1316", "-i", "-", "-map", "0", "-c", "copy", "-flush_packets", "1", "-f", "data",
             url], stdin=subprocess.PIPE)
        pipe = caller.stdin
        assert pipe is not None

        def run() -> None:
            with suppress(OSError), pipe:
                for piece in self.paced():
                    pipe.write(piece)
                    pipe.flush()

        threading.Thread(target=run, daemon=True).start()
        return Source(caller)
