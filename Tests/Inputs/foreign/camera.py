# SPDX-License-Identifier: Apache-2.0
"""A camera of GStreamer's RTSP server, whose answers are edited as those of odd cameras."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from foreign.films import Film
from foreign.sender import ForeignCase, ForeignSender
from harness.ports import free_port
from harness.sources import Source, rtsp_server
from samples import Material
from senders.sender import Target

ENDS = "\r\n"


@dataclass
class Description:
    """An answer to DESCRIBE: its header fields and the lines of its SDP; `base` is the address."""

    fields: list[str]
    lines: list[str]
    base: str
    ends: str = ENDS

    def replace(self, old: str, new: str) -> None:
        """Replaces a pattern in each line."""
        self.lines = [re.sub(old, new, line) for line in self.lines]

    def without(self, pattern: str) -> None:
        """Removes lines of the SDP and fields."""
        self.lines = [line for line in self.lines if not re.search(pattern, line)]
        self.fields = [line for line in self.fields if not re.search(pattern, line)]

    def insert(self, before: str, *lines: str) -> None:
        """Inserts lines before the first one with a prefix; at the end if there is none."""
        at = next((at for at, line in enumerate(self.lines) if line.startswith(before)),
                  len(self.lines))
        self.lines[at:at] = lines


Edit = Callable[[Description], None]


@dataclass(frozen=True)
class Odd:
    """What is odd about a camera: its description, and patterns of fields in other answers."""

    edit: Edit = lambda _: None
    without: str = "^$"
    replaced: tuple[tuple[str, str], ...] = ()


@dataclass
class Link:
    """A connection of the program, and that to the server for it."""

    client: socket.socket
    server: socket.socket
    lock: threading.Lock = field(default_factory=threading.Lock)
    methods: dict[str, str] = field(default_factory=dict)
    # The session of the server, once it has one, and that which the program was told before.
    session: str = ""
    early_session: str = ""

    def close(self) -> None:
        """Closes both."""
        for one in (self.client, self.server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class Proxy:
    """Passes requests and interleaved packets on, and edits answers."""

    def __init__(self, port: int, server: int, odd: Odd) -> None:
        self.port, self.server, self.odd = port, server, odd
        # Set when the server listens; clients wait for it.
        self.ready = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.playing = threading.Event()
        self.links: list[Link] = []
        # The answers and requests, for the text of a failure.
        self.said: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Closes all connections."""
        self.listener.close()
        for link in self.links:
            link.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self.ready.wait()
        with suppress(OSError):
            link = Link(client, socket.create_connection(("127.0.0.1", self.server)))
            self.links.append(link)
            threading.Thread(target=self._answers, args=(link,), daemon=True).start()
            self._requests(link)

    def _requests(self, link: Link) -> None:
        with suppress(OSError, ValueError, IndexError), link.client.makefile("rb") as reader:
            while first := reader.read(1):
                if first == b"$":
                    link.server.sendall(packet(reader))
                    continue
                lines, body = message(first, reader)
                method, address, version = lines[0].split()
                sequence = value(lines, "CSeq")
                link.methods[sequence] = method
                self.said.append(lines[0])
                track = re.search(r"stream=(\d+)", address)
                if method == "SETUP" and not track:
                    self._set_up_extra(link, lines, sequence)
                    continue
                path = f"/x/stream={track[1]}" if track else "/x"
                lines[0] = f"{method} rtsp://127.0.0.1:{self.server}{path} {version}"
                if link.early_session:
                    lines = [line for line in lines if not line.startswith("Session:")]
                    lines += [f"Session: {link.session}"] if link.session else []
                link.server.sendall(ENDS.join([*lines, "", ""]).encode() + body)
        link.close()

    def _set_up_extra(self, link: Link, lines: list[str], sequence: str) -> None:
        """A track that the camera has and never sends."""
        asked = value(lines, "Transport")
        session = value(lines, "Session")
        if not session:
            session = link.early_session = "12345678"
        answer = ["RTSP/1.0 200 OK", f"CSeq: {sequence}", f"Session: {session}",
                  f"Transport: {asked};server_port=9-10" if "client_port" in asked
                  else f"Transport: {asked}", "", ""]
        with link.lock:
            link.client.sendall(ENDS.join(answer).encode())

    def _answers(self, link: Link) -> None:
        with suppress(OSError, ValueError, IndexError), link.server.makefile("rb") as reader:
            while first := reader.read(1):
                if first == b"$":
                    data = packet(reader)
                    with link.lock:
                        link.client.sendall(data)
                    continue
                lines, body = message(first, reader)
                method = link.methods.get(value(lines, "CSeq"), "")
                link.session = value(lines, "Session").partition(";")[0] or link.session
                if link.early_session:
                    lines = [line.replace(link.session, link.early_session)
                             if line.startswith("Session:") else line for line in lines]
                self.said.append(f"{method}: {lines[0]}")
                lines = [line.replace(f":{self.server}/", f":{self.port}/") for line in lines
                         if not re.search(self.odd.without, line)]
                for old, new in self.odd.replaced:
                    lines = [re.sub(old, new, line) for line in lines]
                if method == "DESCRIBE" and body:
                    lines, body = self._edited(lines, body.decode())
                with link.lock:
                    link.client.sendall(ENDS.join([*lines, "", ""]).encode() + body)
                if method == "PLAY":
                    self.playing.set()
        link.close()

    def _edited(self, lines: list[str], body: str) -> tuple[list[str], bytes]:
        base = f"rtsp://127.0.0.1:{self.port}/x"
        fields = [re.sub(r"rtsp://\S*?/x", base, line) for line in lines]
        found = Description(fields, body.replace(f":{self.server}/", f":{self.port}/").split(ENDS),
                            base)
        found.lines = [line for line in found.lines if line]
        self.odd.edit(found)
        text = (found.ends.join(found.lines) + found.ends).encode()
        self.said.append(text.decode())
        kept = [line for line in found.fields if not line.lower().startswith("content-length")]
        return [*kept, f"Content-Length: {len(text)}"], text


