# SPDX-License-Identifier: Apache-2.0
"""An RTSP server between a sender that announces and the program that plays, as relays are.

The sender uses ANNOUNCE and RECORD (RFC 2326, sections 10.3 and 10.11) over TCP; the player gets
its description and its packets unchanged.
"""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

SESSION = "Session: 12345678;timeout=60"
STARTS_WITHIN = 30


@dataclass
class Peer:
    """A connection and its channels by the control address of a track."""

    socket: socket.socket
    lock: threading.Lock = field(default_factory=threading.Lock)
    channels: dict[str, int] = field(default_factory=dict)
    plays: bool = False


class Bridge:
    """Keeps the packets that come before a player has asked to play, from the last RECORD on."""

    def __init__(self, port: int) -> None:
        self.listener = socket.create_server(("127.0.0.1", port))
        self.description = b""
        self.announced = threading.Event()
        self.sender: Peer | None = None
        self.players: list[Peer] = []
        self.early: list[tuple[str, int, bytes]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Closes the listener and the connections."""
        self.listener.close()
        for peer in [*self.players, *([self.sender] if self.sender else [])]:
            with suppress(OSError):
                peer.socket.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(Peer(client),), daemon=True).start()

    def _serve(self, peer: Peer) -> None:
        reader = peer.socket.makefile("rb")
        with suppress(OSError, ValueError, IndexError):
            while first := reader.read(1):
                if first == b"$":
                    head = reader.read(3)
                    self._forward(peer, head[0], reader.read(int.from_bytes(head[1:])))
                    continue
                method, address, _ = (first + reader.readline()).decode().split()
                fields: dict[str, str] = {}
                while line := reader.readline().decode().strip():
                    name, _, value = line.partition(":")
                    fields[name.lower()] = value.strip()
                body = reader.read(int(fields.get("content-length", 0)))
                self._answer(peer, method, address, fields, body)
        peer.plays = False
        if peer is self.sender:
            self.sender = None
            self.announced.clear()
            self.close_players()

    def close_players(self) -> None:
        """Players notice the end of their sender by that of their connection."""
        for player in self.players:
            with suppress(OSError):
                player.socket.shutdown(socket.SHUT_RDWR)
        self.players = []

    def _answer(self, peer: Peer, method: str, address: str, fields: dict[str, str],
                body: bytes) -> None:
        lines, content = [SESSION], b""
        if method == "OPTIONS":
            lines = ["Public: OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, TEARDOWN, "
                     "GET_PARAMETER"]
        elif method == "ANNOUNCE":
            self.description, self.sender, self.early = body, peer, []
        elif method == "RECORD":
            self.announced.set()
        elif method == "DESCRIBE":
            if not self.announced.wait(STARTS_WITHIN):
                raise ConnectionError("no sender")
            content = self.description
            lines = ["Content-Type: application/sdp", f"Content-Base: {address}/"]
        elif method == "SETUP":
            asked = fields.get("transport", "")
            found = re.search(r"interleaved=(\d+)-(\d+)", asked)
            channel = int(found[1]) if found else 2 * len(peer.channels)
            peer.channels[address.rstrip("/").rsplit("/", 1)[-1]] = channel
            mode = ";mode=record" if "record" in asked.lower() else ""
            lines.append("Transport: RTP/AVP/TCP;unicast;"
                         f"interleaved={channel}-{channel + 1}{mode}")
        head = ["RTSP/1.0 200 OK", f"CSeq: {fields.get('cseq', '0')}", *lines]
        if content:
            head.append(f"Content-Length: {len(content)}")
        with peer.lock:
            peer.socket.sendall("\r\n".join([*head, "", ""]).encode() + content)
            if method == "PLAY":
                early, self.early = self.early, []
                for track, part, data in early:
                    self._write(peer, track, part, data)
                peer.plays = True
                self.players.append(peer)

    def _forward(self, peer: Peer, channel: int, data: bytes) -> None:
        if peer is not self.sender:
            return
        track = next((name for name, first in peer.channels.items()
                      if first in (channel, channel - 1)), "")
        part = channel - peer.channels.get(track, channel)
        if not self.players:
            self.early.append((track, part, data))
        for player in list(self.players):
            if player.plays:
                with player.lock:
                    self._write(player, track, part, data)

    def _write(self, player: Peer, track: str, part: int, data: bytes) -> None:
        channel = player.channels.get(track)
        if channel is not None:
            player.socket.sendall(b"$" + bytes([channel + part]) + len(data).to_bytes(2) + data)
