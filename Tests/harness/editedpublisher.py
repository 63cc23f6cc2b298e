# SPDX-License-Identifier: Apache-2.0
"""Publishes H.264 and AAC by RTMP in real time, with each message changed as encoders may."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from harness.flvrelay import AUDIO, CHUNK_SIZE, VIDEO, ChunkWriter
from harness.rtmp import Publisher
from harness.trackpublisher import PICTURE, encoded, tags, tone

AGGREGATE = 22
START_CODE = b"\0\0\0\1"
Message = tuple[int, int, bytes]
Edit = Callable[[int, int, bytes], list[Message]]


def is_configuration(kind: int, body: bytes) -> bool:
    """Whether a tag has a decoder configuration."""
    return kind in (AUDIO, VIDEO) and len(body) > 1 and body[1] == 0


def units(body: bytes) -> Iterator[bytes]:
    """The NAL units of a tag of H.264."""
    at = 5
    while at + 4 <= len(body):
        size = int.from_bytes(body[at:at + 4])
        yield body[at + 4:at + 4 + size]
        at += 4 + size


def parameter_sets(body: bytes) -> list[bytes]:
    """SPS and PPS of a configuration of H.264 that has one of each."""
    record = body[5:]
    size = int.from_bytes(record[6:8])
    rest = record[8 + size + 1:]
    return [record[8:8 + size], rest[2:2 + int.from_bytes(rest[:2])]]


def part(kind: int, moment: int, body: bytes) -> bytes:
    """A message within an aggregate message (Adobe RTMP 1.0, section 7.1.6)."""
    head = bytes([kind]) + len(body).to_bytes(3) + (moment & 0xFFFFFF).to_bytes(3)
    return head + bytes([moment >> 24]) + bytes(3) + body + (len(body) + 11).to_bytes(4)


class EditedPublisher:
    """A publisher whose messages are those that `edit` makes of each tag."""

    def __init__(self, port: int, edit: Edit, key: str = "x") -> None:
        video = [tag for tag in tags(encoded(*PICTURE, "-f", "flv")) if tag[0] == VIDEO]
        audio = [tag for tag in tags(encoded(*tone(440), "-f", "flv")) if tag[0] == AUDIO]
        self._tags = sorted(video + audio, key=lambda tag: tag[1])
        # A publisher without media is closed: connected when all is encoded.
        self.client = Publisher(port)
        assert self.client.ask(key) == b"NetStream.Publish.Start"
        self.client.send(bytes([2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0]) + CHUNK_SIZE.to_bytes(4))
        self._edit = edit
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> EditedPublisher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(10)
        self.client.socket.close()

    def _run(self) -> None:
        writer, start = ChunkWriter(differences=False), time.monotonic()
        for kind, moment, body in self._tags:
            if self._ends.wait(max(0, start + moment / 1000 - time.monotonic())):
                return
            try:
                for message in self._edit(kind, moment, body):
                    self.client.send(writer.write(message[0], message[2], message[1]))
            except OSError:
                return