def packet(reader: IO[bytes]) -> bytes:
    """An interleaved packet whose first byte has been read."""
    head = reader.read(3)
    return b"$" + head + reader.read(int.from_bytes(head[1:]))


def message(first: bytes, reader: IO[bytes]) -> tuple[list[str], bytes]:
    """The lines of a message whose first byte has been read, and its content."""
    lines = [(first + reader.readline()).decode().strip()]
    while line := reader.readline().decode().strip():
        lines.append(line)
    return lines, reader.read(int(value(lines, "Content-Length") or 0))


def value(lines: list[str], name: str) -> str:
    """The value of a header field."""
    return next((line.partition(":")[2].strip() for line in lines
                 if line.lower().startswith(f"{name.lower()}:")), "")


@dataclass(frozen=True)
class CameraCase(ForeignCase):
    """A camera of GStreamer with its oddities."""

    odd: Odd = Odd()
    transport: str = "tcp"

    def sender(self, target: Target, media: Material) -> CameraSender:
        """The camera."""
        return CameraSender(target, self, media)


class CameraSender(ForeignSender):
    """Serves the film from the first PLAY on."""

    case: CameraCase

    def element(self) -> dict[str, object]:
        """An input; its address can be connected to before the camera is started."""
        self.server: Source | None = None
        self.proxy = Proxy(self.port, free_port(), self.case.odd)
        return {"input": f"rtsp://127.0.0.1:{self.port}/x", "rtspTransport": self.case.transport}

    def run(self) -> None:
        """Starts the camera, and waits for the end of the film."""
        try:
            self.server = rtsp_server(self.proxy.server, *options(self.case.legs[0].film))
            self.proxy.ready.set()
            assert self.proxy.playing.wait(30), f"no client plays: {self.said()}"
            self._wait_until(time.monotonic() + 0.5 + self.case.legs[0].film.seconds)
        except AssertionError as error:
            self.fault = error
        self.ended.set()
        self.released.wait()
        self.close()

    def said(self) -> str:
        """What the camera and the program have said."""
        return "\n".join(self.proxy.said)[-2000:]

    def close(self) -> None:
        """Ends the camera."""
        self.proxy.ready.set()
        self.proxy.close()
        if self.server:
            self.server.kill()


def options(film: Film) -> list[str]:
    """The options of the server for a film."""
    kinds = {"hevc": ["--hevc"], "vp9": ["--vp9"]}.get(film.codec, [])
    return ["--file", str(film.file()), "--audio-tracks", str(len(film.sounds)), *kinds]

