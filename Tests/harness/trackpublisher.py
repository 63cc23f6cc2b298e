# SPDX-License-Identifier: Apache-2.0
"""Publishers of several audio tracks: CMAF tracks by POST, and multitrack tags of RTMP."""

from __future__ import annotations

import contextlib
import http.client
import queue
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from harness.flvrelay import AUDIO, CHUNK_SIZE, VIDEO, ChunkWriter
from harness.program import Program
from harness.rtmp import Publisher, amf, chunk
from harness.tools import need

SECONDS = 60
PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-c:v", "libx264", "-preset",
           "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "30", "-keyint_min",
           "30", "-sc_threshold", "0")
CMAF = ("-f", "mp4", "-movflags", "cmaf+empty_moov+frag_every_frame")


def tone(hertz: float, *options: str) -> tuple[str, ...]:
    """The options for AAC of a tone."""
    return ("-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=48000", "-c:a", "aac", "-ac",
            "2", *options)


@cache
def encoded(*options: str) -> bytes:
    """The output of ffmpeg; tests of a worker with the same options share it."""
    return subprocess.run(
        [need("ffmpeg", "publishers"), "-v", "error", "-nostdin", *options, "-t", f"{SECONDS}",
         "-"], stdout=subprocess.PIPE, check=True, timeout=60).stdout


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The types and the bytes of consecutive boxes."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at:at + 4])
        yield data[at + 4:at + 8], data[at:at + size]
        at += size


class CMAFTrack(threading.Thread):
    """One POST without end, in real time from `start`; a later one begins at the present time.

    Another header in `data`, or events, are sent before the fragment that follows them.
    """

    def __init__(self, program: Program, path: str, data: bytes, rate: float,
                 start: float) -> None:
        super().__init__(daemon=True)
        self.port, self.path, self.rate, self.start_time = program.port, path, rate, start
        self.header, self.fragments, held = b"", [], b""
        for kind, box in boxes(data):
            if kind in (b"ftyp", b"moov", b"emsg", b"moof"):
                held += box
            if kind == b"moov" and not self.header:
                self.header, held = held, b""
            if kind == b"mdat":
                self.fragments.append(held + box)
                held = b""
        self.status = 0
        self._ends = threading.Event()
        self.start()

    def run(self) -> None:
        """Sends the fragments that are due; ends the body if asked to."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.suppress(OSError):
            connection.putrequest("POST", self.path)
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders()
            connection.send(b"%x\r\n%b\r\n" % (len(self.header), self.header))
            first = max(0, int((time.monotonic() - self.start_time) * self.rate))
            for index, fragment in enumerate(self.fragments[first:], first):
                due = self.start_time + index / self.rate
                if self._ends.wait(max(0, due - time.monotonic())):
                    break
                connection.send(b"%x\r\n%b\r\n" % (len(fragment), fragment))
            end = b"\0\0\0\x08mfra"
            connection.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(end), end))
            self.status = connection.getresponse().status
        connection.close()

    def end(self) -> None:
        """Ends the body."""
        self._ends.set()
        self.join(20)


def tags(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The kinds, times in milliseconds and bodies of the tags of a file of FLV."""
    at = 13
    while at + 11 <= len(data):
        size = int.from_bytes(data[at + 1:at + 4])
        moment = int.from_bytes(data[at + 4:at + 7]) | data[at + 7] << 24
        yield data[at], moment, data[at + 11:at + 11 + size]
        at += 11 + size + 4


def one_track(number: int, packet_type: int, body: bytes) -> bytes:
    """A multitrack tag of audio with one track."""
    return bytes([0x95, packet_type]) + b"mp4a" + bytes([number]) + body


def many_tracks(packet_type: int, bodies: Mapping[int, bytes]) -> bytes:
    """A multitrack tag of audio with tracks of one codec."""
    return bytes([0x95, 0x10 | packet_type]) + b"mp4a" + b"".join(
        bytes([number]) + len(body).to_bytes(3) + body for number, body in bodies.items())


