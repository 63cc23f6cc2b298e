# SPDX-License-Identifier: Apache-2.0
"""Follows a stream over its WebSocket: the chunks of each group, as the page plays them."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field, replace

from fragments import sample_times
from harness.websocket import AUDIO, HEADER, VIDEO, Ended, Media, Socket
from picture import read_numbers
from showing import Frame, Shown, holes_of

IDLE_SECONDS = 60


@dataclass
class Group:
    """The messages of a group from one header on."""

    kind: int
    number: int
    header: bytes
    chunks: list[bytes] = field(default_factory=list)
    next: int = -1


class SocketFollower(threading.Thread):
    """Subscribes when the stream has started, and keeps all media until it is told to end."""

    def __init__(self, port: int, stream: str, started: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.stream, self.started = port, stream, started
        self.groups: list[Group] = []
        self.broken: list[str] = []
        self.is_ended = False
        self.socket: Socket | None = None

    def run(self) -> None:
        """Receives messages."""
        self.started.wait()
        if self.is_ended:
            return
        kinds: dict[int, int] = {}
        try:
            self.socket = Socket(self.port, f"/{self.stream}/ws", timeout=IDLE_SECONDS)
            self.socket.send({"t": "hello", "v": 1})
            self.socket.send({"t": "subscribe", "start": "live"})
            while True:
                message = self.socket.next()
                if isinstance(message, Media):
                    self._receive(message, kinds)
                elif message["t"] in ("subscribed", "switching"):
                    kinds[message["cid"]] = AUDIO if message["track"] == "a" else VIDEO
                elif message["t"] == "skip":
                    self.broken.append(f"WebSocket: chunks skipped: {message}")
        except (OSError, Ended, ValueError) as error:
            if not self.is_ended:
                self.broken.append(f"WebSocket: {error!r}")

    def _receive(self, message: Media, kinds: dict[int, int]) -> None:
        if message.kind == HEADER:
            kind = kinds.get(message.channel, VIDEO)
            self.groups.append(Group(kind, message.channel, message.payload))
        elif message.kind in (VIDEO, AUDIO):
            group = next((one for one in reversed(self.groups) if one.number == message.channel),
                         None)
            if group is None:
                self.broken.append(f"WebSocket: group {message.channel} begins without a header")
                return
            if group.next not in (-1, message.sequence):
                self.broken.append(f"WebSocket: message {message.sequence} of group "
                                   f"{message.channel} after {group.next - 1}")
            group.next = (message.sequence + 1) % 2**32
            group.chunks.append(message.payload)

    def end(self) -> None:
        """Closes the socket."""
        self.is_ended = True
        self.started.set()
        if self.socket:
            with contextlib.suppress(OSError):
                self.socket.socket.shutdown(socket.SHUT_RDWR)
        self.join(20)

    def shown(self, playlist: Shown) -> Shown:
        """The frames of all groups.

        A group whose bytes are those of the playlist has its frames; others are decoded.
        """
        found = Shown()
        for group in self.groups:
            if not group.chunks:
                continue
            media = b"".join(group.chunks)
            if group.kind == AUDIO:
                found.has_audio = True
                found.holes += holes_of(sample_times(group.header, media))
                continue
            known = next((frames for one in playlist.decoded
                          if (frames := one.of(group.header, media)) is not None), None)
            if known is None:
                known = self._decode(found, group, media)
            found.frames += [replace(one, period=group.number) for one in known]
        return found

    def _decode(self, found: Shown, group: Group, media: bytes) -> list[Frame]:
        numbers, lines = read_numbers(group.header + media)
        times = sorted(float(one.pts) for one in sample_times(group.header, media))
        found.faults += [f"WebSocket: {line}" for line in lines[:2]]
        if len(times) != len(numbers):
            found.faults.append(f"WebSocket: {len(times)} samples, {len(numbers)} frames")
        return [Frame(number, time, 0) for number, time in zip(numbers, times)]
