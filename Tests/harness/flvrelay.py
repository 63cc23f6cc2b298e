# SPDX-License-Identifier: Apache-2.0
"""Publishes frames of ffmpeg by RTMP with timestamps that no encoder of today begins with."""

from __future__ import annotations

import struct
import subprocess
import threading
from fractions import Fraction
from typing import IO

from harness.rtmp import SINE, Publisher
from harness.sources import ENCODER, Source, painter
from harness.tools import need

CHUNK_SIZE = 4096
VIDEO, AUDIO = 9, 8


class ChunkWriter:
    """Writes messages as chunks (Adobe RTMP 1.0, section 5.3.1)."""

    def __init__(self, differences: bool) -> None:
        self.differences = differences
        self.last: dict[int, int] = {}

    def write(self, kind: int, payload: bytes, timestamp: int) -> bytes:
        """A message with an absolute timestamp, or with its difference from the one before."""
        stream = 6 if kind == VIDEO else 4
        tail = struct.pack(">I", len(payload))[1:] + bytes([kind])
        if self.differences and stream in self.last:
            form, field = 1, (timestamp - self.last[stream]) % 2**32
        else:
            form, field = 0, timestamp
            tail += struct.pack("<I", 1)
        self.last[stream] = timestamp
        extended = struct.pack(">I", field) if field >= 0xFFFFFF else b""
        head = bytes([form << 6 | stream]) + struct.pack(">I", min(field, 0xFFFFFF))[1:] + tail
        pieces = [payload[i:i + CHUNK_SIZE] for i in range(0, len(payload), CHUNK_SIZE)]
        return head + extended + (bytes([0xC0 | stream]) + extended).join(pieces)


class FLVRelay(Source):
    """Real-time frames with the burned clock, whose timestamps begin at `start` milliseconds.

    `differences`: all messages but the first have chunk headers of format 1. `exact`: tags of
    Enhanced RTMP with the nanoseconds of each frame as ModEx, without audio, at 30000/1001 fps.
    """

    def __init__(self, port: int, start: int, *, differences: bool = False,
                 exact: bool = False) -> None:
        self.start = start
        self.exact = exact
        # The last timestamp, without wraps.
        self.sent = start
        self._frame = 0
        paint = painter("640x360", 30000 / 1001 if exact else 30)
        rate = "30000/1001" if exact else "30"
        audio = [] if exact else ["-re", *SINE]
        send = subprocess.Popen(
            [need("ffmpeg", "publishing by RTMP"), "-v", "error", "-fflags", "nobuffer",
             "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "640x360", "-r", rate, "-i", "-",
             *audio, *ENCODER, "-g", "30", *(["-c:a", "aac"] if audio else []),
             "-flush_packets", "1", "-f", "flv", "-"],
            stdin=paint.stdout, stdout=subprocess.PIPE)
        assert paint.stdout is not None and send.stdout is not None
        paint.stdout.close()
        super().__init__(paint, send)
        self.client = Publisher(port)
        assert self.client.ask("x") == b"NetStream.Publish.Start"
        # Set Chunk Size.
        self.client.send(bytes([2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0])
                         + struct.pack(">I", CHUNK_SIZE))
        self._thread = threading.Thread(
            target=self._run, args=(send.stdout, ChunkWriter(differences)), daemon=True)
        self._thread.start()

    def kill(self) -> None:
        """Ends the processes and the connection."""
        super().kill()
        self._thread.join(5)
        self.client.socket.close()

    def _run(self, tags: IO[bytes], writer: ChunkWriter) -> None:
        tags.read(13)
        try:
            while head := tags.read(11):
                kind, size = head[0], int.from_bytes(head[1:4])
                time = int.from_bytes(head[4:7]) | head[7] << 24
                payload = tags.read(size)
                tags.read(4)
                if kind not in (AUDIO, VIDEO):
                    continue
                if self.exact:
                    time, payload = self._exact(payload)
                self.sent = self.start + time
                self.client.send(writer.write(kind, payload, self.sent % 2**32))
        except (OSError, ValueError):
            pass

    def _exact(self, payload: bytes) -> tuple[int, bytes]:
        """The milliseconds, and the tag of H.264 with the nanoseconds beyond them."""
        frame_type, rest = payload[0] & 0x70, payload[5:]
        if payload[1] == 0:
            return 0, bytes([0x80 | frame_type]) + b"avc1" + rest
        exact = Fraction(1001, 30000) * self._frame * 10**9
        self._frame += 1
        milliseconds, nanoseconds = divmod(int(exact), 10**6)
        # ModEx of three bytes: type 0 is TimestampOffsetNano, packet type 3 is CodedFramesX.
        block = bytes([2]) + nanoseconds.to_bytes(3) + bytes([0x03])
        return milliseconds, bytes([0x87 | frame_type]) + block + b"avc1" + rest