@dataclass
class MultitrackPublisher:
    """H.264 and a tone for each audio track by RTMP, in real time."""

    port: int
    tones: Mapping[int, float]
    languages: Mapping[int, str] = field(default_factory=dict)
    # The tracks that are sent now; a track begins with its configuration.
    present: set[int] = field(default_factory=set)
    # Tags of audio that are sent beside the others, in turn, five per second.
    noise: tuple[bytes, ...] = ()
    # The content of onMetaData beside the languages.
    metadata: Mapping[str, float | str] = field(default_factory=dict)
    # The options of ffmpeg for the video.
    picture: tuple[str, ...] = PICTURE

    def __post_init__(self) -> None:
        self.present = self.present or set(self.tones)
        video = encoded(*self.picture, "-f", "flv")
        audio = {number: [(moment, body) for kind, moment, body in
                          tags(encoded(*tone(hertz), "-f", "flv")) if kind == AUDIO]
                 for number, hertz in self.tones.items()}
        self.video = [(moment, body) for kind, moment, body in tags(video) if kind == VIDEO]
        self.setups = {number: bodies[0][1][2:] for number, bodies in audio.items()}
        self.audio = {number: [one for one in bodies if one[1][1] == 1]
                      for number, bodies in audio.items()}
        self.fault: Exception | None = None
        # The timestamp of the newest frame of video that was sent, in milliseconds.
        self.newest = 0
        self._ends = threading.Event()
        self._declarations: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def declare(self, **metadata: float | str) -> None:
        """Sends another onMetaData before the next frame of video."""
        self._declarations.put(self._data_message(metadata))

    def mark(self, name: str, content: Mapping[str, object]) -> None:
        """Sends a data message before the next frame of video, with the time of the newest."""
        self._declarations.put(chunk(
            18, amf(name, dict(content)), size=CHUNK_SIZE, message_stream=1,
            timestamp=self.newest))

    @staticmethod
    def _data_message(content: Mapping[str, object]) -> bytes:
        return chunk(18, amf("@setDataFrame", "onMetaData", dict(content)), size=CHUNK_SIZE,
                     message_stream=1)

    def __enter__(self) -> MultitrackPublisher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(10)

    def _events(self) -> list[tuple[int, int, bytes]]:
        """Times, kinds and bodies; a body of audio is that of all tracks."""
        video = [(moment, VIDEO, body) for moment, body in self.video]
        count = min(map(len, self.audio.values()), default=0)
        first = next(iter(self.audio.values()), [])
        audio = [(first[index][0], AUDIO, index.to_bytes(4)) for index in range(count)]
        return sorted(video + audio, key=lambda event: event[0])

    def _run(self) -> None:
        try:
            with Publisher(self.port) as client:
                assert client.ask("x") == b"NetStream.Publish.Start"
                client.send(bytes([2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0]) + CHUNK_SIZE.to_bytes(4))
                tracks = {f"{number}": {"language": one} for number, one in self.languages.items()}
                client.send(self._data_message({"audioTrackIdInfoMap": tracks, **self.metadata}))
                self._send(client, ChunkWriter(differences=False))
        except (OSError, AssertionError) as error:
            self.fault = None if self._ends.is_set() else error

    def _send(self, client: Publisher, writer: ChunkWriter) -> None:
        start, begun, noises = time.monotonic(), set[int](), 0
        for moment, kind, body in self._events():
            if self._ends.wait(max(0, start + moment / 1000 - time.monotonic())):
                return
            if kind == VIDEO:
                while not self._declarations.empty():
                    client.send(self._declarations.get())
                client.send(writer.write(VIDEO, body, moment))
                self.newest = moment
                continue
            present = sorted(self.present)
            for number in set(present) - begun:
                client.send(writer.write(AUDIO, one_track(number, 0, self.setups[number]), moment))
            begun = set(present)
            index = int.from_bytes(body)
            bodies = {number: self.audio[number][index][1][2:] for number in present}
            # Both forms occur in a stream.
            messages = ([many_tracks(1, bodies)] if index % 2 and bodies
                        else [one_track(number, 1, one) for number, one in bodies.items()])
            if self.noise and index % 9 == 0:
                messages.insert(0, self.noise[noises % len(self.noise)])
                noises += 1
            for message in messages:
                client.send(writer.write(AUDIO, message, moment))
