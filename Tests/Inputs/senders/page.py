# SPDX-License-Identifier: Apache-2.0
"""Sends material over the WebSocket of a publisher page, `llws-publish.v1`."""

from __future__ import annotations

import json
import secrets
import struct
import threading
import time

from harness.websocket import BINARY, Ended, Socket, frame
from samples import CLOCK, Sample, Setup
from senders.rtmp import start_codes
from senders.sender import Sender


class PageSender(Sender):
    """H.264 in Annex B, and Opus; presentation times must rise."""

    def element(self) -> dict[str, object]:
        """A stream of pages."""
        return {"source": "page"}

    # The name by which a page that connects again continues its publisher.
    session = ""

    def open(self) -> None:
        """Connects, describes the first setups, and begins."""
        self.session = self.session or secrets.token_hex(16)
        self.socket = Socket(self.target.program.port, f"/{self.target.stream}/publish",
                             "llws-publish.v1")
        assert self.socket.status == 101, self.socket.status
        self._tell(t="hello", v=1, sid=self.session)
        answer = self.socket.next()
        assert isinstance(answer, dict) and answer["t"] == "welcome", answer
        self.offset = answer["now"] / 1000 - time.time()
        self.setups: dict[str, Setup] = {}
        self.groups: dict[str, int] = {}
        self.numbers: dict[int, int] = {}
        self.first: int | None = None
        self.began = time.time()
        for track in ("video", "audio"):
            found = self.material.track(track)
            if found:
                self._describe(found[0])
        self._tell(t="begin")
        self.refusals: list[str] = []
        threading.Thread(target=self._listen, args=(self.socket,), daemon=True).start()

    def _listen(self, socket: Socket) -> None:
        """Reads the answers; refusals are kept."""
        try:
            while True:
                answer = socket.next()
                if isinstance(answer, dict) and answer["t"] == "error":
                    self.refusals.append(str(answer))
        except (OSError, Ended, ValueError):
            pass

    def _tell(self, **members: object) -> None:
        self.socket.send(frame(1, json.dumps(members).encode()))

    def _describe(self, sample: Sample) -> None:
        """Announces a setup as a group of its own."""
        setup = sample.setup
        group = max(self.groups.values(), default=0) + 1
        self.setups[sample.track], self.groups[sample.track] = setup, group
        if sample.is_video:
            codec = "avc1." + setup.records[0][1:4].hex()
            self._tell(t="track", kind="video", cid=group, codec=codec, w=setup.width,
                       h=setup.height)
        else:
            self._tell(t="track", kind="audio", cid=group, codec="opus", channels=setup.channels)

    def write(self, sample: Sample) -> None:
        """Sends a frame with its capture time."""
        if self.refusals:
            raise ConnectionError(self.refusals[0])
        if self.setups.get(sample.track) != sample.setup:
            self._describe(sample)
        group = self.groups[sample.track]
        number = self.numbers.get(group, 0)
        self.numbers[group] = number + 1
        if self.first is None:
            self.first, self.began = sample.due, time.time()
        captured = self.began + (sample.pts - self.first) / CLOCK + self.offset
        sent = round((time.time() + self.offset) * 1000) % 2**32
        sets = sample.setup.records if sample.is_video and sample.is_key else ()
        data = start_codes((*sets, *sample.units)) if sample.is_video else sample.units[0]
        is_key = sample.is_key or not sample.is_video
        head = struct.pack(">BBHIIQi", 4, 16 | is_key, group, number, sent,
                           round(captured * 1e6), 0)
        self.socket.send(frame(BINARY, head + data))

    def close(self) -> None:
        """Closes the socket, as a lost page does."""
        self.socket.socket.close()
